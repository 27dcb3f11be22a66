import { TradeAiError } from '../core/errors.js';
import type { FeatureMatrix } from '../features/feature-matrix.js';

/** Scaled features are clipped to ± this many standard deviations. */
const CLIP = 5;

/** Standardisation of the features, fitted on train rows only. Plain JSON. F features. */
export interface Scaler {
  readonly featureNames: readonly string[];
  /** Shape `[F]`. */
  readonly mean: readonly number[];
  /** Shape `[F]`: standard deviation; 1 for a feature that was constant. */
  readonly scale: readonly number[];
  readonly clip: number;
}

/**
 * Fits mean and standard deviation (divisor n, as scikit-learn's StandardScaler) on the given rows and no others.
 *
 * @param rows indices into the matrix
 */
export function fitScaler(matrix: FeatureMatrix, rows: Int32Array): Scaler {
  const featureCount = matrix.featureNames.length;
  const mean = new Array<number>(featureCount).fill(0);
  const scale = new Array<number>(featureCount).fill(0);
  for (let f = 0; f < featureCount; f++) {
    let sum = 0;
    for (const row of rows) sum += matrix.values[row * featureCount + f];
    mean[f] = sum / rows.length;
    let squares = 0;
    for (const row of rows) squares += (matrix.values[row * featureCount + f] - mean[f]) ** 2;
    const deviation = Math.sqrt(squares / rows.length);
    scale[f] = deviation > Math.abs(mean[f]) * 1e-12 ? deviation : 1;
  }
  return { featureNames: matrix.featureNames, mean, scale, clip: CLIP };
}

/**
 * Scales every row of the matrix; NaN stays NaN.
 *
 * @returns shape `[T, F]`, row-major, in shared memory so that worker threads read it without a copy
 * @throws TradeAiError `MODEL_MISMATCH` when the scaler was fitted on other features
 */
export function applyScaler(scaler: Scaler, matrix: Pick<FeatureMatrix, 'featureNames' | 'values'>): Float64Array {
  checkFeatureNames(scaler.featureNames, matrix.featureNames);
  const featureCount = matrix.featureNames.length;
  const { values } = matrix;
  const scaled = new Float64Array(new SharedArrayBuffer(values.length * Float64Array.BYTES_PER_ELEMENT));
  for (let i = 0; i < values.length; i++) {
    const f = i % featureCount;
    const value = (values[i] - scaler.mean[f]) / scaler.scale[f];
    scaled[i] = Number.isNaN(value) ? value : Math.max(-scaler.clip, Math.min(scaler.clip, value));
  }
  return scaled;
}

/** Names of the features that had one value only on the rows the scaler was fitted on. */
export function findConstantFeatures(matrix: FeatureMatrix, rows: Int32Array): string[] {
  const featureCount = matrix.featureNames.length;
  return matrix.featureNames.filter((_, f) => {
    const first = matrix.values[rows[0] * featureCount + f];
    return rows.every((row) => matrix.values[row * featureCount + f] === first);
  });
}

/** @throws TradeAiError `MODEL_MISMATCH` naming the features that are missing, unknown or out of order */
export function checkFeatureNames(expected: readonly string[], found: readonly string[]): void {
  if (expected.length === found.length && expected.every((name, index) => name === found[index])) return;
  const missing = expected.filter((name) => !found.includes(name));
  const unknown = found.filter((name) => !expected.includes(name));
  const parts = [
    missing.length > 0 ? `missing: ${missing.join(', ')}` : '',
    unknown.length > 0 ? `not in the model: ${unknown.join(', ')}` : '',
    missing.length + unknown.length === 0 ? 'the same names in another order' : '',
  ];
  throw new TradeAiError('MODEL_MISMATCH', `the features do not fit the model (${parts.filter(Boolean).join('; ')})`, {
    hint: 'train again with the features in use, or predict with the ones the model was trained on',
  });
}
