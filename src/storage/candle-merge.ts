/** Two series of one symbol and interval as one. Pure. */

import { CANDLE_COLUMNS, type CandleSeries, rowCountOf } from '../market/candle-series.js';

export interface MergedCandles {
  readonly series: CandleSeries;
  readonly addedRows: number;
  /** Rows of both whose values differ. */
  readonly revisedRows: number;
  /** Whether the merged series differs from `current` in any way. */
  readonly hasChanged: boolean;
}

/**
 * Merges by open time; of a time in both, the incoming candle wins. A further column keeps its older value where the
 * incoming series does not have that column, and is NaN where neither has one.
 *
 * Merging the same series again changes nothing.
 */
export function mergeCandles(current: CandleSeries, incoming: CandleSeries): MergedCandles {
  const plan = planMerge(current.openTimeMs, incoming.openTimeMs);
  const names = [...new Set([...Object.keys(current.extras), ...Object.keys(incoming.extras)])];
  const pick = (older: Float64Array | undefined, newer: Float64Array | undefined) => {
    const out = new Float64Array(plan.fromCurrent.length).fill(Number.NaN);
    for (let row = 0; row < out.length; row++) {
      const newerRow = plan.fromIncoming[row];
      const olderRow = plan.fromCurrent[row];
      if (newer && newerRow >= 0) out[row] = newer[newerRow];
      else if (older && olderRow >= 0) out[row] = older[olderRow];
    }
    return out;
  };
  const columns = Object.fromEntries(CANDLE_COLUMNS.map((name) => [name, pick(current[name], incoming[name])]));
  const series = {
    symbol: current.symbol,
    interval: current.interval,
    ...(columns as Pick<CandleSeries, (typeof CANDLE_COLUMNS)[number]>),
    extras: Object.fromEntries(names.map((name) => [name, pick(current.extras[name], incoming.extras[name])])),
  };
  const revisedRows = countRevised(current, series, plan);
  const addedRows = plan.addedRows;
  const hasNewColumn = names.length > Object.keys(current.extras).length;
  return { series, addedRows, revisedRows, hasChanged: addedRows > 0 || revisedRows > 0 || hasNewColumn };
}

interface MergePlan {
  /** Row in the current series of each merged row, or -1. */
  fromCurrent: Int32Array;
  fromIncoming: Int32Array;
  addedRows: number;
}

function planMerge(current: Float64Array, incoming: Float64Array): MergePlan {
  const fromCurrent = new Int32Array(current.length + incoming.length);
  const fromIncoming = new Int32Array(current.length + incoming.length);
  let length = 0;
  let addedRows = 0;
  for (let a = 0, b = 0; a < current.length || b < incoming.length; length++) {
    const timeA = a < current.length ? current[a] : Number.POSITIVE_INFINITY;
    const timeB = b < incoming.length ? incoming[b] : Number.POSITIVE_INFINITY;
    if (timeB < timeA) addedRows += 1;
    fromCurrent[length] = timeA <= timeB ? a++ : -1;
    fromIncoming[length] = timeB <= timeA ? b++ : -1;
  }
  return { fromCurrent: fromCurrent.slice(0, length), fromIncoming: fromIncoming.slice(0, length), addedRows };
}

/** Rows that were there and now hold something else; a column that is new does not revise the rows that lacked it. */
function countRevised(current: CandleSeries, merged: CandleSeries, plan: MergePlan): number {
  const pairs = [
    ...CANDLE_COLUMNS.map((name) => [current[name], merged[name]] as const),
    ...Object.keys(current.extras).map((name) => [current.extras[name], merged.extras[name]] as const),
  ];
  let revised = 0;
  for (let row = 0; row < rowCountOf(merged); row++) {
    const olderRow = plan.fromCurrent[row];
    if (olderRow < 0 || plan.fromIncoming[row] < 0) continue;
    if (pairs.some(([older, newer]) => !Object.is(older[olderRow], newer[row]))) revised += 1;
  }
  return revised;
}
