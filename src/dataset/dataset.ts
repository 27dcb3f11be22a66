import type { Feature } from '../features/feature.js';
import { buildFeatureMatrix, type FeatureMatrix } from '../features/feature-matrix.js';
import type { CandleSeries } from '../market/candle-series.js';
import type { RowRange } from './split.js';
import { computeTarget, type Target } from './target.js';

export interface DatasetOptions {
  readonly features: readonly Feature[];
  readonly windowRows: number;
  readonly horizonSteps: number;
  /** A gap of more missing candles than this ends a segment: no window crosses it. */
  readonly maximumGapRows: number;
}

/** Everything a model can be trained on or asked about: features and target of every candle. T rows. */
export interface Dataset {
  readonly series: CandleSeries;
  readonly matrix: FeatureMatrix;
  readonly target: Target;
  readonly windowRows: number;
}

/** Builds features and target. The one path of training, evaluation and live prediction. */
export function buildDataset(series: CandleSeries, options: DatasetOptions): Dataset {
  const matrix = buildFeatureMatrix(series, options.features, options.maximumGapRows);
  const target = computeTarget(series, matrix.segmentStart, options.horizonSteps);
  return { series, matrix, target, windowRows: options.windowRows };
}

/**
 * Whether a forecast can be made at the close of `row`: its window lies in one segment, every feature in it is warm,
 * and the volatility is known.
 */
export function canPredict(dataset: Dataset, row: number): boolean {
  const { matrix, target, windowRows } = dataset;
  const first = row - windowRows + 1;
  if (first < matrix.segmentStart[row] || Number.isNaN(target.volatility[row])) return false;
  // Warmth lasts to the end of a segment, but a column from elsewhere may have no value anywhere in it.
  for (let i = first; i <= row; i++) if (matrix.isReady[i] !== 1) return false;
  return true;
}

/** The rows of [start, end) that can be predicted and whose outcome is known. */
export function labelledRows(dataset: Dataset, { start, end }: RowRange): Int32Array {
  const rows: number[] = [];
  for (let row = start; row < end; row++) {
    if (canPredict(dataset, row) && !Number.isNaN(dataset.target.scaled[row])) rows.push(row);
  }
  return Int32Array.from(rows);
}

/** Candles at the beginning of a segment that no window can end on. */
export function countWarmUpRows({ features, windowRows }: DatasetOptions): number {
  return Math.max(...features.map((feature) => feature.warmUpRows)) + windowRows - 1;
}
