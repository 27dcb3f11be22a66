/** What `import … from 'tradeai'` gives. The client of the server is `tradeai/client`. */

import type { TrainOptionsInput } from '../options/train-options.js';
import type { TrainReport } from '../versions/train-report.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import type { PredictOptions, TrainingHooks } from './training.js';
import { openWorkspace, type WorkspaceOptions } from './workspace.js';

export type { DataReport, UnreadableReport } from '../candles/check-quality.js';
export type { ExportedCandles } from '../candles/export-candles.js';
export type { CandleImport } from '../candles/import-candles.js';
export type { PipelineAuditReport } from '../checks/audit.js';
export type { SelftestReport } from '../checks/selftest.js';
export { type ErrorCode, type ErrorKind, TradeAiError } from '../core/errors.js';
export type { DoctorReport } from '../doctor/report.js';
export type { LedgerEntry } from '../evaluation/ledger.js';
export {
  type CustomFeature,
  defineFeature,
  type FeatureCandle,
  type FeatureDefinition,
} from '../features/custom-feature.js';
export type { FeatureWindow } from '../features/feature-window.js';
export type { LedgerReplay, ModelLedgerPage } from '../live/read-ledger.js';
export type { CandleSeries } from '../market/candle-series.js';
export type { Interval } from '../market/interval.js';
export { defineConfig, type TradeAiConfig, type WorkspaceConfig } from '../options/config.js';
export type { Setting } from '../options/settings.js';
export type { TrainOptionsInput } from '../options/train-options.js';
export type { StoredSeriesEntry, StoredSeriesKey, StoredSeriesSummary } from '../ports/candle-store.js';
export type { ChampionPointer } from '../ports/registry.js';
export type { ModelManifest } from '../registry/manifest.js';
export type { RunOutcome as RetrainOutcome } from '../training/decide-run.js';
export type { Reproduction } from '../training/reproduce.js';
export type { ModelListing, PrunedModel, PruneResult } from '../versions/lifecycle.js';
export type { TrainReport } from '../versions/train-report.js';
export type { ImportedVersion } from '../versions/transfer.js';
export type { TrainingProgress } from '../wire/job.js';
export type { PredictionAnswer as Prediction } from '../wire/prediction.js';
export type { TrackRecordAnswer as TrackRecord } from '../wire/track-record.js';
export type { Signal } from '../wire/vocabulary.js';
export type {
  CandleChoice,
  CandleExportOptions,
  CandleFetchOutcome,
  CandleFileOutcome,
  CandleImportOptions,
  CandleRange,
  CandleRefresh,
  CandleUpdate,
  CandleUpdateOutcome,
  FetchOptions,
  ImportOptions,
  RemovableSeries,
  RemoveOptions,
  SeriesChoice,
  TimeSpan,
} from './candles.js';
export type { InitialisedWorkspace, InitOptions } from './init-workspace.js';
export type { LedgerPageOptions } from './ledger.js';
export type { ExportedModel, ModelDescription } from './models.js';
export type { FeatureListing, FeatureListings, WorkspaceSettings } from './settings.js';
export type {
  AgainOptions,
  ExaminationOptions,
  PredictOptions,
  RetrainingHooks,
  SelftestOptions,
  TrainingHooks,
} from './training.js';
export { openWorkspace, type Workspace, type WorkspaceOptions } from './workspace.js';

/**
 * Trains a model and publishes it: `openWorkspace(…).train(…)` in one call.
 *
 * @throws TradeAiError of every kind
 * @example const { verdict, promoted } = await train({ symbol: 'BTCUSDT', epochs: 50, home: 'btc' });
 */
export function train(
  options: Partial<TrainOptionsInput> & WorkspaceOptions,
  hooks?: TrainingHooks,
): Promise<TrainReport> {
  const { home, config, environment, onNote, ...rest } = options;
  return openWorkspace({ home, config, environment, onNote }).train(rest, hooks);
}

/**
 * Forecasts the candle after the newest closed one: `openWorkspace(…).predict(…)` in one call.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`, `CANDLES_TOO_FEW`; of the kind `exchange`
 * @example const { signal, predictedChange } = await predict({ symbol: 'BTCUSDT', home: 'btc' });
 */
export function predict(options: PredictOptions & WorkspaceOptions): Promise<PredictionAnswer> {
  const { home, config, environment, onNote, ...rest } = options;
  return openWorkspace({ home, config, environment, onNote }).predict(rest);
}
