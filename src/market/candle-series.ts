import type { Interval } from './interval.js';
import { INTERVAL_MS } from './interval.js';

/**
 * Closed candles of one symbol, as columns of equal length.
 *
 * Invariants: `openTimeMs` ascends strictly; row i covers [openTimeMs[i], openTimeMs[i] + interval). Missing candles are
 * absent rows, never filled ones. Prices are in quote units, `volume` in base units.
 */
export interface CandleSeries {
  readonly symbol: string;
  readonly interval: Interval;
  readonly openTimeMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  /** Further numeric columns of the source, by their name there; NaN where a row has none. */
  readonly extras: Readonly<Record<string, Float64Array>>;
}

export const CANDLE_COLUMNS = ['openTimeMs', 'open', 'high', 'low', 'close', 'volume'] as const;
export type CandleColumn = (typeof CANDLE_COLUMNS)[number];

/** A candle by itself, as a streaming feature takes it. */
export interface Candle {
  openTimeMs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  /** Further columns by name, only those that were asked for; NaN where the row has none. */
  extras?: Record<string, number>;
}

export function rowCountOf(series: CandleSeries): number {
  return series.openTimeMs.length;
}

/** @param extraNames further columns wanted; one that the series does not have is NaN */
export function candleAt(series: CandleSeries, row: number, extraNames: readonly string[] = []): Candle {
  const candle: Candle = {
    openTimeMs: series.openTimeMs[row],
    open: series.open[row],
    high: series.high[row],
    low: series.low[row],
    close: series.close[row],
    volume: series.volume[row],
  };
  if (extraNames.length > 0) candle.extras = extrasAt(series, row, extraNames);
  return candle;
}

/** The named further columns of one row; NaN where the series has none. */
export function extrasAt({ extras }: CandleSeries, row: number, names: readonly string[]): Record<string, number> {
  const values: Record<string, number> = {};
  for (const name of names) values[name] = Object.hasOwn(extras, name) ? extras[name][row] : Number.NaN;
  return values;
}

/** The time at which row `row` is closed and may be used, UTC milliseconds. */
export function closeTimeMs(series: CandleSeries, row: number): number {
  return series.openTimeMs[row] + INTERVAL_MS[series.interval];
}

/** The first row whose open time is at or after `timeMs`; the number of rows when there is none. */
export function firstRowAt(openTimeMs: Float64Array, timeMs: number): number {
  let low = 0;
  let high = openTimeMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (openTimeMs[middle] < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A new series of the rows [start, end). */
export function sliceCandles(series: CandleSeries, start: number, end: number): CandleSeries {
  const columns = {} as Record<CandleColumn, Float64Array>;
  for (const name of CANDLE_COLUMNS) columns[name] = series[name].slice(start, end);
  const extras: Record<string, Float64Array> = {};
  for (const [name, values] of Object.entries(series.extras)) extras[name] = values.slice(start, end);
  return { symbol: series.symbol, interval: series.interval, ...columns, extras };
}

/** A new series of the candles that open within [fromMs, toMs); open-ended where a time is absent. */
export function sliceTimes(
  series: CandleSeries,
  fromMs = Number.NEGATIVE_INFINITY,
  toMs = Number.POSITIVE_INFINITY,
): CandleSeries {
  const start = firstRowAt(series.openTimeMs, fromMs);
  return sliceCandles(series, start, Math.max(start, firstRowAt(series.openTimeMs, toMs)));
}

/** A new series of the given rows, in the given order. */
export function selectCandles(series: CandleSeries, rows: readonly number[] | Int32Array): CandleSeries {
  const pick = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
  const columns = {} as Record<CandleColumn, Float64Array>;
  for (const name of CANDLE_COLUMNS) columns[name] = pick(series[name]);
  const extras: Record<string, Float64Array> = {};
  for (const [name, values] of Object.entries(series.extras)) extras[name] = pick(values);
  return { symbol: series.symbol, interval: series.interval, ...columns, extras };
}

/** A gap of absent candles: the row before it, and how many candles are missing after that row. */
export interface Gap {
  rowBefore: number;
  fromMs: number;
  toMs: number;
  missingRows: number;
}

/** The gaps of the series, in order. */
export function findGaps(series: CandleSeries): Gap[] {
  const lengthMs = INTERVAL_MS[series.interval];
  const gaps: Gap[] = [];
  for (let row = 1; row < rowCountOf(series); row++) {
    const fromMs = series.openTimeMs[row - 1] + lengthMs;
    const toMs = series.openTimeMs[row];
    const missingRows = Math.round((toMs - fromMs) / lengthMs);
    if (missingRows > 0) gaps.push({ rowBefore: row - 1, fromMs, toMs, missingRows });
  }
  return gaps;
}
