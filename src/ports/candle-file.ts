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
