/** The baselines every model stands beside, in the same table and on the same rows. */

import { mean, meanSquare } from '../core/statistics.js';
import type { Dataset } from '../dataset/dataset.js';
import { applyScaler, type Scaler } from '../dataset/scaler.js';
import type { Forecaster } from './forecaster.js';
import { fitRidge, predictRidge } from './ridge.js';

/** Penalties tried, as multiples of the number of train rows; the best on validation rows is taken. */
const RIDGE_PENALTIES = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

export interface BaselineRows {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/**
 * Fits the baselines: `zero` (no change), `mean` (mean of the train targets), `momentum` (the last return repeats),
 * `reversal` (its negative), `ridge` (linear in the newest feature row, scaled as the model's).
 */
export function fitBaselines(dataset: Dataset, scaler: Scaler, rows: BaselineRows): Forecaster[] {
  const { scaled } = dataset.target;
  const trainMean = mean(Float64Array.from(rows.train, (row) => scaled[row]));
  return [
    perRow('zero', () => 0),
    perRow('mean', () => trainMean),
    perRow('momentum', lastReturn),
    perRow('reversal', (asked, row) => -lastReturn(asked, row)),
    fitRidgeBaseline(dataset, scaler, rows),
  ];
}

function fitRidgeBaseline(dataset: Dataset, scaler: Scaler, rows: BaselineRows): Forecaster {
  const x = applyScaler(scaler, dataset.matrix);
  const y = dataset.target.scaled;
  const outcomes = Float64Array.from(rows.validation, (row) => y[row]);
  const candidates = RIDGE_PENALTIES.map((penalty) => {
    const model = fitRidge(x, y, rows.train, scaler.mean.length, penalty * rows.train.length);
    return { model, loss: meanSquare(predictRidge(model, x, rows.validation), outcomes) };
  });
  const best = candidates.reduce((a, b) => (b.loss < a.loss ? b : a));
  return {
    name: 'ridge',
    forecast: async ({ matrix }, asked) => {
      // Scaled row by row: a forecast of a few rows does not cost a copy of all.
      const features = gatherRows(matrix.values, asked, matrix.featureNames.length);
      const scaled = applyScaler(scaler, { featureNames: matrix.featureNames, values: features });
      return predictRidge(best.model, scaled, Int32Array.from(asked.keys()));
    },
  };
}

/** The log return over the last `horizon` candles in volatility units. */
function lastReturn({ series, target }: Dataset, row: number): number {
  const { close } = series;
  const { horizonSteps, volatility } = target;
  return Math.log(close[row] / close[row - horizonSteps]) / volatility[row];
}

function gatherRows(values: Float64Array, rows: Int32Array, featureCount: number): Float64Array {
  const gathered = new Float64Array(rows.length * featureCount);
  for (const [i, row] of rows.entries()) {
    gathered.set(values.subarray(row * featureCount, (row + 1) * featureCount), i * featureCount);
  }
  return gathered;
}

function perRow(name: string, forecastRow: (dataset: Dataset, row: number) => number): Forecaster {
  return { name, forecast: async (dataset, rows) => Float64Array.from(rows, (row) => forecastRow(dataset, row)) };
}
