import { RANDOM_STREAM, Random } from '../core/random.js';
import { meanSquare } from '../core/statistics.js';
import type { Dataset } from '../dataset/dataset.js';
import { outcomesAt } from '../evaluation/outcomes.js';
import type { FeatureImportance } from '../evaluation/report.js';
import { createLstmForecaster, type LstmModel } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';

/** Always the same shuffle, so that a report is the same for the same model. */
const SHUFFLE_SEED = 1;

/**
 * Measures what the forecast loses when one feature's values are shuffled over time (permutation importance, Breiman
 * 2001, https://doi.org/10.1023/A:1010933404324), on rows the model has not seen.
 *
 * @param rows the rows judged; values are shuffled among them and the rows of their windows
 * @returns largest loss first
 */
export async function measureImportance(
  model: LstmModel,
  dataset: Dataset,
  rows: Int32Array,
  engine: LstmEngine,
  signal?: AbortSignal,
): Promise<FeatureImportance[]> {
  const outcomes = outcomesAt(dataset, rows).scaled;
  const r2Of = (scores: Float64Array) => 1 - meanSquare(outcomes, scores) / meanSquare(outcomes);
  const base = r2Of(await createLstmForecaster(engine, model, dataset).forecast(rows, signal));
  const { featureNames, values } = dataset.matrix;
  const featureCount = featureNames.length;
  // Every row a window touches is warm, since each row of `rows` can be predicted.
  const first = rows[0] - model.windowRows + 1;
  const touched = Int32Array.from({ length: rows[rows.length - 1] - first + 1 }, (_, i) => first + i).filter(
    (row) => dataset.matrix.isReady[row] === 1,
  );
  const order = new Random(SHUFFLE_SEED, RANDOM_STREAM.shuffle).shuffle(touched.slice());
  const importance: FeatureImportance[] = [];
  for (const [f, feature] of featureNames.entries()) {
    const shuffled = values.slice();
    for (const [i, row] of touched.entries()) shuffled[row * featureCount + f] = values[order[i] * featureCount + f];
    const changed: Dataset = { ...dataset, matrix: { ...dataset.matrix, values: shuffled } };
    const scores = await createLstmForecaster(engine, model, changed).forecast(rows, signal);
    importance.push({ feature, r2Loss: base - r2Of(scores) });
  }
  return importance.sort((a, b) => b.r2Loss - a.r2Loss);
}
