/** Two series of one symbol and interval as one. Pure. */

import { TradeAiError } from '../core/errors.js';
import { CANDLE_COLUMNS, type CandleSeries, candleAt, firstRowAt, rowCountOf } from '../market/candle-series.js';
import type { RevisedCandle } from '../ports/candle-store.js';

/** Revisions that are told one by one. */
export const REVISIONS_SHOWN = 20;

export interface MergedCandles {
  readonly series: CandleSeries;
  readonly addedRows: number;
  /** Rows of both whose values differ. */
  readonly revisedRows: number;
  /** Whether the merged series differs from `current` in any way. */
  readonly hasChanged: boolean;
}

/**
 * Merges by open time. Of a candle in both, the incoming one is taken whole; of a further column, the incoming value
 * unless it is unknown (NaN, or the column is missing), so that nothing known is ever replaced by nothing.
 *
 * In other words each value is the last known one, in the order of the merges. Hence merging is
 * - idempotent: merging a series again changes nothing;
 * - associative: parts may be merged with each other first;
 * - commutative wherever the two do not contradict each other: the same candles make the same series in whatever order
 *   they come. Where an exchange has revised a candle the order must count, for the newer copy is the right one.
 */
export function mergeCandles(current: CandleSeries, incoming: CandleSeries): MergedCandles {
  const plan = planMerge(current.openTimeMs, incoming.openTimeMs);
  const names = [...new Set([...Object.keys(current.extras), ...Object.keys(incoming.extras)])];
  const isRevised = new Uint8Array(plan.fromCurrent.length);
  const columns = Object.fromEntries(
    CANDLE_COLUMNS.map((name) => [name, mergeColumn(current[name], incoming[name], plan, isRevised)]),
  );
  const extras = names.map((name) => {
    const older = Object.hasOwn(current.extras, name) ? current.extras[name] : undefined;
    const newer = Object.hasOwn(incoming.extras, name) ? incoming.extras[name] : undefined;
    return [name, mergeColumn(older, newer, plan, isRevised)];
  });
  const series: CandleSeries = {
    symbol: current.symbol,
    interval: current.interval,
    ...(columns as Pick<CandleSeries, (typeof CANDLE_COLUMNS)[number]>),
    extras: Object.fromEntries(extras),
  };
  const { addedRows } = plan;
  let revisedRows = 0;
  for (const flag of isRevised) revisedRows += flag;
  const hasNewColumn = names.length > Object.keys(current.extras).length;
  return { series, addedRows, revisedRows, hasChanged: addedRows > 0 || revisedRows > 0 || hasNewColumn };
}

/** The first candles of both series whose prices or volume differ. */
export function findRevisions(current: CandleSeries, incoming: CandleSeries): RevisedCandle[] {
  const revisions: RevisedCandle[] = [];
  for (let row = 0; row < rowCountOf(incoming) && revisions.length < REVISIONS_SHOWN; row++) {
    const at = firstRowAt(current.openTimeMs, incoming.openTimeMs[row]);
    if (current.openTimeMs[at] !== incoming.openTimeMs[row]) continue;
    if (CANDLE_COLUMNS.every((name) => current[name][at] === incoming[name][row])) continue;
    revisions.push({ was: candleAt(current, at), now: candleAt(incoming, row) });
  }
  return revisions;
}

/** @throws TradeAiError `CANDLES_INVALID` naming the first row that is not later than the one before it */
export function refuseUnordered({ symbol, interval, openTimeMs }: CandleSeries): void {
  for (let row = 1; row < openTimeMs.length; row++) {
    if (openTimeMs[row] > openTimeMs[row - 1]) continue;
    throw new TradeAiError(
      'CANDLES_INVALID',
      `${symbol} ${interval}: expected ascending open times, row ${row + 1} was ${new Date(openTimeMs[row]).toISOString()}`,
    );
  }
}

interface MergePlan {
  /** Rows of the current series before the first incoming one: they stay where they are. */
  keptRows: number;
  /** Of each merged row after those, the row in the current series, or -1. */
  fromCurrent: Int32Array;
  fromIncoming: Int32Array;
  addedRows: number;
}

function planMerge(current: Float64Array, incoming: Float64Array): MergePlan {
  const keptRows = incoming.length === 0 ? current.length : firstRowAt(current, incoming[0]);
  const atMost = current.length - keptRows + incoming.length;
  const fromCurrent = new Int32Array(atMost);
  const fromIncoming = new Int32Array(atMost);
  let length = 0;
  let addedRows = 0;
  for (let a = keptRows, b = 0; a < current.length || b < incoming.length; length++) {
    const timeA = a < current.length ? current[a] : Number.POSITIVE_INFINITY;
    const timeB = b < incoming.length ? incoming[b] : Number.POSITIVE_INFINITY;
    if (timeB < timeA) addedRows += 1;
    fromCurrent[length] = timeA <= timeB ? a++ : -1;
    fromIncoming[length] = timeB <= timeA ? b++ : -1;
  }
  return {
    keptRows,
    fromCurrent: fromCurrent.subarray(0, length),
    fromIncoming: fromIncoming.subarray(0, length),
    addedRows,
  };
}

/**
 * One column of both. A column that is new does not revise the rows that lacked it.
 *
 * @param isRevised gets a 1 for each merged row behind the kept ones whose value was there and is another now
 */
function mergeColumn(
  older: Float64Array | undefined,
  newer: Float64Array | undefined,
  { keptRows, fromCurrent, fromIncoming }: MergePlan,
  isRevised: Uint8Array,
): Float64Array {
  const merged = new Float64Array(keptRows + fromCurrent.length);
  if (older) merged.set(older.subarray(0, keptRows));
  else merged.fill(Number.NaN, 0, keptRows);
  for (let at = 0; at < fromCurrent.length; at++) {
    const was = older && fromCurrent[at] >= 0 ? older[fromCurrent[at]] : Number.NaN;
    const now = newer && fromIncoming[at] >= 0 ? newer[fromIncoming[at]] : Number.NaN;
    const value = Number.isNaN(now) ? was : now;
    merged[keptRows + at] = value;
    if (older && fromCurrent[at] >= 0 && !Object.is(was, value)) isRevised[at] = 1;
  }
  return merged;
}
