/**
 * What evaluation sees of a model, of a baseline and of the champion alike: a fitted forecaster, asked about rows of any
 * dataset.
 *
 * A forecast is the log return over the horizon that is expected at a row's close, in volatility units (see
 * dataset/target.ts). It is made from what is known at that close: rows behind it change nothing.
 *
 * Legend: B windows, W window rows, F features.
 */

import type { Dataset } from '../dataset/dataset.js';

export interface Forecaster {
  readonly name: string;
  /**
   * @param rows rows that can be predicted (see `canPredict`), in any order; each is forecast for itself
   * @returns shape `[rows.length]`, finite
   * @throws TradeAiError `MODEL_MISMATCH` when the dataset has other features than those fitted on
   */
  forecast(dataset: Dataset, rows: Int32Array, signal?: AbortSignal): Promise<Float64Array>;
}

/** A forecaster that asks for nothing but windows of features: what is stored and served. */
export interface WindowForecaster extends Forecaster {
  /** F names, in the order of a window's columns. */
  readonly featureNames: readonly string[];
  /** W. */
  readonly windowRows: number;
  /** The engine that computes it: the same engine gives the same bits anywhere. */
  readonly engine: string;
  /**
   * The windows as the model reads them, which is what the ledger keeps of a forecast.
   *
   * @param windows raw features, shape `[B, W, F]`, row-major
   * @returns the same shape
   */
  scaleWindows(windows: Float64Array): Float64Array;
  /**
   * Forecasts windows that stand by themselves; the bits are those of the same windows within a dataset.
   *
   * @param inputs as `scaleWindows` returns them
   * @returns shape `[B]`
   * @throws TradeAiError `FEATURE_INVALID` for a number that is not finite
   */
  forecastWindows(inputs: Float64Array, signal?: AbortSignal): Promise<Float64Array>;
  /**
   * The features of a row that lie outside what the model was trained on.
   *
   * @param features one row, raw, shape `[F]`
   * @returns their names, farthest first
   */
  findNovelFeatures(features: Float64Array): string[];
}
