/** Whether confidences and intervals mean what they say. N rows. */

import { mean } from '../core/statistics.js';
import { type Measured, measured, undefinedBecause } from './measured.js';
import type { ReliabilityBin } from './report.js';

export interface ConfidenceQuality {
  /** Rows whose score and outcome have a direction. */
  readonly rows: number;
  /** Mean of (confidence − right)², Brier 1950: 0.25 for a coin, lower is better. */
  readonly brier: number;
  /** Expected calibration error: |confidence − share right| per bin, weighted by rows. */
  readonly ece: number;
  /** The expected calibration error that a perfect confidence would show by chance on these rows. */
  readonly chanceEce: number;
  /** By rising confidence. */
  readonly bins: readonly ReliabilityBin[];
}

const MAXIMUM_BINS = 10;
/** Fewer rows in a bin would show chance, not calibration. */
const MINIMUM_BIN_ROWS = 50;

/**
 * Measures confidences against directions that came true. Bins hold equal counts of rows by confidence, which honest
 * confidences, close together as they are, fill alike (Nixon et al. 2019, https://arxiv.org/abs/1904.01685): ten of
 * them, fewer where a bin would hold less than 50 rows; rows of equal confidence stay in one bin.
 *
 * @param confidences shape `[N]`, P(direction right)
 * @param scores shape `[N]`; a row whose score or outcome is 0 has no direction and is left out
 * @param outcomes shape `[N]`
 */
export function measureConfidence(
  confidences: Float64Array,
  scores: Float64Array,
  outcomes: Float64Array,
  { horizonSteps }: { horizonSteps: number },
): Measured<ConfidenceQuality> {
  const order = Array.from(confidences.keys())
    .filter((i) => scores[i] !== 0 && outcomes[i] !== 0)
    .sort((a, b) => confidences[a] - confidences[b] || a - b);
  const rows = order.length;
  if (rows === 0) return undefinedBecause('no row has both a forecast and an outcome other than 0');
  const sorted = Float64Array.from(order, (i) => confidences[i]);
  const isRight = Float64Array.from(order, (i) => (Math.sign(scores[i]) === Math.sign(outcomes[i]) ? 1 : 0));
  const bins = cutBins(sorted).map(({ start, end }) => ({
    confidence: mean(sorted.subarray(start, end)),
    accuracy: mean(isRight.subarray(start, end)),
    count: end - start,
  }));
  const weigh = (errorOf: (bin: ReliabilityBin) => number) => {
    return bins.reduce((sum, bin) => sum + (bin.count / rows) * errorOf(bin), 0);
  };
  return measured({
    rows,
    brier: mean(sorted.map((confidence, i) => (confidence - isRight[i]) ** 2)),
    ece: weigh(({ confidence, accuracy }) => Math.abs(confidence - accuracy)),
    // E|x| = √(2 / π) σ of a normal; overlapping labels count once.
    chanceEce: weigh(({ confidence, count }) => {
      return Math.sqrt((2 * confidence * (1 - confidence) * horizonSteps) / (Math.PI * count));
    }),
    bins,
  });
}

/** Positions [start, end) of each bin. */
function cutBins(sorted: Float64Array): { start: number; end: number }[] {
  const rows = sorted.length;
  const binCount = Math.max(1, Math.min(MAXIMUM_BINS, Math.floor(rows / MINIMUM_BIN_ROWS)));
  const bins: { start: number; end: number }[] = [];
  let start = 0;
  for (let bin = 1; bin <= binCount; bin++) {
    let end = Math.floor((bin * rows) / binCount);
    if (end <= start) continue;
    while (end < rows && sorted[end] === sorted[end - 1]) end += 1;
    bins.push({ start, end });
    start = end;
  }
  return bins;
}

export interface IntervalQuality {
  /** Share of outcomes within their interval. */
  readonly coverage: number;
  /** In the unit of the intervals. */
  readonly meanWidth: number;
}

/**
 * Measures intervals against what came.
 *
 * @param low shape `[N]`; `high` likewise, in any one unit
 * @param outcomes shape `[N]`, same unit
 */
export function measureIntervals(
  low: Float64Array,
  high: Float64Array,
  outcomes: Float64Array,
): Measured<IntervalQuality> {
  if (outcomes.length === 0) return undefinedBecause('there are no rows');
  const covered = outcomes.filter((outcome, i) => outcome >= low[i] && outcome <= high[i]);
  return measured({
    coverage: covered.length / outcomes.length,
    meanWidth: mean(high.map((value, i) => value - low[i])),
  });
}
