/** What `import … from 'tradeai'` gives. The client of the server is `tradeai/client`. */

import type { Prediction } from '../pipeline/predict.js';
import type { TrainOptionsInput } from '../pipeline/train-options.js';
import type { TrainReport } from '../pipeline/train-report.js';
import type { PredictOptions, TrainingHooks } from './training.js';
import { openWorkspace, type WorkspaceOptions } from './workspace.js';

export { type ErrorCode, type ErrorKind, TradeAiError } from '../core/errors.js';
export {
  type CustomFeature,
  defineFeature,
  type FeatureCandle,
  type FeatureDefinition,
} from '../features/custom-feature.js';
export type { FeatureWindow } from '../features/feature-window.js';
export type { Signal } from '../forecast/signal.js';
export type { CandleSeries } from '../market/candle-series.js';
export type { Interval } from '../market/interval.js';
export type { PipelineAuditReport } from '../pipeline/audit.js';
export { defineConfig, type TradeAiConfig } from '../pipeline/config.js';
export type { DoctorReport } from '../pipeline/doctor/report.js';
export type { PruneResult } from '../pipeline/lifecycle.js';
export type { StoredSeriesKey, StoredSeriesSummary } from '../pipeline/ports.js';
export type { Prediction } from '../pipeline/predict.js';
export type { Reproduction } from '../pipeline/reproduce.js';
export type { RetrainOutcome } from '../pipeline/retrain.js';
export type { TrainOptionsInput } from '../pipeline/train-options.js';
export type { TrainReport } from '../pipeline/train-report.js';
export type { TrainingProgress } from '../pipeline/training-progress.js';
export type { ImportedVersion } from '../pipeline/transfer.js';
export type { ModelManifest } from '../registry/manifest.js';
export type { ChampionPointer } from '../registry/registry.js';
export type {
  CandleChoice,
  CandleImport,
  CandleRange,
  CandleUpdate,
  CandleUpdateOutcome,
  FetchOptions,
  ImportOptions,
} from './candles.js';
export type { ModelDescription, ModelListing } from './models.js';
export type { AgainOptions, PredictOptions, RetrainingHooks, TrainingHooks } from './training.js';
export { openWorkspace, type Workspace, type WorkspaceOptions } from './workspace.js';

/**
 * Trains a model and publishes it: `openWorkspace(…).train(…)` in one call.
 *
 * @throws TradeAiError of every kind
 * @example const { verdict, promoted } = await train({ symbol: 'BTCUSDT', epochs: 50, home: 'btc' });
 */
export function train(options: TrainOptionsInput & WorkspaceOptions, hooks?: TrainingHooks): Promise<TrainReport> {
  const { home, config, environment, onNote, ...rest } = options;
  return openWorkspace({ home, config, environment, onNote }).train(rest, hooks);
}

/**
 * Forecasts the candle after the newest closed one: `openWorkspace(…).predict(…)` in one call.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`, `CANDLES_TOO_FEW`; of the kind `exchange`
 * @example const { signal, predictedChange } = await predict({ symbol: 'BTCUSDT', home: 'btc' });
 */
export function predict(options: PredictOptions & WorkspaceOptions): Promise<Prediction> {
  const { home, config, environment, onNote, ...rest } = options;
  return openWorkspace({ home, config, environment, onNote }).predict(rest);
}
