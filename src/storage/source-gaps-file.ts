/**
 * Where the sources of stored series have no candles: `data/gaps/<source>/<SYMBOL>/<interval>.json`, a list of
 * `[fromMs, toMs)`. It saves requests and nothing else: without it, or with a damaged one, each gap is asked for once more.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { joinRanges } from '../candles/source-gaps.js';
import { checkName } from '../core/names.js';
import { writeFileAtomically } from '../files/write-atomically.js';
import { parseInterval } from '../market/interval.js';
import type { TimeRange } from '../market/time-range.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';

const contentSchema = z.array(z.tuple([z.number(), z.number()]));

/** Ascending, apart. */
export async function readSourceGaps(home: string, key: StoredSeriesKey): Promise<TimeRange[]> {
  try {
    const content = contentSchema.parse(JSON.parse(await readFile(sourceGapsPath(home, key), 'utf8')));
    return joinRanges(content.map(([fromMs, toMs]) => ({ fromMs, toMs })));
  } catch {
    return [];
  }
}

/** @throws TradeAiError `STORAGE_UNWRITABLE` */
export async function addSourceGaps(home: string, key: StoredSeriesKey, gaps: readonly TimeRange[]): Promise<void> {
  if (gaps.length === 0) return;
  const known = await readSourceGaps(home, key);
  const joined = joinRanges([...known, ...gaps]);
  const textOf = (ranges: readonly TimeRange[]) =>
    `[${ranges.map(({ fromMs, toMs }) => `[${fromMs}, ${toMs}]`).join(',\n ')}]\n`;
  // Of two processes at once one may lose what the other wrote: that costs a request.
  if (textOf(joined) !== textOf(known)) await writeFileAtomically(sourceGapsPath(home, key), textOf(joined));
}

/** Where they are listed. */
export function sourceGapsPath(home: string, { source, symbol, interval }: StoredSeriesKey): string {
  const folder = join(home, 'data', 'gaps', checkName(source, 'source'), checkName(symbol, 'symbol'));
  return join(folder, `${parseInterval(interval)}.json`);
}
