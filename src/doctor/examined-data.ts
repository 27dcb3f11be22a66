/** The candles a model is examined on: those it was trained on, and those that came since. */

import {
  type Collected,
  type CollectHooks,
  type CollectOptions,
  collectCandles,
  hashCandles,
} from '../candles/collect.js';
import { TradeAiError } from '../core/errors.js';
import { buildDataset, type Dataset, labelledRows } from '../dataset/dataset.js';
import { applyScaler, fitScaler, type Scaler } from '../dataset/scaler.js';
import type { JoinedInput } from '../market/as-of-join.js';
import { type CandleSeries, firstRowAt, rowCountOf, sliceCandles } from '../market/candle-series.js';
import type { ImportFaults } from '../market/quality/import-faults.js';
import { inputsOf } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import { datasetOptionsOf, prepareTraining } from '../training/prepare.js';
import { stagesOf } from '../training/stages.js';
import type { ExaminedModel } from './examined-model.js';

export interface DataOptions {
  readonly data?: string;
  /** Zone of its times that tell no offset; that of the training when absent. */
  readonly timeZone?: string;
  readonly source?: string;
  readonly offline: boolean;
}

/** Rows of the dataset by what the model knows of them. All labelled. */
export interface ExaminedRows {
  /** The model knows these: its scaler is fitted on them, and its weights. */
  readonly train: Int32Array;
  /** Those of them that the losses of its report are about: all, but the newest part only after a warm start. */
  readonly fitted: Int32Array;
  /** Its training was stopped by these. */
  readonly validation: Int32Array;
  /** Later than everything the version has seen. */
  readonly newer: Int32Array;
  /** Out of the train rows, newest last. */
  readonly afterTrain: Int32Array;
}

export interface ExaminedData {
  readonly series: CandleSeries;
  readonly source: string;
  /** The file they came from; absent where the store has them. */
  readonly file: string | undefined;
  readonly notices: readonly string[];
  readonly faults: ImportFaults;
  /** What was joined to the candles for their features. */
  readonly inputs?: readonly JoinedInput[];
  readonly dataset: Dataset;
  /** Features as the model scales them, shape `[T, F]`. */
  readonly x: Float64Array;
  /** A scaler fitted anew on the train rows. */
  readonly refitted: Scaler;
  readonly rows: ExaminedRows;
  /** Whether the candles up to the end of the training have the hash of its manifest. */
  readonly isAsTrained: boolean;
}

export interface CollectedCandles extends Collected {
  /** The file they came from; absent where the store has them. */
  readonly file: string | undefined;
}

/** The candles, or why there are none. */
export type Collection = { readonly collected: CollectedCandles } | { readonly error: TradeAiError };

/**
 * Collects the candles of a model from where its training began. An exchange that cannot be reached leaves those that
 * are stored.
 *
 * @throws TradeAiError for what the caller got wrong, and `INTERRUPTED`
 */
export async function collectForModel(
  model: Pick<ExaminedModel, 'config' | 'manifest'>,
  options: DataOptions,
  ports: Ports,
  hooks: CollectHooks,
): Promise<Collection> {
  const { config, manifest } = model;
  const request: CollectOptions = {
    ...inputsOf(config),
    symbol: config.symbol,
    interval: config.interval,
    data: options.data ?? (options.source === undefined ? config.data : undefined),
    timeZone: options.timeZone ?? config.timeZone,
    source: options.source ?? config.source,
    from: manifest.data.firstOpenTimeMs,
    offline: options.offline,
  };
  try {
    return { collected: { ...(await collectCandles(request, ports, hooks)), file: request.data } };
  } catch (error) {
    if (!(error instanceof TradeAiError)) throw error;
    if (error.kind === 'exchange' && !options.offline) {
      const stored = await collectForModel(model, { ...options, offline: true }, ports, hooks);
      if ('error' in stored) return { error };
      const notices = [...stored.collected.notices, `the source was not reached: ${error.message}`];
      return { collected: { ...stored.collected, notices } };
    }
    // The features are the model's own; everything else that is wrong with the request is the caller's.
    if (error.code === 'FEATURE_UNKNOWN') return { error };
    const isOfCaller = options.data !== undefined || error.kind === 'usage' || error.kind === 'interrupted';
    if (isOfCaller) throw error;
    return { error };
  }
}

/**
 * Builds the dataset of the model and finds the rows of its training in it.
 *
 * @throws TradeAiError `FEATURE_UNKNOWN`, `FEATURE_INVALID`; `CANDLES_TOO_FEW` when the rows of the training are gone
 */
export function examineData(model: ExaminedModel, collected: CollectedCandles): ExaminedData {
  const { config, lstm, manifest } = model;
  const { series } = collected;
  const trainedRows = firstRowAt(series.openTimeMs, manifest.data.lastOpenTimeMs + 1);
  const trainedOn = sliceCandles(series, 0, trainedRows);
  const dataset = buildDataset(series, datasetOptionsOf(config));
  const { train, validation } =
    findWarmRows(model, dataset) ?? stagesOf(prepareTraining(trainedOn, config)).at(-1)!.rows;
  const end = rowCountOf(series);
  return {
    ...collected,
    dataset,
    x: applyScaler(lstm.scaler, dataset.matrix),
    refitted: fitScaler(dataset.matrix, train),
    rows: {
      train,
      fitted: train.slice(-(model.report?.training?.rows.train ?? train.length)),
      validation,
      newer: labelledRows(dataset, { start: trainedRows, end }),
      // labels of the train rows look this far
      afterTrain: labelledRows(dataset, { start: train[train.length - 1] + 1 + config.horizon, end }),
    },
    isAsTrained: hashCandles(trainedOn) === manifest.data.sha256,
  };
}

/**
 * The rows of a version that began as a warm start: they end before the rows it was judged on. It knows the rows of its
 * champion too.
 */
function findWarmRows(
  { config, report, forecasts }: ExaminedModel,
  dataset: Dataset,
): { train: Int32Array; validation: Int32Array } | undefined {
  const counts = report?.training?.rows;
  if (config.warmStartVersion === undefined || counts === undefined || forecasts === undefined) return undefined;
  const testStart = dataset.series.openTimeMs.indexOf(forecasts.openTimeMs[0]);
  if (testStart === -1) return undefined;
  const gapRows = 2 * config.horizon;
  const validation = labelledRows(dataset, { start: 0, end: testStart - gapRows }).slice(-counts.validation);
  return { train: labelledRows(dataset, { start: 0, end: validation[0] - gapRows }), validation };
}

/** At most `count` of the rows, evenly spread, the last one among them. */
export function thinRows(rows: Int32Array, count: number): Int32Array {
  if (rows.length <= count) return rows;
  return Int32Array.from({ length: count }, (_, i) => rows[Math.floor(((i + 1) * rows.length) / count) - 1]);
}
