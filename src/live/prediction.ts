/** A score of a model as people and bots read it: the JSON of `predict --json` and of the served forecast. */

import { TradeAiError } from '../core/errors.js';
import { changeOfScore, TARGET_CLIP } from '../dataset/target.js';
import type { PredictionIntervalState } from '../forecast/conformal.js';
import { confidenceOf } from '../forecast/probability.js';
import { decideSignal, type SignalDecision } from '../forecast/signal.js';
import { INTERVAL_MS } from '../market/interval.js';
import { counted } from '../text/sentences.js';
import type { StoredModel } from '../versions/model-files.js';
import { LARGEST_QUANTITY } from '../wire/parts.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import { answerAt, expiryOf } from './freshness.js';

/** In volatilities. Targets are clipped to 5: what is so far beyond is no forecast but a broken network. */
const MAXIMUM_SCORE = 200 * TARGET_CLIP;

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
  /** What is to be known of the candles and columns it rests on, and which of that forbids to trade on it. */
  readonly warnings: readonly string[];
  readonly holdReasons: readonly string[];
}

export interface PredictionContext {
  readonly nowMs: number;
  /** What collecting the candles had to say. */
  readonly notices?: readonly string[];
  /** The interval as it has followed the outcomes since the training; the one of the training when absent. */
  readonly interval?: PredictionIntervalState;
  /** Why nothing may be traded on the model now, such as a drift; the signal is HOLD then. */
  readonly holdReason?: string;
}

/**
 * Puts a forecast into words and prices; one that is stale when it is made holds.
 *
 * @throws TradeAiError `MODEL_CORRUPT` for a model whose numbers are none
 */
export function describePrediction(
  { config, calibration, manifest }: Pick<StoredModel, 'config' | 'calibration' | 'manifest'>,
  forecast: CandleForecast,
  { nowMs, notices = [], interval = calibration.interval, holdReason }: PredictionContext,
): PredictionAnswer {
  const { asOfMs, lastClose, scaledChange, volatility, novelFeatures } = forecast;
  const predictedChange = changeOfScore(scaledChange, volatility);
  const predictedPrice = lastClose * (1 + predictedChange);
  const confidence = confidenceOf(calibration.confidence, scaledChange);
  const interval80 = [
    changeOfScore(scaledChange - interval.halfWidth, volatility),
    changeOfScore(scaledChange + interval.halfWidth, volatility),
  ] as const;
  refuseUnsound({ score: scaledChange, predictedChange, confidence, interval80 }, manifest);
  const decision = decideSignal(predictedChange, confidence, {
    costBpsPerSide: config.costBps,
    minimumConfidence: config.minConfidence,
  });
  const holdReasons = [...forecast.holdReasons];
  if (novelFeatures.length > 0) holdReasons.push(describeNovelty(novelFeatures));
  if (holdReason !== undefined) holdReasons.push(holdReason);
  const { signal, reasons } = holdBecause(decision, holdReasons);
  const intervalMs = INTERVAL_MS[config.interval];
  const warnings = [...forecast.warnings, ...notices];
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
    predictedPrice,
    signal,
    confidence,
    interval80,
    reasons: [
      ...reasons,
      `confidence is calibrated (${calibration.confidence.method}) on ${counted(calibration.confidence.rows, 'forecast')} out of sample`,
    ],
    warnings,
  };
  return answerAt(prediction, nowMs);
}

/** What a figure must be, or nothing is told, frozen or traded on it. */
const SOUND: Readonly<Record<string, { readonly isSound: (value: number) => boolean; readonly expected: string }>> = {
  score: {
    isSound: (score) => Math.abs(score) <= MAXIMUM_SCORE,
    expected: `at most ${MAXIMUM_SCORE} volatilities either way`,
  },
  confidence: { isSound: (confidence) => confidence >= 0.5 && confidence <= 1, expected: 'from 0.5 to 1' },
};
/** A price above 0 becomes one above 0. */
const SOUND_CHANGE = {
  isSound: (change: number) => change > -1 && change <= LARGEST_QUANTITY,
  expected: 'a finite change above −1',
};

function refuseUnsound(
  figures: Readonly<Record<string, number | readonly number[]>>,
  { name, version }: Pick<StoredModel['manifest'], 'name' | 'version'>,
): void {
  for (const [figure, value] of Object.entries(figures)) {
    const { isSound, expected } = SOUND[figure] ?? SOUND_CHANGE;
    if ([value].flat().every(isSound)) continue;
    throw new TradeAiError(
      'MODEL_CORRUPT',
      `${name} version ${version}: its forecast is refused: expected ${figure} ${expected}, was ${[value].flat().join(' to ')}`,
      {
        commandHint: `its weights or its calibration are of no use: go back with \`tradeai models rollback ${name}\`, or train again`,
      },
    );
  }
}

function describeNovelty(features: readonly string[]): string {
  return `the newest candle is unlike anything the model was trained on: ${features.join(', ')} out of range`;
}

/** Holds, whatever the forecast, where there is a reason to. */
function holdBecause(decision: SignalDecision, why: readonly string[]): SignalDecision {
  if (why.length === 0) return decision;
  return { signal: 'HOLD', reasons: decision.signal === 'HOLD' ? [...why, ...decision.reasons] : why };
}
