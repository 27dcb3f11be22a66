/** From candles to what a training needs: the dataset, and for each fold its rows and the scaler fitted on its train rows. */

import { refuseConstantPrice } from '../candles/data-gate.js';
import { TradeAiError } from '../core/errors.js';
import { buildDataset, countWarmUpRows, type Dataset, type DatasetOptions, labelledRows } from '../dataset/dataset.js';
import { findConstantFeatures, fitScaler, type Scaler } from '../dataset/scaler.js';
import type { RowRange, Split } from '../dataset/split.js';
import { VOLATILITY_ROWS } from '../dataset/target.js';
import { planWalkForward } from '../dataset/walk-forward.js';
import { parseFeatures } from '../features/catalogue.js';
import type { CandleSeries } from '../market/candle-series.js';
import { findGaps, rowCountOf } from '../market/candle-series.js';
import { type Interval, parseInterval } from '../market/interval.js';
import {
  type DataOptions,
  DEFAULT_INTERVAL,
  type DeclaredInputs,
  type FeatureOptions,
  featureContextOf,
  type JudgingOptions,
} from '../options/train-options.js';
import { counted } from '../text/sentences.js';

/** One training of the walk-forward: its rows, and the scaler fitted on its train rows only. */
export interface PreparedFold {
  /** Labelled rows of each part; `test` is empty for the final refit. */
  readonly rows: { readonly train: Int32Array; readonly validation: Int32Array; readonly test: Int32Array };
  readonly scaler: Scaler;
}

export interface PreparedTraining {
  readonly dataset: Dataset;
  /** The folds that are judged, oldest first. */
  readonly folds: readonly PreparedFold[];
  /** The training on the newest rows, which serves; absent with `--folds 0`, where the judged model itself serves. */
  readonly finalRefit: PreparedFold | undefined;
  readonly warnings: readonly string[];
}

/** Fewer labelled rows than these are refused: neither a model nor a judgement could rest on them. */
const MINIMUM_ROWS = { train: 200, validation: 50, test: 50 } as const;

/** What the candles become is decided by these. */
type MatrixOptions = FeatureOptions & Pick<DataOptions, 'interval'> & DeclaredInputs;
type PreparationOptions = MatrixOptions & Pick<JudgingOptions, 'testShare' | 'validationShare' | 'folds' | 'rolling'>;

/**
 * The dataset options of a training or of a stored model: one path for both.
 *
 * @param interval of the candles, where the options do not say
 */
export function datasetOptionsOf(
  options: MatrixOptions,
  interval: Interval = parseInterval(options.interval ?? DEFAULT_INTERVAL),
): DatasetOptions {
  const { features, window, horizon, maxGap } = options;
  return {
    features: parseFeatures(features, featureContextOf(options, interval)),
    windowRows: window,
    horizonSteps: horizon,
    maximumGapRows: maxGap,
  };
}

/**
 * Prepares a training.
 *
 * @throws TradeAiError `CANDLES_TOO_FEW` saying how many candles are needed and how many there are; `DATA_REFUSED` for a
 *   price that never moves
 */
export function prepareTraining(series: CandleSeries, options: PreparationOptions): PreparedTraining {
  refuseConstantPrice(series);
  const datasetOptions = datasetOptionsOf(options, series.interval);
  checkCandleCount(series, options, countWarmUpRows(datasetOptions));
  checkFoldCount(series, options);
  const dataset = buildDataset(series, datasetOptions);
  const { horizon, testShare, validationShare } = options;
  const rowCount = rowCountOf(series);
  const splits = planWalkForward({
    rowCount,
    horizonSteps: horizon,
    testShare,
    validationShare,
    folds: options.folds,
    rolling: options.rolling,
  });
  const folds = splits.map((split) => prepareFold(dataset, split));
  const finalRefit =
    options.folds === 0 ? undefined : prepareFold(dataset, planFinalRefit(rowCount, horizon, validationShare));
  const constant = findConstantFeatures(dataset.matrix, folds[0].rows.train);
  const warnings = constant.map((name) => `feature ${name} has one value only on the train rows: it teaches nothing`);
  const absences = describeAbsences(dataset, datasetOptions);
  warnings.push(...absences);
  const { lostRows, stillRows } = countUnusableRows(dataset);
  if (stillRows > 0) warnings.push(`${describeStillRows(stillRows)}, and were left out`);
  const why = absences.length === 0 ? 'gaps' : 'gaps or values that are absent';
  if (lostRows > 0) warnings.push(`${lostRows} rows have no window or no outcome because of ${why}, and were left out`);
  return { dataset, folds, finalRefit, warnings };
}

function prepareFold(dataset: Dataset, split: Split): PreparedFold {
  const rows = {
    train: labelledRows(dataset, split.train),
    validation: labelledRows(dataset, split.validation),
    test: labelledRows(dataset, split.test),
  };
  for (const part of ['train', 'validation', 'test'] as const) {
    const isWanted = split[part].end > split[part].start;
    if (!isWanted || rows[part].length >= MINIMUM_ROWS[part]) continue;
    const stillRows = countStillRows(dataset, split[part]);
    if (stillRows >= MINIMUM_ROWS[part]) {
      throw new TradeAiError(
        'CANDLES_TOO_FEW',
        `${nameOf(dataset.series)}: ${MINIMUM_ROWS[part]} ${part} rows with an outcome are needed, there are ${rows[part].length}: ${describeStillRows(stillRows)}`,
        {
          commandHint:
            'leave out the time in which the price stands still with --from and --to: `tradeai data check` tells when that is',
        },
      );
    }
    throw new TradeAiError(
      'CANDLES_TOO_FEW',
      `${nameOf(dataset.series)}: ${MINIMUM_ROWS[part]} ${part} rows with a whole window and an outcome are needed, there are ${rows[part].length} in ${rowCountOf(dataset.series)} candles with ${findGaps(dataset.series).length} gaps`,
      { commandHint: 'bring a longer history or one with fewer gaps, take fewer --folds, or raise --max-gap' },
    );
  }
  return { rows, scaler: fitScaler(dataset.matrix, rows.train) };
}

/** The newest share of the rows stops the final refit early; nothing is left to judge it on. */
function planFinalRefit(rowCount: number, horizonSteps: number, validationShare: number): Split {
  const validationStart = rowCount - Math.round(rowCount * validationShare);
  return {
    train: { start: 0, end: validationStart - 2 * horizonSteps },
    validation: { start: validationStart, end: rowCount },
    test: { start: rowCount, end: rowCount },
  };
}

function checkCandleCount(series: CandleSeries, options: PreparationOptions, warmUpRows: number): void {
  const { horizon, testShare, validationShare } = options;
  const needed = Math.max(
    Math.ceil((MINIMUM_ROWS.test + horizon) / testShare),
    Math.ceil((MINIMUM_ROWS.validation + 3 * horizon) / validationShare),
    Math.ceil((MINIMUM_ROWS.train + warmUpRows + 3 * horizon) / (1 - testShare - validationShare)),
  );
  if (rowCountOf(series) >= needed) return;
  throw new TradeAiError(
    'CANDLES_TOO_FEW',
    `${nameOf(series)}: ${needed} candles are needed (window ${options.window}, features warm after ${warmUpRows - options.window + 1}, horizon ${horizon}), there are ${rowCountOf(series)}`,
    { commandHint: 'bring a longer history, or take a shorter --window or features with a shorter memory' },
  );
}

/** Features that look at further columns, with the candles at which these have nothing for them. */
function describeAbsences({ matrix, series }: Dataset, { features }: DatasetOptions): string[] {
  return features.flatMap(({ name, extraNames, warmUpRows }, f) => {
    if (extraNames === undefined) return [];
    let absentRows = 0;
    for (let row = 0; row < matrix.rowCount; row++) {
      const isWarm = row - matrix.segmentStart[row] + 1 >= warmUpRows;
      if (isWarm && Number.isNaN(matrix.values[row * features.length + f])) absentRows += 1;
    }
    return absentRows === 0 ? [] : [`${name} has no value at ${absentRows} of ${rowCountOf(series)} candles`];
  });
}

/** Rows behind the first usable one that have no outcome because the price stands still, or no whole window or no outcome. */
function countUnusableRows(dataset: Dataset): { lostRows: number; stillRows: number } {
  const rowCount = rowCountOf(dataset.series);
  const usable = labelledRows(dataset, { start: 0, end: rowCount });
  const behind = { start: usable[0], end: rowCount - dataset.target.horizonSteps };
  const stillRows = countStillRows(dataset, behind);
  return { stillRows, lostRows: behind.end - behind.start - usable.length - stillRows };
}

/** Rows whose return nothing measures: in all the candles that volatility is measured on, the price did not move. */
function countStillRows({ matrix, target }: Dataset, { start, end }: RowRange): number {
  let stillRows = 0;
  for (let row = start; row < end; row++) {
    if (row - matrix.segmentStart[row] >= VOLATILITY_ROWS && Number.isNaN(target.volatility[row])) stillRows += 1;
  }
  return stillRows;
}

function describeStillRows(stillRows: number): string {
  return `${counted(stillRows, 'row')} have no outcome because the price had not moved for ${VOLATILITY_ROWS} candles`;
}

/** Every fold must be long enough to be judged by itself. */
function checkFoldCount(series: CandleSeries, { folds, testShare }: PreparationOptions): void {
  const testRows = Math.round(rowCountOf(series) * testShare);
  const fitting = Math.floor(testRows / MINIMUM_ROWS.test);
  if (folds <= Math.max(1, fitting)) return;
  throw new TradeAiError(
    'CANDLES_TOO_FEW',
    `${nameOf(series)}: ${folds} folds need ${folds * MINIMUM_ROWS.test} test rows, there are ${testRows}; ${fitting} folds fit`,
    { commandHint: `take --folds ${fitting}, a larger --test-share, or bring a longer history` },
  );
}

function nameOf({ symbol, interval }: CandleSeries): string {
  return `${symbol} ${interval}`;
}
