import type { Scaler } from '../../dataset/scaler.js';
import { rowCountOf } from '../../market/candle-series.js';
import { alterCandles } from './altered-candles.js';
import { type AuditCheck, type AuditContext, auditRandom } from './context.js';
import { type Finding, firstOfEachColumn, formatInstant, formatValue } from './report.js';
import type { AuditedDataset, AuditedSplit } from './subject.js';

/** Rounding of a sum over a hundred thousand rows, with room. */
const TOLERANCE = 1e-9;

/**
 * Fits every scaler again on the train rows declared, and prepares the training again with other candles behind them:
 * both must give the numbers that the training used.
 */
export const scalerScope: AuditCheck = {
  name: 'scaler-scope',
  description: 'scalers and train rows depend on candles up to the end of train only',
  find(context) {
    const { splits } = context.training;
    const prepared = context.isQuick ? [] : [...new Set([splits[0], splits[splits.length - 1]])];
    return firstOfEachColumn([
      ...splits.flatMap((split) => findOtherFit(split, context)),
      ...prepared.flatMap((split) => findDependence(split, context)),
    ]);
  },
};

const HINT = 'fit the scaler inside the fold, on its train rows and no others';

function findOtherFit(split: AuditedSplit, { series, training }: AuditContext): Finding[] {
  const { matrix } = training.dataset;
  const expected = measure(training.dataset, split.train);
  return matrix.featureNames.flatMap((column, f) => {
    const { mean, deviation } = expected[f];
    const scale = split.scaler.scale[f];
    // a feature that is constant on the train rows has a scale by convention
    const isConstant = deviation <= Math.abs(mean) * TOLERANCE;
    const isMean = Math.abs(split.scaler.mean[f] - mean) <= TOLERANCE * (Math.abs(mean) + deviation);
    if (isMean && (isConstant || Math.abs(scale - deviation) <= TOLERANCE * deviation)) return [];
    const timeMs = series.openTimeMs[firstRowOutside(split)];
    return [
      {
        column,
        timeMs,
        message: `${split.name}: expected mean ${formatValue(mean)} and deviation ${formatValue(deviation)} of the train rows, was ${formatValue(split.scaler.mean[f])} and ${formatValue(scale)}: rows were used that are not train rows, perhaps from ${formatInstant(timeMs)} on`,
        hint: HINT,
      },
    ];
  });
}

/**
 * Mean and standard deviation (divisor n) of each feature, in one pass over values less the first one: another way than
 * the scaler's own. https://en.wikipedia.org/wiki/Algorithms_for_calculating_variance#Computing_shifted_data
 */
function measure({ matrix }: AuditedDataset, rows: Int32Array): { mean: number; deviation: number }[] {
  const { values } = matrix;
  const featureCount = matrix.featureNames.length;
  const shift = values.slice(rows[0] * featureCount, (rows[0] + 1) * featureCount);
  const sums = new Float64Array(featureCount);
  const squares = new Float64Array(featureCount);
  for (const row of rows) {
    for (let f = 0; f < featureCount; f++) {
      const value = values[row * featureCount + f] - shift[f];
      sums[f] += value;
      squares[f] += value * value;
    }
  }
  return Array.from(shift, (first, f) => {
    const mean = sums[f] / rows.length;
    return { mean: first + mean, deviation: Math.sqrt(Math.max(0, squares[f] / rows.length - mean * mean)) };
  });
}

/** The first row behind the first train row that is not one itself. */
function firstRowOutside({ train, validation, test }: AuditedSplit): number {
  const others = [...validation.subarray(0, 1), ...test.subarray(0, 1)];
  return others.length > 0 ? Math.min(...others) : train[train.length - 1];
}

/** Alters all candles behind the last train row and prepares again. */
function findDependence(split: AuditedSplit, { series, subject, seed }: AuditContext): Finding[] {
  const start = split.train[split.train.length - 1] + 1;
  if (start >= rowCountOf(series)) return [];
  const altered = subject.prepare(alterCandles(series, start, auditRandom(seed, 'scaler')));
  const again = altered.splits.find(({ name }) => name === split.name);
  const timeMs = series.openTimeMs[start];
  if (again === undefined || !areSameRows(split.train, again.train)) {
    return [
      {
        column: `${split.name}: train`,
        timeMs,
        message: `expected the same train rows whatever comes later, was another choice once the candles from ${formatInstant(timeMs)} on were altered`,
        hint: 'choose train rows by what is known up to the end of train',
      },
    ];
  }
  const numbers = (scaler: Scaler, f: number) => [scaler.mean[f], scaler.scale[f]];
  return split.scaler.featureNames.flatMap((column, f) => {
    const before = numbers(split.scaler, f);
    const after = numbers(again.scaler, f);
    if (before.every((value, i) => Object.is(value, after[i]))) return [];
    return [
      {
        column,
        timeMs,
        message: `${split.name}: expected mean ${formatValue(before[0])} and scale ${formatValue(before[1])} whatever comes later, was ${formatValue(after[0])} and ${formatValue(after[1])} once the candles from ${formatInstant(timeMs)} on were altered`,
        hint: HINT,
      },
    ];
  });
}

function areSameRows(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((row, i) => row === b[i]);
}
