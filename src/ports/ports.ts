/** What the use cases need from the world, together. Adapters in `sources` and `storage` implement it; `app/compose.ts` picks. */

import type { CustomFeature } from '../features/custom-feature.js';
import type { LstmEngine } from '../lstm/engine.js';
import type { CandleSeries } from '../market/candle-series.js';
import type { EngineChoice } from '../options/train-options.js';
import type {
  CandleFileContent,
  CandleFileOptions,
  ColumnFileContent,
  ColumnFileOptions,
  WriteCandleFileOptions,
  WrittenCandleFile,
} from './candle-file.js';
import type { CandleSource } from './candle-source.js';
import type { CandleStore } from './candle-store.js';
import type { CheckpointStore } from './checkpoint-store.js';
import type { ForecastLedger } from './ledger.js';
import type { Quarantine } from './quarantine.js';
import type { ModelRegistry, ModelVersion } from './registry.js';

export interface Ports {
  /** UTC milliseconds. */
  now(): number;
  /** The program's version, for manifests. */
  readonly codeVersion: string;
  readonly store: CandleStore;
  readonly quarantine: Quarantine;
  readonly registry: ModelRegistry;
  readonly checkpoints: CheckpointStore;
  readonly ledger: ForecastLedger;
  readCandleFile(path: string, options: CandleFileOptions): Promise<CandleFileContent>;
  /** @throws TradeAiError `USAGE` when the file is there already and may not be replaced, `STORAGE_UNWRITABLE` */
  writeCandleFile(path: string, series: CandleSeries, options: WriteCandleFileOptions): Promise<WrittenCandleFile>;
  /** @param path from the workspace's folder on */
  readColumnFile(path: string, options: ColumnFileOptions): Promise<ColumnFileContent>;
  /** The custom features that the workspace defines now. */
  loadCustomFeatures(): Promise<readonly CustomFeature[]>;
  /** A version that was exported, checked against its manifest. @throws TradeAiError `FILE_NOT_FOUND`, `MODEL_CORRUPT` */
  readVersionArchive(path: string): Promise<ModelVersion>;
  writeVersionArchive(path: string, version: ModelVersion): Promise<void>;
  /** @throws TradeAiError `USAGE` for a source there is none of */
  openSource(name: string): CandleSource;
  /** @param threads 0 for as many as there are cores */
  createEngine(choice: EngineChoice, threads: number): Promise<LstmEngine>;
}
