/** Two copies of one history, row by row: what an exchange has revised, and what was stored too early. */

import { counted, utcTime } from '../../text/sentences.js';
import { type CandleSeries, rowCountOf } from '../candle-series.js';
import type { QualityFinding } from './report.js';

export interface SeriesDifference {
  /** Times that both have. */
  readonly commonRows: number;
  /** Times with other values in the newer copy. */
  readonly revisedTimesMs: readonly number[];
  /** Of those, the ones whose older copy looks like the candle while it was open. */
  readonly partialTimesMs: readonly number[];
  /** Within the span of both, times that only one of them has. */
  readonly removedTimesMs: readonly number[];
  readonly addedTimesMs: readonly number[];
}

const TIMES_SHOWN = 20;

/**
 * Compares an older copy of a history with a newer one over the span that both cover.
 *
 * @example describeDifference(compareSeries(stored, downloadedNow))
 */
export function compareSeries(older: CandleSeries, newer: CandleSeries): SeriesDifference {
  const revisedTimesMs: number[] = [];
  const partialTimesMs: number[] = [];
  const removedTimesMs: number[] = [];
  const addedTimesMs: number[] = [];
  let commonRows = 0;
  const [fromMs, toMs] = commonSpan(older, newer);
  let a = 0;
  let b = 0;
  while (a < rowCountOf(older) || b < rowCountOf(newer)) {
    const timeA = a < rowCountOf(older) ? older.openTimeMs[a] : Number.POSITIVE_INFINITY;
    const timeB = b < rowCountOf(newer) ? newer.openTimeMs[b] : Number.POSITIVE_INFINITY;
    const timeMs = Math.min(timeA, timeB);
    const isInside = timeMs >= fromMs && timeMs <= toMs;
    if (timeA === timeB) {
      commonRows += 1;
      if (isRevised(older, a, newer, b)) {
        revisedTimesMs.push(timeMs);
        if (looksPartial(older, a, newer, b)) partialTimesMs.push(timeMs);
      }
    } else if (isInside) {
      (timeA < timeB ? removedTimesMs : addedTimesMs).push(timeMs);
    }
    if (timeA === timeMs) a += 1;
    if (timeB === timeMs) b += 1;
  }
  return { commonRows, revisedTimesMs, partialTimesMs, removedTimesMs, addedTimesMs };
}

/** A candle's values in columns. */
export type CandleColumns = Pick<CandleSeries, 'open' | 'high' | 'low' | 'close' | 'volume'>;

/**
 * Whether row `a` of `older` may be the candle of row `b` of `newer` while it was still open: it opened the same, had
 * traded less, and had been nowhere that the whole candle was not.
 */
export function looksPartial(older: CandleColumns, a: number, newer: CandleColumns, b: number): boolean {
  return (
    older.open[a] === newer.open[b] &&
    older.volume[a] < newer.volume[b] &&
    older.high[a] <= newer.high[b] &&
    older.low[a] >= newer.low[b]
  );
}

/** Findings about the older copy; none when the two agree. */
export function describeDifference(difference: SeriesDifference): QualityFinding[] {
  const { revisedTimesMs, partialTimesMs, removedTimesMs, addedTimesMs, commonRows } = difference;
  const findings: QualityFinding[] = [];
  const changed = [...revisedTimesMs, ...removedTimesMs, ...addedTimesMs].sort((x, y) => x - y);
  if (changed.length > 0) {
    findings.push({
      code: 'REVISED',
      severity: 'warning',
      message:
        `${counted(revisedTimesMs.length, 'candle')} of ${commonRows} have other values in the newer copy, ${removedTimesMs.length} are gone from it, ` +
        `${addedTimesMs.length} stand in it only; the first at ${utcTime(changed[0])}`,
      timesMs: changed.slice(0, TIMES_SHOWN),
    });
  }
  if (partialTimesMs.length > 0) {
    findings.push({
      code: 'PARTIAL_CANDLES',
      severity: 'warning',
      message: `${counted(partialTimesMs.length, 'candle')} look as if stored while still open and never fetched again, the first at ${utcTime(partialTimesMs[0])}`,
      timesMs: partialTimesMs.slice(0, TIMES_SHOWN),
    });
  }
  return findings;
}

function isRevised(older: CandleColumns, a: number, newer: CandleColumns, b: number): boolean {
  return (
    older.open[a] !== newer.open[b] ||
    older.high[a] !== newer.high[b] ||
    older.low[a] !== newer.low[b] ||
    older.close[a] !== newer.close[b] ||
    older.volume[a] !== newer.volume[b]
  );
}

/** First and last open time that both copies reach over, both inclusive. */
function commonSpan(older: CandleSeries, newer: CandleSeries): [number, number] {
  const last = (series: CandleSeries) => series.openTimeMs[rowCountOf(series) - 1];
  if (rowCountOf(older) === 0 || rowCountOf(newer) === 0) return [0, Number.NEGATIVE_INFINITY];
  return [Math.max(older.openTimeMs[0], newer.openTimeMs[0]), Math.min(last(older), last(newer))];
}
