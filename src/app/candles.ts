/** The candle store, for programs. */

import { collectCandles } from '../candles/collect.js';
import { listUpdatable, updateAll, updateStore } from '../candles/update.js';
import { TradeAiError } from '../core/errors.js';
import { checkName, checkSourceName } from '../core/names.js';
import { DEFAULT_SOURCE, IMPORT } from '../market/candle-origin.js';
import { type CandleSeries, rowCountOf } from '../market/candle-series.js';
import { parseInterval } from '../market/interval.js';
import { IMPORT_LIMITS } from '../market/quality/import-faults.js';
import { checkSymbol, DEFAULT_INTERVAL, parseTime } from '../options/train-options.js';
import type { StoredSeriesEntry, StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';

/** Which candles: `interval` is 1h when absent, `source` the one that has them, else Binance. */
export interface CandleChoice {
  readonly symbol: string;
  readonly interval?: string;
  readonly source?: string;
}

/** A range [from, to): ISO dates (UTC) or epoch milliseconds. */
export interface CandleRange extends CandleChoice {
  readonly from?: string | number;
  readonly to?: string | number;
}

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** The rows that have come so far, and the open time of the newest. */
  readonly onFetch?: (rowsDone: number, lastOpenTimeMs: number) => void;
}

export interface CandleUpdate extends StoredSeriesKey {
  readonly addedRows: number;
  /** Rows that were there already and that the source has changed since. */
  readonly revisedRows: number;
}

export type CandleUpdateOutcome = CandleUpdate | (StoredSeriesKey & { readonly error: unknown });

export interface ImportOptions {
  /** From the file name when absent. */
  readonly symbol?: string;
  /** From the spacing of the rows when absent. */
  readonly interval?: string;
  /** Where the candles came from: `file` when absent. One with a source of that name can be updated later. */
  readonly source?: string;
}

export interface CandleImport extends CandleUpdate {
  readonly rowsRead: number;
  /** Rows of the series as it is stored now. */
  readonly rowCount: number;
  /** Rows that cannot be candles, kept beside the store. */
  readonly quarantinedRows: number;
  readonly notices: readonly string[];
}

/** The candles of a workspace. */
export interface CandleFunctions {
  /**
   * Fetches history, and what is new since the last time.
   *
   * @throws TradeAiError of the kind `exchange`; `SYMBOL_UNKNOWN`, `INTERRUPTED`
   */
  fetchCandles(range: CandleRange, options?: FetchOptions): Promise<CandleUpdate>;
  /** Brings what is stored up to the newest closed candle; what fails with one series does not stop the others. */
  updateCandles(choice?: Partial<CandleChoice>, options?: { signal?: AbortSignal }): Promise<CandleUpdateOutcome[]>;
  /**
   * Stores the candles of a CSV, JSON or Parquet file, packed by gzip or not.
   *
   * @throws TradeAiError of the kind `data`, `FILE_NOT_FOUND`
   */
  importCandles(path: string, options?: ImportOptions): Promise<CandleImport>;
  /** Everything that is stored; a series that cannot be read is told with its `problem`. */
  listCandles(): Promise<StoredSeriesEntry[]>;
  /** Stored candles as columns, oldest first; nothing is fetched. @throws TradeAiError `CANDLES_NOT_FOUND` */
  readCandles(range: CandleRange): Promise<CandleSeries>;
}

export function openCandleFunctions(ports: Ports): CandleFunctions {
  return {
    async fetchCandles({ symbol, interval = DEFAULT_INTERVAL, source = DEFAULT_SOURCE, from, to }, options = {}) {
      const key: StoredSeriesKey = {
        source: checkSourceName(source),
        symbol: checkSymbol(symbol),
        interval: parseInterval(interval),
      };
      const update = await updateStore(key, parseTime(from, 'from'), parseTime(to, 'to'), ports, options);
      return toCandleUpdate(key, update);
    },
    async updateCandles({ symbol, interval, source } = {}, { signal } = {}) {
      const keys = (await listUpdatable(ports)).filter(
        (key) =>
          (symbol === undefined || key.symbol === checkSymbol(symbol)) &&
          (interval === undefined || key.interval === parseInterval(interval)) &&
          (source === undefined || key.source === checkSourceName(source)),
      );
      if (keys.length === 0 && symbol !== undefined) {
        throw new TradeAiError('CANDLES_NOT_FOUND', `no candles of ${symbol} are stored that could be updated`, {
          hint: 'fetch them first with fetchCandles',
        });
      }
      const outcomes = await updateAll(keys, ports, { signal });
      return outcomes.map((outcome) =>
        'error' in outcome ? { ...outcome.key, error: outcome.error } : toCandleUpdate(outcome.key, outcome),
      );
    },
    async importCandles(path, { symbol, interval, source = IMPORT.name } = {}) {
      const { series, notices, faults } = await ports.readCandleFile(path, {
        limits: IMPORT_LIMITS,
        symbol: symbol === undefined ? undefined : checkSymbol(symbol),
        interval: interval === undefined ? undefined : parseInterval(interval),
      });
      const { addedRows, revisedRows } = await ports.store.append(checkName(source, 'source'), series);
      const key: StoredSeriesKey = { source, symbol: series.symbol, interval: series.interval };
      const rowCount = (await ports.store.describe(key))?.rowCount ?? 0;
      const quarantinedRows = await ports.quarantine.add(key, faults.rejected ?? []);
      return { ...key, rowsRead: rowCountOf(series), addedRows, revisedRows, rowCount, quarantinedRows, notices };
    },
    listCandles: () => ports.store.list(),
    async readCandles({ symbol, interval, source, from, to }) {
      const { series } = await collectCandles(
        { symbol: checkSymbol(symbol), interval, source, from, to, offline: true },
        ports,
      );
      return series;
    },
  };
}

function toCandleUpdate(
  { source, symbol, interval }: StoredSeriesKey,
  { addedRows, revisedRows }: Pick<CandleUpdate, 'addedRows' | 'revisedRows'>,
): CandleUpdate {
  return { source, symbol, interval, addedRows, revisedRows };
}
