/** What the use cases need from the world. Adapters in `sources` and `storage` implement these; `cli/compose.ts` picks. */

import type { CandleSeries } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';

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
  /** `binance`, `demo`, `file`, … the first folder below `data/candles/`. */
  readonly name: string;
  fetchCandles(request: CandleRequest): AsyncIterable<CandleSeries>;
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
