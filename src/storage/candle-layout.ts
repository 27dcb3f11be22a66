/**
 * Which candle of a series lies in which of its files. Pure.
 *
 *     1h/  2023.parquet  2024.parquet  2025.parquet  tail.parquet
 *          every candle of its year, up to the tail   the newest ones
 *
 * The rows alone say where the tail begins: at the last multiple of so many candle lengths that is not behind the newest
 * candle. So the same rows lie in the same files, however they came.
 */

import { TradeAiError } from '../core/errors.js';
import { CANDLE_COLUMNS, type CandleColumn, type CandleSeries, firstRowAt } from '../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import type { TimeRange } from '../market/time-range.js';

export const TAIL_NAME = 'tail.parquet';

/** A part of a series, in the file of that name. */
export interface SegmentPart {
  readonly name: string;
  readonly series: CandleSeries;
}

/** A part of a file that can be read without the others. */
export interface RowGroup {
  readonly rowCount: number;
  readonly firstOpenTimeMs: number;
  readonly lastOpenTimeMs: number;
}

/** Most rows of a tail, a power of two; fewer where more columns would make it larger than so many bytes. */
const TAIL_ROWS = 256;
const TAIL_BYTES = 48_000;
/** Letters of an ISO date that name a day, a month, a year. */
const [DAY, MONTH, YEAR] = [10, 7, 4];
const SUFFIX = '.parquet';
const EARLIEST_MS = Date.parse('0001-01-01');
const LATEST_MS = Date.parse('9999-01-01');

/** Files of days, months or years: of 14,000 to 105,000 candles each, those of hours and longer ones of fewer. */
function nameLengthOf(interval: Interval): number {
  if (INTERVAL_MS[interval] < INTERVAL_MS['1m']) return DAY;
  return INTERVAL_MS[interval] < INTERVAL_MS['5m'] ? MONTH : YEAR;
}

/** @throws TradeAiError `CANDLES_INVALID` for a time in no year of four digits */
export function segmentNameOf(openTimeMs: number, interval: Interval): string {
  if (!(openTimeMs >= EARLIEST_MS && openTimeMs < LATEST_MS)) {
    throw new TradeAiError('CANDLES_INVALID', `expected open times of the years 1 to 9998, was ${openTimeMs} ms`);
  }
  return new Date(openTimeMs).toISOString().slice(0, nameLengthOf(interval)) + SUFFIX;
}

/** The time that a segment is of; `undefined` for a name of something else. */
export function segmentRangeOf(name: string, interval: Interval): TimeRange | undefined {
  const text = name.slice(0, -SUFFIX.length);
  if (!name.endsWith(SUFFIX) || text.length !== nameLengthOf(interval) || !/^\d{4}(-\d\d){0,2}$/.test(text)) {
    return undefined;
  }
  const end = new Date(text);
  const fromMs = end.getTime();
  if (Number.isNaN(fromMs)) return undefined;
  if (text.length === DAY) end.setUTCDate(end.getUTCDate() + 1);
  else if (text.length === MONTH) end.setUTCMonth(end.getUTCMonth() + 1);
  else end.setUTCFullYear(end.getUTCFullYear() + 1);
  return { fromMs, toMs: end.getTime() };
}

/** The segments of a series, ascending; their columns are views of its own. */
export function splitIntoSegments(series: CandleSeries): SegmentPart[] {
  const { openTimeMs, interval } = series;
  const parts: SegmentPart[] = [];
  for (let start = 0; start < openTimeMs.length; ) {
    const name = segmentNameOf(openTimeMs[start], interval);
    const end = firstRowAt(openTimeMs, segmentRangeOf(name, interval)?.toMs ?? Number.POSITIVE_INFINITY);
    parts.push({ name, series: viewCandles(series, start, end) });
    start = end;
  }
  return parts;
}

/**
 * Where the tail of a series begins.
 *
 * @param columnCount of all columns
 */
export function tailStartOf(newestMs: number, interval: Interval, columnCount: number): number {
  let rows = TAIL_ROWS;
  while (rows > 1 && rows * columnCount * Float64Array.BYTES_PER_ELEMENT > TAIL_BYTES) rows /= 2;
  const lengthMs = rows * INTERVAL_MS[interval];
  return Math.floor(newestMs / lengthMs) * lengthMs;
}

/**
 * The groups of a file that have its newest rows of a range: [start, end).
 *
 * @param rowCount so many of them, where there are as many, that open before `beforeMs`
 */
export function chooseGroups(
  groups: readonly RowGroup[],
  { fromMs, toMs }: TimeRange,
  { rowCount, beforeMs }: { rowCount: number; beforeMs: number },
): [start: number, end: number] {
  let end = groups.length;
  while (end > 0 && groups[end - 1].firstOpenTimeMs >= toMs) end -= 1;
  let start = end;
  for (let missing = rowCount; start > 0 && missing > 0 && groups[start - 1].lastOpenTimeMs >= fromMs; ) {
    start -= 1;
    if (groups[start].lastOpenTimeMs < Math.min(beforeMs, toMs)) missing -= groups[start].rowCount;
  }
  return [start, end];
}

/** A series of so many rows, to be filled. */
export function allocateCandles(
  { symbol, interval }: Pick<CandleSeries, 'symbol' | 'interval'>,
  rowCount: number,
  extraNames: readonly string[],
): CandleSeries {
  const columns = {} as Record<CandleColumn, Float64Array>;
  for (const name of CANDLE_COLUMNS) columns[name] = new Float64Array(rowCount);
  const extras = extraNames.map((name) => [name, new Float64Array(rowCount)]);
  return { symbol, interval, ...columns, extras: Object.fromEntries(extras) };
}

/** The rows [start, end) as views: whoever changes one changes the other. */
export function viewCandles(series: CandleSeries, start: number, end: number): CandleSeries {
  const columns = {} as Record<CandleColumn, Float64Array>;
  for (const name of CANDLE_COLUMNS) columns[name] = series[name].subarray(start, end);
  const extras = Object.entries(series.extras).map(([name, values]) => [name, values.subarray(start, end)]);
  return { symbol: series.symbol, interval: series.interval, ...columns, extras: Object.fromEntries(extras) };
}

/** The same rows with these further columns, unknown where the series has none of a name. */
export function withExtras(series: CandleSeries, names: readonly string[]): CandleSeries {
  const { extras, openTimeMs } = series;
  if (names.every((name) => Object.hasOwn(extras, name)) && Object.keys(extras).length === names.length) return series;
  const columnOf = (name: string) =>
    Object.hasOwn(extras, name) ? extras[name] : new Float64Array(openTimeMs.length).fill(Number.NaN);
  return { ...series, extras: Object.fromEntries(names.map((name) => [name, columnOf(name)])) };
}
