/** The forecasts of every fold's model and baselines on its own test rows, joined: nobody is asked about rows it has seen. */

import { type Outcomes, outcomesAt } from '../evaluation/outcomes.js';
import { fitBaselines } from '../forecast/baselines.js';
import type { Forecaster } from '../forecast/forecaster.js';
import { findNovelFeatures } from '../forecast/novelty.js';
import type { PreparedTraining } from './prepare.js';

/** Forecasts and outcomes of the rows out of sample, oldest first. N rows. */
export interface OutOfSample {
  /** Shape `[N]`: rows of the dataset. */
  readonly rows: Int32Array;
  /** Positions [start, end) of each fold's rows. */
  readonly folds: readonly { readonly start: number; readonly end: number }[];
  readonly outcomes: Outcomes;
  /** The model's, shape `[N]`, volatility units. */
  readonly forecasts: Float64Array;
  /** The baselines', by name. */
  readonly baselines: ReadonlyMap<string, Float64Array>;
  /** Shape `[N]`: 1 where the row lies outside what its fold was trained on: the signal rule holds there. */
  readonly isNovel: Uint8Array;
  /** The first fold's model on its validation rows: older than every row out of sample. */
  readonly before: { readonly forecasts: Float64Array; readonly outcomes: Float64Array };
}

/** @param forecasters at least one a fold, in order */
export async function forecastFolds(
  forecasters: readonly Forecaster[],
  { dataset, folds }: PreparedTraining,
  signal?: AbortSignal,
): Promise<OutOfSample> {
  const ours: Float64Array[] = [];
  const theirs = new Map<string, Float64Array[]>();
  for (const [index, { rows, scaler }] of folds.entries()) {
    ours.push(await forecasters[index].forecast(dataset, rows.test, signal));
    for (const baseline of fitBaselines(dataset, scaler, rows)) {
      const forecasts = await baseline.forecast(dataset, rows.test, signal);
      theirs.set(baseline.name, [...(theirs.get(baseline.name) ?? []), forecasts]);
    }
  }
  const rows = Int32Array.from(folds.flatMap((fold) => Array.from(fold.rows.test)));
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
    forecasts: join(ours),
    baselines: new Map(Array.from(theirs, ([name, parts]) => [name, join(parts)])),
    isNovel: Uint8Array.from(
      folds.flatMap(({ rows: { test }, scaler }) =>
        Array.from(test, (row) => (findNovelFeatures(scaler, dataset.matrix, row).length > 0 ? 1 : 0)),
      ),
    ),
    before: {
      forecasts: await forecasters[0].forecast(dataset, first, signal),
      outcomes: outcomesAt(dataset, first).scaled,
    },
  };
}

function join(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => Array.from(part)));
}
