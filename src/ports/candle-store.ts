/** The candles that are kept. */

import type { Candle, CandleSeries } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';
import type { TimeRange } from '../market/time-range.js';

export interface StoredSeriesKey {
  readonly source: string;
  readonly symbol: string;
  readonly interval: Interval;
}

/** What is known of a series without reading its candles. */
export interface StoredSpan {
  readonly rowCount: number;
  readonly firstOpenTimeMs: number;
  readonly lastOpenTimeMs: number;
  readonly sizeBytes: number;
}

export interface StoredSeriesSummary extends StoredSeriesKey, StoredSpan {
  readonly problem: null;
}

/** A series that cannot be read: whoever names it gets the error, and nobody else. */
export interface BrokenSeries extends StoredSeriesKey, Record<Exclude<keyof StoredSpan, 'sizeBytes'>, null> {
  readonly sizeBytes: number;
  /** What is wrong, with the path. */
  readonly problem: string;
}

export type StoredSeriesEntry = StoredSeriesSummary | BrokenSeries;

/** A closed candle that came again with other values. */
export interface RevisedCandle {
  readonly was: Candle;
  readonly now: Candle;
}

export interface AppendResult {
  readonly addedRows: number;
  /** Rows that were there already and differ in the new series; the newer copy is kept. */
  readonly revisedRows: number;
  /** The first of the candles whose prices, volume or both were revised. */
  readonly revisions: readonly RevisedCandle[];
}

export interface AppendOptions {
  /**
   * Looks at what is stored over the time of the new candles and `JOINED_GAP_ROWS` candles around it, where anything is;
   * while it does nobody else writes, and when it throws everything is left as it was. What it returns is stored.
   */
  readonly inspect?: (stored: CandleSeries, incoming: CandleSeries) => CandleSeries;
}

/** Candles that open within [fromMs, toMs), of those the newest `limit`; all where one is absent. */
export interface StoredRange extends Partial<TimeRange> {
  readonly limit?: number;
}

/** Every array that comes out of a store is the caller's own. */
export interface CandleStore {
  /** The whole series, or `undefined` when there is none. */
  read(key: StoredSeriesKey): Promise<CandleSeries | undefined>;
  /** Costs what the range is long, not what the series is; `undefined` when there is no such series. */
  readRange(key: StoredSeriesKey, range: StoredRange): Promise<CandleSeries | undefined>;
  /** Reads no candle; `undefined` when there is no such series. */
  describe(key: StoredSeriesKey): Promise<StoredSpan | undefined>;
  /** Where candles are missing between the first and the last one, ascending. */
  findGaps(key: StoredSeriesKey): Promise<TimeRange[]>;
  /**
   * Merges by open time; idempotent; rows that cannot be candles are set aside. One that is killed leaves what was
   * stored and a part of the new rows that adjoins it.
   */
  append(source: string, series: CandleSeries, options?: AppendOptions): Promise<AppendResult>;
  /**
   * Removes a series with all that is kept beside it: rows set aside, gaps of its source. One that is killed leaves all of
   * it, or nothing that can be read. @returns whether there was one
   */
  remove(key: StoredSeriesKey): Promise<boolean>;
  /** Another text whenever the stored series is another, whoever changed it; `undefined` when there is none. */
  stamp(key: StoredSeriesKey): Promise<string | undefined>;
  /** By source, symbol and interval; one that is broken is an entry too. */
  list(): Promise<StoredSeriesEntry[]>;
  /** Where the source of a series was asked and has no candles, ascending; candles of others may be stored there. */
  readSourceGaps(key: StoredSeriesKey): Promise<TimeRange[]>;
  addSourceGaps(key: StoredSeriesKey, gaps: readonly TimeRange[]): Promise<void>;
}
