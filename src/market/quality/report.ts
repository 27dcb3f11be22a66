/** What is said of a series: the data report and its findings. */

import type { FindingSeverity } from '../../wire/vocabulary.js';
import type { Gap } from '../candle-series.js';
import type { EffectiveSpread } from '../effective-spread.js';
import type { Interval } from '../interval.js';
import type { TickSize } from '../tick-size.js';
import type { PriceJump } from './jumps.js';

export type { FindingSeverity };

export type FindingCode =
  | 'GAPS'
  | 'OUTAGE'
  | 'SUSPENSION'
  | 'NO_TRADE_GAPS'
  | 'DUPLICATES'
  | 'CONFLICTS'
  | 'PARTIAL_CANDLES'
  | 'UNCLOSED'
  | 'OFF_GRID'
  | 'OHLC_ERRORS'
  | 'BAD_LINES'
  | 'TIME_UNITS'
  | 'LOCAL_TIME'
  | 'VOLUME_UNITS'
  | 'ZERO_VOLUME'
  | 'FLAT_CANDLES'
  | 'JUMPS'
  | 'WICKS'
  | 'RELISTING'
  | 'REDENOMINATION'
  | 'COARSE_TICKS'
  | 'DEAD_MARKET'
  | 'CONSTANT_PRICE'
  | 'IMPLAUSIBLE'
  | 'MIXED_LENGTHS'
  | 'MIXED_MARKETS'
  | 'MIXED_CLOCKS'
  | 'REVISED'
  | 'CLOCK_OFFSET'
  | 'STALE';

export interface QualityFinding {
  readonly code: FindingCode;
  readonly severity: FindingSeverity;
  readonly message: string;
  /** Open times of the first candles concerned, at most 20. */
  readonly timesMs: readonly number[];
}

export interface QualityReport {
  readonly symbol: string;
  readonly interval: Interval;
  readonly rowCount: number;
  readonly firstOpenTimeMs: number | null;
  readonly lastOpenTimeMs: number | null;
  readonly gaps: {
    readonly count: number;
    readonly missingRows: number;
    /** Missing candles as a share of those there could be between the first and the last. */
    readonly missingShare: number;
    readonly longest: Gap | null;
    readonly list: readonly Gap[];
  };
  /** Candles that may have been filled in: no trades, four prices equal to the close before. */
  readonly filledRows: number;
  readonly filledShare: number;
  /** Known at import only, for a series cannot hold a time twice; `null` when not given. */
  readonly duplicateRows: number | null;
  /** Of a file, and of what was set aside when it was imported; `null` when there is none. */
  readonly conflictingTimes: number | null;
  /** Rows off the grid and rows that cannot be candles: in the series, and those set aside before they got there. */
  readonly offGridRows: number;
  readonly ohlcErrorRows: number;
  readonly zeroVolumeRows: number;
  readonly zeroVolumeShare: number;
  /** Candles whose four prices are equal. */
  readonly flatRows: number;
  readonly flatShare: number;
  /** The |log return| above which a move counts as a jump. */
  readonly jumpThreshold: number;
  readonly jumps: readonly PriceJump[];
  /** Jumps, flash wicks and breaks: candles concerned by any of them. */
  readonly outlierRows: number;
  /** The steps that the newest prices move in; `null` where they show none. */
  readonly tickSize: TickSize | null;
  /** What crossing the book costs, estimated from the newest candles; `null` where there are too few. */
  readonly effectiveSpread: EffectiveSpread | null;
  /** How many intervals ago the last candle closed. */
  readonly lastClosedAgeIntervals: number | null;
  /** This computer's clock minus the exchange's; `null` where it was not measured. */
  readonly clockOffsetMs: number | null;
  readonly findings: readonly QualityFinding[];
}
