/** What the use cases need from the world. Adapters in `sources` and `storage` implement these; `cli/compose.ts` picks. */

import type { LstmEngine } from '../lstm/engine.js';
import type { CandleSeries } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';
import type { ModelRegistry } from '../registry/registry.js';
import type { EngineChoice } from './train-options.js';

export interface CandleRequest {
  readonly symbol: string;
  readonly interval: Interval;
  /** First open time wanted, inclusive; the start of history when absent. */
  readonly fromMs?: number;
  /** Open times stop before this; the present when absent. */
  readonly toMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (rowsDone: number, lastOpenTimeMs: number) => void;
}

/** Closed candles from somewhere, oldest first. Pages arrive as they come, so that what came is not lost. */
export interface CandleSource {
  /** `binance`, `demo`, … the first folder below `data/candles/`. */
  readonly name: string;
  fetchCandles(request: CandleRequest): AsyncIterable<CandleSeries>;
}

export interface CandleFileOptions {
  readonly symbol?: string;
  readonly interval?: Interval;
}

/** What a file of candles held. */
export interface CandleFileContent {
  readonly series: CandleSeries;
  /** What was noticed and how it was treated: duplicates, disorder, columns left aside. */
  readonly notices: readonly string[];
}

export interface StoredSeriesKey {
  readonly source: string;
  readonly symbol: string;
  readonly interval: Interval;
}

export interface StoredSeriesSummary extends StoredSeriesKey {
  readonly rowCount: number;
  readonly firstOpenTimeMs: number;
  readonly lastOpenTimeMs: number;
  readonly sizeBytes: number;
}

export interface AppendResult {
  readonly addedRows: number;
  /** Rows that were there already and differ in the new series; the newer copy is kept. */
  readonly revisedRows: number;
  readonly rowCount: number;
}

export interface CandleStore {
  /** The whole series, or `undefined` when there is none. */
  read(key: StoredSeriesKey): Promise<CandleSeries | undefined>;
  /** Merges by open time; idempotent; atomic: a reader sees the old file or the new one. */
  append(source: string, series: CandleSeries): Promise<AppendResult>;
  list(): Promise<StoredSeriesSummary[]>;
}

/** Trainings that were stopped, one a model name. */
export interface CheckpointStore {
  save(name: string, bytes: Uint8Array): Promise<void>;
  load(name: string): Promise<Uint8Array | undefined>;
  remove(name: string): Promise<void>;
}

export interface Ports {
  /** UTC milliseconds. */
  now(): number;
  /** The program's version, for manifests. */
  readonly codeVersion: string;
  readonly store: CandleStore;
  readonly registry: ModelRegistry;
  readonly checkpoints: CheckpointStore;
  readCandleFile(path: string, options: CandleFileOptions): Promise<CandleFileContent>;
  /** @throws TradeAiError `USAGE` for a source there is none of */
  openSource(name: string): CandleSource;
  /** @param threads 0 for as many as there are cores */
  createEngine(choice: EngineChoice, threads: number): Promise<LstmEngine>;
}
