/** A score of a model as people and bots read it: the JSON of `predict --json` and of the served forecast. */

import { changeOfScore } from '../dataset/target.js';
import type { PredictionIntervalState } from '../forecast/conformal.js';
import { confidenceOf } from '../forecast/probability.js';
import { decideSignal, type SignalDecision } from '../forecast/signal.js';
import { INTERVAL_MS } from '../market/interval.js';
import { counted } from '../text/sentences.js';
import type { StoredModel } from '../versions/model-files.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import { answerAt, expiryOf } from './freshness.js';

export type { PredictionAnswer as Prediction };

/** What the model said at one candle. */
export interface CandleForecast {
  /** Close time of the candle. */
  readonly asOfMs: number;
  readonly lastClose: number;
  /** In volatility units. */
  readonly scaledChange: number;
  /** Of a return over the horizon. */
  readonly volatility: number;
  /** Features of the candle outside what the model was trained on, farthest first. */
  readonly novelFeatures: readonly string[];
}

export interface PredictionContext {
  readonly nowMs: number;
  /** What collecting the candles had to say; they become the first warnings. */
  readonly notices?: readonly string[];
  /** The interval as it has followed the outcomes since the training; the one of the training when absent. */
  readonly interval?: PredictionIntervalState;
  /** Why nothing may be traded on the model now, such as a drift; the signal is HOLD then. */
  readonly holdReason?: string;
}

/** Puts a forecast into words and prices; one that is stale when it is made holds. */
export function describePrediction(
  { config, calibration, manifest }: Pick<StoredModel, 'config' | 'calibration' | 'manifest'>,
  { asOfMs, lastClose, scaledChange, volatility, novelFeatures }: CandleForecast,
  { nowMs, notices = [], interval = calibration.interval, holdReason }: PredictionContext,
): PredictionAnswer {
  const predictedChange = changeOfScore(scaledChange, volatility);
  const confidence = confidenceOf(calibration.confidence, scaledChange);
  const decision = decideSignal(predictedChange, confidence, {
    costBpsPerSide: config.costBps,
    minimumConfidence: config.minConfidence,
  });
  const holdReasons = novelFeatures.length === 0 ? [] : [describeNovelty(novelFeatures)];
  if (holdReason !== undefined) holdReasons.push(holdReason);
  const { signal, reasons } = holdBecause(decision, holdReasons);
  const intervalMs = INTERVAL_MS[config.interval];
  const warnings = [...notices];
  if (manifest.verdict !== 'skill') {
    warnings.push('this model has not demonstrated skill: its forecasts may be no better than no change');
  }
  const prediction: PredictionAnswer = {
    name: config.name,
    symbol: config.symbol,
    interval: config.interval,
    version: manifest.version,
    asOfMs,
    targetTimeMs: asOfMs + config.horizon * intervalMs,
    expiresAtMs: expiryOf(asOfMs, config.interval),
    lastClose,
    predictedChange,
    predictedPrice: lastClose * (1 + predictedChange),
    signal,
    confidence,
    interval80: [
      changeOfScore(scaledChange - interval.halfWidth, volatility),
      changeOfScore(scaledChange + interval.halfWidth, volatility),
    ],
    reasons: [
      ...reasons,
      `confidence is calibrated (${calibration.confidence.method}) on ${counted(calibration.confidence.rows, 'forecast')} out of sample`,
    ],
    warnings,
  };
  return answerAt(prediction, nowMs);
}

function describeNovelty(features: readonly string[]): string {
  return `the newest candle is unlike anything the model was trained on: ${features.join(', ')} out of range`;
}

/** Holds, whatever the forecast, where there is a reason to. */
function holdBecause(decision: SignalDecision, why: readonly string[]): SignalDecision {
  if (why.length === 0) return decision;
  return { signal: 'HOLD', reasons: decision.signal === 'HOLD' ? [...why, ...decision.reasons] : why };
}
