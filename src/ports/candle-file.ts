/** Files of other programs: of candles, and of values with times. */

import type { TimedValues } from '../market/as-of-join.js';
import type { CandleSeries } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';
import type { FaultLimits, ImportFaults } from '../market/quality/import-faults.js';

export interface CandleFileOptions {
  readonly symbol?: string;
  readonly interval?: Interval;
  /** Zone of times that tell no offset, of the IANA database: `Europe/Berlin`. UTC when absent. */
  readonly timeZone?: string;
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

/**
 * What candles are written as for other programs.
 *
 * - `csv`: a header and a line a candle, `open_time` in UTC milliseconds, further columns by their names
 * - `json`: `[[open_time, open, high, low, close, volume], …]`, which is freqtrade's `json` and, packed, its `jsongz`
 * - `parquet`: as in the store
 * - `freqtrade-parquet`: freqtrade's `parquet`, whose time is `date`, a timestamp
 */
export const CANDLE_FILE_FORMATS = ['csv', 'json', 'parquet', 'freqtrade-parquet'] as const;
export type CandleFileFormat = (typeof CANDLE_FILE_FORMATS)[number];

export interface WriteCandleFileOptions {
  /** From the end of the name when absent. */
  readonly format?: CandleFileFormat;
  /** Whether a file that is there already is replaced. */
  readonly overwrite?: boolean;
}

export interface WrittenCandleFile {
  readonly format: CandleFileFormat;
  readonly sizeBytes: number;
  /** Further columns the format has no place for. */
  readonly columnsLeftOut: readonly string[];
}
