import type { Scaler } from '../../dataset/scaler.js';
import type { Target } from '../../dataset/target.js';
import type { Feature } from '../../features/feature.js';
import type { FeatureMatrix } from '../../features/feature-matrix.js';
import type { JoinedInput } from '../../market/as-of-join.js';
import type { CandleSeries } from '../../market/candle-series.js';

/** The numbers a model is trained and judged on. T rows. */
export interface AuditedDataset {
  readonly matrix: FeatureMatrix;
  readonly target: Target;
}

/** One training: the rows of its three parts, ascending, and the scaler that it used. */
export interface AuditedSplit {
  /** `split`, or the name of a fold. */
  readonly name: string;
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
  readonly scaler: Scaler;
}

/** What the program made of a history before any network saw it. */
export interface AuditedTraining {
  readonly dataset: AuditedDataset;
  readonly splits: readonly AuditedSplit[];
}

/** A training that goes on from the weights of an older version. */
export interface WarmStart {
  readonly version: number;
  /** Close of the newest candle that this version was fitted, stopped, calibrated or judged on, labels included. */
  readonly seenUntilMs: number;
  /** Rows on which it goes on, is stopped and is judged. */
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/**
 * What is audited: the functions that turn candles into the numbers a model is trained and judged on. They are called
 * many times, on shortened and altered histories, so they must not remember anything from call to call.
 */
export interface AuditSubject {
  /** The streams behind the columns of the matrix, in its order. */
  readonly features: readonly Feature[];
  readonly windowRows: number;
  readonly horizonSteps: number;
  readonly maximumGapRows: number;
  /** Rows after which every feature and the volatility of the target have a value. */
  readonly warmUpRows: number;
  /** When the candles were collected, UTC milliseconds. */
  readonly nowMs: number;
  /** Features and target, as training, evaluation and the live forecast build them. */
  build(series: CandleSeries): AuditedDataset;
  /** Everything before the first epoch, as a training does it. */
  prepare(series: CandleSeries): AuditedTraining;
  /** The time at which the forecast of a row is made. */
  decisionTimeMs(series: CandleSeries, row: number): number;
  readonly warmStart?: WarmStart;
  /** What was joined to the candles from elsewhere, and of what it was made. */
  readonly inputs?: readonly JoinedInput[];
}
