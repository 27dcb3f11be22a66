import { RANDOM_STREAM, Random } from '../core/random.js';
import { meanSquare } from '../core/statistics.js';
import type { Dataset } from '../dataset/dataset.js';
import { outcomesAt } from '../evaluation/outcomes.js';
import type { FeatureImportance } from '../evaluation/report.js';
import type { WindowForecaster } from '../forecast/forecaster.js';

/** Always the same shuffle, so that a report is the same for the same model. */
const SHUFFLE_SEED = 1;

/**
 * Measures what the forecast loses when one feature's values are shuffled over time (permutation importance, Breiman
 * 2001, https://doi.org/10.1023/A:1010933404324), on rows the model has not seen.
 *
 * @param rows the rows evaluated, ascending; values are shuffled among them and the rows of their windows
 * @returns largest loss first
 */
export async function measureImportance(
  forecaster: WindowForecaster,
  dataset: Dataset,
  rows: Int32Array,
  signal?: AbortSignal,
): Promise<FeatureImportance[]> {
  const outcomes = outcomesAt(dataset, rows).scaled;
  const r2Of = (forecasts: Float64Array) => 1 - meanSquare(outcomes, forecasts) / meanSquare(outcomes);
  const base = r2Of(await forecaster.forecast(dataset, rows, signal));
  const { featureNames, values, isReady } = dataset.matrix;
  const featureCount = featureNames.length;
  // Every row a window touches is warm, since each row of `rows` can be predicted.
  const first = rows[0] - forecaster.windowRows + 1;
  const touched = Int32Array.from({ length: rows[rows.length - 1] - first + 1 }, (_, i) => first + i).filter(
    (row) => isReady[row] === 1,
  );
  const order = new Random(SHUFFLE_SEED, RANDOM_STREAM.shuffle).shuffle(touched.slice());
  const shuffled = values.slice();
  const changed: Dataset = { ...dataset, matrix: { ...dataset.matrix, values: shuffled } };
  const importance: FeatureImportance[] = [];
  for (const [f, feature] of featureNames.entries()) {
    for (const [i, row] of touched.entries()) shuffled[row * featureCount + f] = values[order[i] * featureCount + f];
    importance.push({ feature, r2Loss: base - r2Of(await forecaster.forecast(changed, rows, signal)) });
    for (const row of touched) shuffled[row * featureCount + f] = values[row * featureCount + f];
  }
  return importance.sort((a, b) => b.r2Loss - a.r2Loss);
}
