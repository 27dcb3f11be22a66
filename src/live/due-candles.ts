/**
 * Which candles are to be forecast when several have closed since the last look: each of which a forecast can still be made
 * in time, that is before the candle it speaks of has closed. Nobody has been told anything meanwhile, but what is said of
 * such a candle is what would have been said at its close, from the candles up to it, and its outcome is not known.
 */

import { type CandleSeries, closeTimeMs, firstRowAt, rowCountOf, sliceTimes } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';

export interface DueCase {
  /** Close time of the newest candle that needs no forecast any more. */
  readonly afterMs: number;
  readonly horizonSteps: number;
  readonly nowMs: number;
}

/**
 * Lists the candles to forecast, oldest first; the newest is always one of them, since it is the answer until the next.
 *
 * @param series at least one candle
 * @returns their close times
 */
export function findDueCandles(series: CandleSeries, { afterMs, horizonSteps, nowMs }: DueCase): number[] {
  const newestMs = newestCloseMs(series);
  const knownUpToMs = Math.max(nowMs, newestMs);
  const horizonMs = horizonSteps * INTERVAL_MS[series.interval];
  const closesMs = Array.from(series.openTimeMs, (_, row) => closeTimeMs(series, row));
  return closesMs.filter((closedMs) => {
    return closedMs === newestMs || (closedMs > afterMs && closedMs + horizonMs > knownUpToMs);
  });
}

/** The candles that had closed by then. */
export function closedBy(series: CandleSeries, timeMs: number): CandleSeries {
  if (timeMs >= newestCloseMs(series)) return series;
  return sliceTimes(series, undefined, timeMs - INTERVAL_MS[series.interval] + 1);
}

/** How many candles closed between two forecasts, both of them left out; 0 without one before. */
export function countBetween(series: CandleSeries, beforeMs: number | undefined, afterMs: number | undefined): number {
  if (beforeMs === undefined || afterMs === undefined) return 0;
  const rowAt = (closedMs: number) => firstRowAt(series.openTimeMs, closedMs - INTERVAL_MS[series.interval]);
  return Math.max(0, rowAt(afterMs) - rowAt(beforeMs + 1));
}

/** Close time of the newest candle of a series that has one. */
export function newestCloseMs(series: CandleSeries): number {
  return closeTimeMs(series, rowCountOf(series) - 1);
}
