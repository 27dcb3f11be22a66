/** Rows that cannot be candles. */

import { type CandleSeries, rowCountOf, selectCandles } from '../candle-series.js';
import { floorToInterval, INTERVAL_MS, type Interval } from '../interval.js';
import type { RejectedRow, RowFault } from './import-faults.js';

type CandleValues = Pick<CandleSeries, 'open' | 'high' | 'low' | 'close' | 'volume'>;

/** What is wrong with the prices or the volume of a row; `undefined` for a row that can be a candle. */
export function faultOfValues({ open, high, low, close, volume }: CandleValues, row: number): RowFault | undefined {
  const [o, h, l, c, v] = [open[row], high[row], low[row], close[row], volume[row]];
  // One comparison chain settles the sound rows, which are nearly all; NaN fails it.
  if (l > 0 && o >= l && o <= h && c >= l && c <= h && v >= 0 && h < Infinity && v < Infinity) return undefined;
  if (![o, h, l, c, v].every(Number.isFinite)) return 'not-a-number';
  if (o <= 0 || h <= 0 || l <= 0 || c <= 0) return 'price-not-positive';
  if (v < 0) return 'negative-volume';
  if (h < l) return 'high-below-low';
  return o < l || o > h ? 'open-outside-range' : 'close-outside-range';
}

/**
 * The rows whose open time is not on the interval's grid. Three-day candles have no agreed first day, so theirs is the
 * grid of the first row.
 */
export function findOffGridRows(openTimeMs: Float64Array, interval: Interval): number[] {
  const rows: number[] = [];
  const offsetMs = interval === '3d' && openTimeMs.length > 0 ? openTimeMs[0] % INTERVAL_MS['3d'] : 0;
  for (let row = 0; row < openTimeMs.length; row++) {
    const timeMs = openTimeMs[row] - offsetMs;
    if (floorToInterval(timeMs, interval) !== timeMs) rows.push(row);
  }
  return rows;
}

/** A row as it is set aside. */
export function rejectRow(series: CandleValues & Pick<CandleSeries, 'openTimeMs'>, row: number, fault: RowFault) {
  const { openTimeMs, open, high, low, close, volume } = series;
  const rejected: RejectedRow = {
    openTimeMs: openTimeMs[row],
    open: open[row],
    high: high[row],
    low: low[row],
    close: close[row],
    volume: volume[row],
    fault,
  };
  return rejected;
}

/** The rows of a series that cannot be candles, in order, with their values. */
export function findRejectedRows(series: CandleSeries): { rows: number[]; rejected: RejectedRow[] } {
  const offGrid = new Set(findOffGridRows(series.openTimeMs, series.interval));
  const rows: number[] = [];
  const rejected: RejectedRow[] = [];
  for (let row = 0; row < rowCountOf(series); row++) {
    const fault = offGrid.has(row) ? 'off-grid' : faultOfValues(series, row);
    if (fault === undefined) continue;
    rows.push(row);
    rejected.push(rejectRow(series, row, fault));
  }
  return { rows, rejected };
}

/**
 * Parts the rows that can be candles from those that cannot; nothing is changed.
 *
 * @returns `series` itself when every row is sound
 */
export function setAsideRejected(series: CandleSeries): { sound: CandleSeries; rejected: RejectedRow[] } {
  const { rows, rejected } = findRejectedRows(series);
  if (rows.length === 0) return { sound: series, rejected };
  const isRejected = new Set(rows);
  const kept = Int32Array.from({ length: rowCountOf(series) }, (_, row) => row).filter((row) => !isRejected.has(row));
  return { sound: selectCandles(series, kept), rejected };
}
