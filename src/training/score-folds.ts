/** The forecasts of every fold's model and baselines on its own stretch, joined: nobody is asked about rows it has seen. */

import type { Dataset } from '../dataset/dataset.js';
import { type Outcomes, outcomesAt } from '../evaluation/outcomes.js';
import { fitBaselines } from '../forecast/baselines.js';
import { createLstmForecaster, type LstmModel } from '../forecast/lstm-forecaster.js';
import { findNovelFeatures } from '../forecast/novelty.js';
import type { LstmEngine } from '../lstm/engine.js';
import type { PreparedFold, PreparedTraining } from './prepare.js';

/** Forecasts and outcomes of the rows judged, oldest first. N rows. */
export interface OutOfSample {
  /** Shape `[N]`: rows of the dataset. */
  readonly rows: Int32Array;
  /** Positions [start, end) of each fold's rows. */
  readonly folds: readonly { readonly start: number; readonly end: number }[];
  readonly outcomes: Outcomes;
  /** The LSTM's, shape `[N]`, volatility units. */
  readonly scores: Float64Array;
  /** The baselines', by name. */
  readonly baselines: ReadonlyMap<string, Float64Array>;
  /** Shape `[N]`: 1 where the row lies outside what its fold was trained on: the signal rule holds there. */
  readonly isNovel: Uint8Array;
  /** The first fold's model on its validation rows: older than every row judged. */
  readonly before: { readonly scores: Float64Array; readonly outcomes: Float64Array };
}

/** @param models one a fold, in order */
export async function scoreFolds(
  models: readonly LstmModel[],
  { dataset, folds }: PreparedTraining,
  engine: LstmEngine,
  signal?: AbortSignal,
): Promise<OutOfSample> {
  const parts: Map<string, Float64Array>[] = [];
  for (const [index, fold] of folds.entries()) {
    parts.push(await scoreFold(models[index], fold, dataset, engine, signal));
  }
  const rows = Int32Array.from(folds.flatMap((fold) => Array.from(fold.rows.test)));
  const join = (name: string) => Float64Array.from(parts.flatMap((scores) => Array.from(scores.get(name)!)));
  const names = [...parts[0].keys()].filter((name) => name !== 'lstm');
  const first = folds[0].rows.validation;
  let end = 0;
  return {
    rows,
    folds: folds.map(({ rows: { test } }) => {
      const start = end;
      end += test.length;
      return { start, end };
    }),
    outcomes: outcomesAt(dataset, rows),
    scores: join('lstm'),
    baselines: new Map(names.map((name) => [name, join(name)])),
    isNovel: Uint8Array.from(
      folds.flatMap(({ rows: { test }, scaler }) =>
        Array.from(test, (row) => (findNovelFeatures(scaler, dataset.matrix, row).length > 0 ? 1 : 0)),
      ),
    ),
    before: {
      scores: await createLstmForecaster(engine, models[0], dataset).forecast(first, signal),
      outcomes: outcomesAt(dataset, first).scaled,
    },
  };
}

async function scoreFold(
  model: LstmModel,
  { rows, scaler }: PreparedFold,
  dataset: Dataset,
  engine: LstmEngine,
  signal: AbortSignal | undefined,
): Promise<Map<string, Float64Array>> {
  const forecasters = [createLstmForecaster(engine, model, dataset), ...fitBaselines(dataset, scaler, rows)];
  const scores = new Map<string, Float64Array>();
  for (const forecaster of forecasters) scores.set(forecaster.name, await forecaster.forecast(rows.test, signal));
  return scores;
}
