/** From candles to what a training needs: dataset, split, the rows of each part, and the scaler fitted on train rows. */

import { TradeAiError } from '../core/errors.js';
import { buildDataset, countWarmUpRows, type Dataset, type DatasetOptions, labelledRows } from '../dataset/dataset.js';
import { findConstantFeatures, fitScaler, type Scaler } from '../dataset/scaler.js';
import { planSplit, type Split } from '../dataset/split.js';
import { parseFeatures } from '../features/catalogue.js';
import type { CandleSeries } from '../market/candle-series.js';
import { findGaps, rowCountOf } from '../market/candle-series.js';
import type { TrainOptions } from './train-options.js';

export interface PreparedTraining {
  readonly dataset: Dataset;
  readonly split: Split;
  /** Labelled rows of each part. */
  readonly rows: { readonly train: Int32Array; readonly validation: Int32Array; readonly test: Int32Array };
  readonly scaler: Scaler;
  readonly warnings: readonly string[];
}

/** Fewer labelled rows than these are refused: neither a model nor a judgement could rest on them. */
const MINIMUM_ROWS = { train: 200, validation: 50, test: 50 } as const;

type PreparationOptions = Pick<
  TrainOptions,
  'features' | 'window' | 'horizon' | 'maxGap' | 'testShare' | 'validationShare'
>;

/** The dataset options of a training or of a stored model: one path for both. */
export function datasetOptionsOf({ features, window, horizon, maxGap }: PreparationOptions): DatasetOptions {
  return {
    features: parseFeatures(features),
    windowRows: window,
    horizonSteps: horizon,
    maximumGapRows: maxGap,
  };
}

/**
 * Prepares a training.
 *
 * @throws TradeAiError `CANDLES_TOO_FEW` saying how many candles are needed and how many there are
 */
export function prepareTraining(series: CandleSeries, options: PreparationOptions): PreparedTraining {
  const datasetOptions = datasetOptionsOf(options);
  checkCandleCount(series, options, countWarmUpRows(datasetOptions));
  const dataset = buildDataset(series, datasetOptions);
  const split = planSplit({
    rowCount: rowCountOf(series),
    horizonSteps: options.horizon,
    testShare: options.testShare,
    validationShare: options.validationShare,
  });
  const rows = {
    train: labelledRows(dataset, split.train),
    validation: labelledRows(dataset, split.validation),
    test: labelledRows(dataset, split.test),
  };
  for (const part of ['train', 'validation', 'test'] as const) {
    if (rows[part].length >= MINIMUM_ROWS[part]) continue;
    throw new TradeAiError(
      'CANDLES_TOO_FEW',
      `${nameOf(series)}: ${MINIMUM_ROWS[part]} ${part} rows with a whole window and an outcome are needed, there are ${rows[part].length} in ${rowCountOf(series)} candles with ${findGaps(series).length} gaps`,
      { hint: 'bring a longer history or one with fewer gaps, or raise --max-gap' },
    );
  }
  const constant = findConstantFeatures(dataset.matrix, rows.train);
  const warnings = constant.map((name) => `feature ${name} has one value only on the train rows: it teaches nothing`);
  const lostRows = countRowsLostToGaps(dataset, split, rows);
  if (lostRows > 0) warnings.push(`${lostRows} rows have no window or no outcome because of gaps, and were left out`);
  return { dataset, split, rows, scaler: fitScaler(dataset.matrix, rows.train), warnings };
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
    { hint: 'bring a longer history, or take a shorter --window or features with a shorter memory' },
  );
}

/** Rows of the three parts that are unusable although they stand behind the first warm-up of the series. */
function countRowsLostToGaps(dataset: Dataset, split: Split, rows: PreparedTraining['rows']): number {
  const firstUsable = rows.train[0];
  const horizon = dataset.target.horizonSteps;
  const expected =
    split.train.end -
    firstUsable +
    (split.validation.end - split.validation.start) +
    (split.test.end - horizon - split.test.start);
  return expected - rows.train.length - rows.validation.length - rows.test.length;
}

function nameOf({ symbol, interval }: CandleSeries): string {
  return `${symbol} ${interval}`;
}
