/** The candles that are kept. */

import type { CandleSeries } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';
import type { TimeRange } from '../market/time-range.js';

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
