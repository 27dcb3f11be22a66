/** What the use cases need from the world. Adapters in `sources` and `storage` implement these; `cli/compose.ts` picks. */

import type { LedgerEntry, LedgerSettlement, RecordedForecast } from '../evaluation/ledger.js';
import type { CustomFeature } from '../features/custom-feature.js';
import type { LstmEngine } from '../lstm/engine.js';
import type { TimedValues } from '../market/as-of-join.js';
import type { CandleSeries } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';
import type { FaultLimits, ImportFaults, RejectedRow } from '../market/quality/import-faults.js';
import type { TimeRange } from '../market/time-range.js';
import type { EngineChoice } from '../options/train-options.js';
import type { WriteCandleFileOptions, WrittenCandleFile } from './candle-file.js';
import type { ModelRegistry, ModelVersion } from './registry.js';

export interface CandleRequest {
  readonly symbol: string;
  readonly interval: Interval;
  /** First open time wanted, inclusive; the start of history when absent. */
  readonly fromMs?: number;
  /** Open times stop before this; the present when absent. */
  readonly toMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (rowsDone: number, lastOpenTimeMs: number) => void;
  /** Told the exchange's time, UTC milliseconds, by a source that asks for it. */
  readonly onExchangeTime?: (timeMs: number) => void;
}

/** Closed candles from somewhere, oldest first. Pages arrive as they come, so that what came is not lost. */
export interface CandleSource {
  /** `binance`, `demo`, … the first folder below `data/candles/`. */
  readonly name: string;
  fetchCandles(request: CandleRequest): AsyncIterable<CandleSeries>;
  /** Tells that the candles of a series before `beforeMs` are stored: what was kept to go on after a kill may go. */
  forgetDownloads?(series: Pick<CandleSeries, 'symbol' | 'interval'>, beforeMs: number): Promise<void>;
}

export interface CandleFileOptions {
  readonly symbol?: string;
  readonly interval?: Interval;
  /** What is set aside and reported instead of refused; nothing beyond the strict limits when absent. */
  readonly limits?: FaultLimits;
}

/** What a file of candles held. */
export interface CandleFileContent {
  readonly series: CandleSeries;
  /** What was noticed and how it was treated: duplicates, disorder, columns left aside. */
  readonly notices: readonly string[];
  /** What cannot be seen in the series any more. */
  readonly faults: ImportFaults;
}

/** Which columns of a file of values are meant. */
export interface ColumnFileOptions {
  /** The column of times. */
  readonly time: string;
  /** The column of values. */
  readonly value: string;
}

/** What a file of values with times held: oldest first, every time once, every value a number. */
export interface ColumnFileContent {
  readonly records: TimedValues;
  /** What was noticed and how it was treated: duplicates, disorder, empty cells. */
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
  /** Another text whenever the stored series is another, whoever changed it; `undefined` when there is none. */
  stamp(key: StoredSeriesKey): Promise<string | undefined>;
  list(): Promise<StoredSeriesSummary[]>;
  /** Where the source of a series was asked and has no candles, ascending; candles of others may be stored there. */
  readSourceGaps(key: StoredSeriesKey): Promise<TimeRange[]>;
  addSourceGaps(key: StoredSeriesKey, gaps: readonly TimeRange[]): Promise<void>;
}

/** Rows that cannot be candles, kept beside the store and never used. */
export interface Quarantine {
  /** Adds rows at the end; one that is listed is not listed again. @returns how many were new */
  add(key: StoredSeriesKey, rows: readonly RejectedRow[]): Promise<number>;
  read(key: StoredSeriesKey): Promise<RejectedRow[]>;
}

/** Trainings that were stopped, one a model name. */
export interface CheckpointStore {
  save(name: string, bytes: Uint8Array): Promise<void>;
  load(name: string): Promise<Uint8Array | undefined>;
  remove(name: string): Promise<void>;
}

/** A part of a ledger. */
export interface LedgerQuery {
  readonly name: string;
  /** All versions when absent. */
  readonly version?: number;
  /** Only forecasts made before this time; all when absent. */
  readonly beforeMs?: number;
  /** Newest entries, at most; a candle whose versions do not all fit is left to the next page. */
  readonly limit: number;
}

export interface LedgerPage {
  /** Newest first. */
  readonly entries: readonly LedgerEntry[];
  /** The `beforeMs` of the next page; `null` on the last one. */
  readonly nextBeforeMs: number | null;
}

/** The served forecasts of every model, frozen. */
export interface ForecastLedger {
  /**
   * Freezes forecasts; resolves once they are on disk, whatever happens then. There is one forecast a model, version and
   * candle: what is there already is left as it is.
   *
   * @returns the entries as they stand, in the order given
   */
  append(forecasts: readonly RecordedForecast[]): Promise<LedgerEntry[]>;
  /** Adds what became of forecasts, once each; resolves once it is on disk. @returns their entries */
  settle(name: string, settlements: readonly LedgerSettlement[]): Promise<LedgerEntry[]>;
  /** The forecasts of which nothing has become yet, oldest first. */
  pending(name: string): Promise<LedgerEntry[]>;
  /** A page, newest first; only the months it lies in are read. */
  read(query: LedgerQuery): Promise<LedgerPage>;
  /** The forecasts of a page with their inputs. */
  recordings(query: LedgerQuery): Promise<RecordedForecast[]>;
}

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
