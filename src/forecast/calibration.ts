import { quantile } from '../core/statistics.js';

/**
 * What the validation rows say about a score: how often the direction was right for scores of this size, and how far
 * outcomes lay from it.
 *
 * The bins are fifths of the validation scores by size. This is a count of hits, not yet a calibrated probability.
 */
export interface Calibration {
  readonly method: 'validation-hits';
  /** Upper edges of all bins but the last: |score| below the edge falls into the bin. */
  readonly edges: readonly number[];
  /** Rows of each bin whose direction is defined. */
  readonly counts: readonly number[];
  /** Rows of each bin whose direction was right. */
  readonly hits: readonly number[];
  /** Share of outcomes that lie within `intervalHalfWidth` of their score. */
  readonly intervalLevel: number;
  /** In volatility units: the split-conformal quantile of |outcome − score|. */
  readonly intervalHalfWidth: number;
}

const BIN_COUNT = 5;
const INTERVAL_LEVEL = 0.8;
/** Hits and misses added to each bin, as if seen before: few rows cannot claim certainty. */
const PRIOR_COUNT = 20;

/**
 * Counts hits and errors on validation rows.
 *
 * Interval: split-conformal with the finite-sample rank ⌈(n + 1)·level⌉ / n
 * (Lei et al. 2018, https://doi.org/10.1080/01621459.2017.1307116, section 2.2).
 *
 * @param scores shape `[N]`, volatility units
 * @param outcomes shape `[N]`, volatility units
 */
export function fitCalibration(scores: Float64Array, outcomes: Float64Array): Calibration {
  const sizes = scores.map(Math.abs);
  const edges = Array.from({ length: BIN_COUNT - 1 }, (_, i) => quantile(sizes, (i + 1) / BIN_COUNT));
  const counts = new Array<number>(BIN_COUNT).fill(0);
  const hits = new Array<number>(BIN_COUNT).fill(0);
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] === 0 || outcomes[i] === 0) continue;
    const bin = findBin(edges, sizes[i]);
    counts[bin] += 1;
    if (Math.sign(scores[i]) === Math.sign(outcomes[i])) hits[bin] += 1;
  }
  const errors = scores.map((score, i) => Math.abs(outcomes[i] - score));
  const rank = Math.min(1, Math.ceil((errors.length + 1) * INTERVAL_LEVEL) / errors.length);
  return {
    method: 'validation-hits',
    edges,
    counts,
    hits,
    intervalLevel: INTERVAL_LEVEL,
    intervalHalfWidth: quantile(errors, rank),
  };
}

/** The probability that the direction of a score is right, 0.5 at least: a direction that was mostly wrong is no bet. */
export function confidenceOfScore({ edges, counts, hits }: Calibration, score: number): number {
  if (score === 0) return 0.5;
  const bin = findBin(edges, Math.abs(score));
  return Math.max(0.5, (hits[bin] + PRIOR_COUNT / 2) / (counts[bin] + PRIOR_COUNT));
}

function findBin(edges: readonly number[], size: number): number {
  const bin = edges.findIndex((edge) => size < edge);
  return bin === -1 ? edges.length : bin;
}
