/** The forecast of the newest closed candle. */

import { TradeAiError } from '../core/errors.js';
import { buildDataset, canPredict, countWarmUpRows } from '../dataset/dataset.js';
import { changeOfScore } from '../dataset/target.js';
import { createLstmForecaster } from '../forecast/lstm-forecaster.js';
import { findNovelFeatures } from '../forecast/novelty.js';
import { confidenceOf } from '../forecast/probability.js';
import { decideSignal, type Signal, type SignalDecision } from '../forecast/signal.js';
import { closeTimeMs, rowCountOf } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import { type CollectHooks, collectCandles } from './collect.js';
import { decodeModel } from './model-files.js';
import type { Ports } from './ports.js';
import { datasetOptionsOf } from './prepare.js';
import type { EngineChoice } from './train-options.js';

export interface PredictOptions {
  /** Name of the model: the symbol, unless it was given another. */
  readonly name: string;
  /** A version other than the champion. */
  readonly version?: number;
  /** A file of candles; the newest row of it is predicted. */
  readonly data?: string;
  readonly source?: string;
  readonly offline: boolean;
  readonly engine?: EngineChoice;
}

/** The JSON of `predict --json`. */
export interface Prediction {
  readonly name: string;
  readonly symbol: string;
  readonly interval: string;
  readonly version: number;
  /** Close time of the last closed candle. */
  readonly asOfMs: number;
  readonly targetTimeMs: number;
  readonly lastClose: number;
  /** As a fraction: 0.012 = +1.2 %. */
  readonly predictedChange: number;
  readonly predictedPrice: number;
  readonly signal: Signal;
  /** Probability that the direction is right, 0.5 to 1. */
  readonly confidence: number;
  /** The change lies within with probability 80 %. */
  readonly interval80: readonly [number, number];
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

/** A forecast older than this many intervals is stale. */
const STALE_INTERVALS = 2;

/**
 * Predicts with the champion of a name, or the version asked for.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND` listing the names there are; `CANDLES_TOO_FEW`; and what collecting throws
 */
export async function predictNewest(
  options: PredictOptions,
  ports: Ports,
  hooks: CollectHooks = {},
): Promise<Prediction> {
  const { config, lstm, calibration, manifest } = decodeModel(await ports.registry.load(options.name, options.version));
  const collected = await collectCandles(
    {
      symbol: config.symbol,
      interval: config.interval,
      // A model that was trained on a file reads that file again, unless another place is named.
      data: options.data ?? (options.source === undefined ? config.data : undefined),
      source: options.source ?? config.source,
      // The same beginning as in training: indicators with a long memory then have the same bits.
      from: config.from,
      offline: options.offline,
    },
    ports,
    hooks,
  );
  const { series } = collected;
  const datasetOptions = datasetOptionsOf(config);
  const dataset = buildDataset(series, datasetOptions);
  const row = rowCountOf(series) - 1;
  if (!canPredict(dataset, row)) {
    const sinceGap = rowCountOf(series) - dataset.matrix.segmentStart[row];
    throw new TradeAiError(
      'CANDLES_TOO_FEW',
      `${config.symbol} ${config.interval}: ${countWarmUpRows(datasetOptions)} candles without a long gap are needed before a forecast, there are ${sinceGap}`,
      { hint: 'bring a longer history' },
    );
  }
  const engine = await ports.createEngine(options.engine ?? config.engine, config.threads);
  const [score] = await createLstmForecaster(engine, lstm, dataset).forecast(Int32Array.of(row), hooks.signal);
  const volatility = dataset.target.volatility[row];
  const predictedChange = changeOfScore(score, volatility);
  const confidence = confidenceOf(calibration.confidence, score);
  const decision = decideSignal(predictedChange, confidence, {
    costBpsPerSide: config.costBps,
    minimumConfidence: config.minConfidence,
  });
  const novel = findNovelFeatures(lstm.scaler, dataset.matrix, row);
  const { signal, reasons } = novel.length === 0 ? decision : holdNovel(decision, novel);
  const asOfMs = closeTimeMs(series, row);
  const intervalMs = INTERVAL_MS[config.interval];
  const warnings = [...collected.notices];
  const ageIntervals = (ports.now() - asOfMs) / intervalMs;
  if (ageIntervals > STALE_INTERVALS) {
    warnings.push(
      `the newest candle closed ${Math.floor(ageIntervals)} intervals ago: this forecast is about the past`,
    );
  }
  if (manifest.verdict !== 'skill') {
    warnings.push('this model has not demonstrated skill: its forecasts may be no better than no change');
  }
  return {
    name: config.name,
    symbol: config.symbol,
    interval: config.interval,
    version: manifest.version,
    asOfMs,
    targetTimeMs: asOfMs + config.horizon * intervalMs,
    lastClose: series.close[row],
    predictedChange,
    predictedPrice: series.close[row] * (1 + predictedChange),
    signal,
    confidence,
    interval80: [
      changeOfScore(score - calibration.interval.halfWidth, volatility),
      changeOfScore(score + calibration.interval.halfWidth, volatility),
    ],
    reasons: [
      ...reasons,
      `confidence is calibrated (${calibration.confidence.method}) on ${calibration.confidence.rows} forecasts out of sample`,
    ],
    warnings,
  };
}

/** Holds, whatever the forecast, where the newest candle is outside what the model was trained on. */
function holdNovel({ signal, reasons }: SignalDecision, features: readonly string[]): SignalDecision {
  const why = `the newest candle is unlike anything the model was trained on: ${features.join(', ')} out of range`;
  return { signal: 'HOLD', reasons: signal === 'HOLD' ? [why, ...reasons] : [why] };
}
