/** The losses of a training in units that compare: each over the loss of predicting no change on the same rows. */

import type { ExaminedData } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';

export interface LossCurve {
  readonly epochsRun: number;
  /** Counted from 1. */
  readonly bestEpoch: number;
  /** Shape `[epochsRun]`: with dropout, as trained. */
  readonly train: readonly number[];
  /** Shape `[epochsRun]`. */
  readonly validation: readonly number[];
  /** Lowest of `validation`. */
  readonly bestLoss: number;
}

/** One curve a member; `undefined` where the version kept none. */
export function readLossCurves({ report, config, lstm }: ExaminedModel, data: ExaminedData): LossCurve[] | undefined {
  const members = report?.training?.members ?? [];
  if (members.length !== lstm.memberWeights.length || members.some(({ epochsRun }) => epochsRun < 1)) return undefined;
  const { scaled } = data.dataset.target;
  const trainUnit = meanLossOf(scaled, data.rows.fitted, config.loss, 0);
  const validationUnit = meanLossOf(scaled, data.rows.validation, config.loss, 0);
  return members.map(({ epochsRun, bestEpoch, trainLoss, validationLoss }) => {
    const validation = validationLoss.map((loss) => (loss ?? Number.POSITIVE_INFINITY) / validationUnit);
    return {
      epochsRun,
      bestEpoch,
      train: trainLoss.map((loss) => (loss ?? Number.POSITIVE_INFINITY) / trainUnit),
      validation,
      bestLoss: Math.min(...validation),
    };
  });
}

/** Mean loss of predicting `value` in every row. */
export function meanLossOf(y: Float64Array, rows: Int32Array, loss: 'mse' | 'huber', value: number): number {
  let sum = 0;
  for (const row of rows) {
    const size = Math.abs(y[row] - value);
    if (loss === 'mse') sum += size * size;
    else sum += size < 1 ? 0.5 * size * size : size - 0.5;
  }
  return sum / rows.length;
}
