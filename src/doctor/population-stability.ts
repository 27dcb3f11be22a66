/**
 * How far a distribution has moved. Population stability index: Σ (q − p) ln(q / p) over bins that hold a tenth of the
 * earlier values each (Siddiqi 2006, "Credit Risk Scorecards"; its size under no change: Yurdakul 2018,
 * https://scholarworks.wmich.edu/dissertations/3208). By custom, below 0.1 is stable and above 0.25 is a shift.
 */

import { quantile } from '../core/statistics.js';

const BIN_COUNT = 10;
/** An empty bin counts as half a value: the logarithm needs something. */
const EMPTY_COUNT = 0.5;

/** Bin edges of the earlier values, ascending, without repeats. */
export function binEdges(earlier: ArrayLike<number>): number[] {
  const edges = Array.from({ length: BIN_COUNT - 1 }, (_, i) => quantile(earlier, (i + 1) / BIN_COUNT));
  return [...new Set(edges)];
}

/** Counts of the values in [−∞, e₀), [e₀, e₁) … [eₙ, ∞). */
export function countInBins(values: ArrayLike<number>, edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (let i = 0; i < values.length; i++) {
    const bin = edges.findIndex((edge) => values[i] < edge);
    counts[bin === -1 ? edges.length : bin] += 1;
  }
  return counts;
}

/** The index of two histograms over the same bins; 0 where they are alike. */
export function stabilityIndex(earlier: readonly number[], later: readonly number[]): number {
  const share = (counts: readonly number[], bin: number) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return Math.max(counts[bin], EMPTY_COUNT) / total;
  };
  let index = 0;
  for (let bin = 0; bin < earlier.length; bin++) {
    const before = share(earlier, bin);
    const after = share(later, bin);
    index += (after - before) * Math.log(after / before);
  }
  return index;
}
