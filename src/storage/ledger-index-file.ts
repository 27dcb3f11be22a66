/** The saved index of a month, beside it. It can be made again from the month: nothing here ever fails. */

import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { readRange } from '../files/read-range.js';
import { temporaryName } from '../files/temporary-names.js';
import {
  formatIndex,
  HEADER_BYTES,
  type LedgerIndex,
  type MonthSummary,
  parseHeader,
  parseIndex,
} from './ledger-index.js';

/** Within it a file can be changed twice and show one time of change: file systems count in ticks, some in seconds. */
const CLOCK_GRAIN_MS = 2_000;
/** So many bytes at the end of what was indexed tell a file that has grown from another one. */
const TAIL_BYTES = 256;

/** Whether a file will show another time of change when it is changed again. */
export function isQuiet(mtimeMs: number): boolean {
  return Date.now() - mtimeMs > CLOCK_GRAIN_MS;
}

/** What a saved index says of a month that is as it was then; `undefined` where there is no such index. */
export async function readSavedSummary(path: string): Promise<MonthSummary | undefined> {
  try {
    const [{ size, mtimeMs }, header] = await Promise.all([stat(path), readHeader(indexPathOf(path))]);
    const saved = parseHeader(header);
    return saved?.file.sizeBytes === size && saved.file.mtimeMs === mtimeMs ? saved.summary : undefined;
  } catch {
    return undefined;
  }
}

/** The saved index of a month, which may have grown since; `undefined` where there is none of this file. */
export async function loadIndex(
  path: string,
  { file, size, mtimeMs }: { readonly file: FileHandle; readonly size: number; readonly mtimeMs: number },
): Promise<LedgerIndex | undefined> {
  try {
    const saved = parseIndex(await readFile(indexPathOf(path)));
    if (saved === undefined) return undefined;
    const { file: then } = saved;
    const isSame = then.sizeBytes === size && then.mtimeMs === mtimeMs;
    const isGrown = then.sizeBytes < size && then.tailCrc === (await readTailCrc(file, then.sizeBytes));
    return isSame || isGrown ? saved.index : undefined;
  } catch {
    return undefined;
  }
}

/** Saves the index of a month; whether that was possible. Not synced: an index that a crash tears is no index. */
export async function saveIndex(path: string, index: LedgerIndex): Promise<boolean> {
  const temporaryPath = join(dirname(path), temporaryName());
  try {
    const file = await open(path, 'r');
    try {
      const { size, mtimeMs } = await file.stat();
      const isWhole = size === index.sizeBytes && isQuiet(mtimeMs);
      const tailCrc = await readTailCrc(file, index.sizeBytes);
      await writeFile(temporaryPath, formatIndex(index, { mtimeMs: isWhole ? mtimeMs : null, tailCrc }));
    } finally {
      await file.close();
    }
    await rename(temporaryPath, indexPathOf(path));
    return true;
  } catch {
    await rm(temporaryPath, { force: true }).catch(() => undefined);
    return false;
  }
}

/** `2026-11.index` */
function indexPathOf(path: string): string {
  return path.replace(/\.jsonl$/, '.index');
}

async function readHeader(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    return await readRange(file, 0, HEADER_BYTES);
  } finally {
    await file.close();
  }
}

async function readTailCrc(file: FileHandle, end: number): Promise<number> {
  return crc32(await readRange(file, Math.max(0, end - TAIL_BYTES), end));
}
