import type { FileHandle } from 'node:fs/promises';
import { readRange } from '../files/read-range.js';
import type { LineSpan } from './ledger-index.js';

/** What lies between two spans is read along when it is shorter: a read costs as much as that many bytes. */
const GAP_BYTES = 64 * 1024;
const READ_BYTES = 4 * 1024 * 1024;

/**
 * Reads parts of a file, neighbours together.
 *
 * @returns their texts, by where they start; shorter ones where the file ends
 */
export async function readSpans(file: FileHandle, spans: readonly LineSpan[]): Promise<Map<number, string>> {
  const texts = new Map<number, string>();
  const sorted = spans.toSorted((a, b) => a.start - b.start);
  for (let first = 0; first < sorted.length; ) {
    const { start } = sorted[first];
    let end = start + sorted[first].length;
    let last = first + 1;
    while (last < sorted.length && sorted[last].start - end <= GAP_BYTES && endOf(sorted[last]) - start <= READ_BYTES) {
      end = Math.max(end, endOf(sorted[last]));
      last += 1;
    }
    const bytes = await readRange(file, start, end);
    for (const span of sorted.slice(first, last)) {
      const from = span.start - start;
      texts.set(span.start, bytes.toString('utf8', from, from + span.length));
    }
    first = last;
  }
  return texts;
}

function endOf({ start, length }: LineSpan): number {
  return start + length;
}
