/** The candle store, for programs. */

import {
  checkCandleFile,
  checkStoredCandles,
  type DataReport,
  type UnreadableReport,
} from '../candles/check-quality.js';
import { collectCandles } from '../candles/collect.js';
import { type ExportedCandles, exportCandles } from '../candles/export-candles.js';
import { type FetchHistoriesHooks, type FetchOutcome, fetchHistories } from '../candles/fetch-histories.js';
import { type CandleImport, importCandles } from '../candles/import-candles.js';
import { type RemovableSeries, type RemoveOptions, removeCandles } from '../candles/remove-candles.js';
import { type SeriesSelection, selectUpdatable } from '../candles/series-selection.js';
import { type UpdateHooks, type UpdateOutcome, updateAll } from '../candles/update.js';
import { TradeAiError, throwIfAborted } from '../core/errors.js';
import { checkSourceName } from '../core/names.js';
import { checkTimeZone } from '../core/time-zone.js';
import { DEFAULT_SOURCE } from '../market/candle-origin.js';
import type { CandleSeries } from '../market/candle-series.js';
import { parseInterval } from '../market/interval.js';
import type { TimeRange } from '../market/time-range.js';
import type { WorkspaceConfig } from '../options/config.js';
import { DEFAULT_INTERVAL, emptyRange, parseTime } from '../options/train-options.js';
import type { CandleFileFormat } from '../ports/candle-file.js';
import type { RevisedCandle, StoredSeriesEntry, StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import { findStoredSymbols, symbolsToBring } from './spelling.js';

export type { RemovableSeries, RemoveOptions };

/** Which candles: `interval` is 1h when absent, `source` the one that has them, else Binance. */
export interface CandleChoice {
  readonly symbol: string;
  readonly interval?: string;
  readonly source?: string;
}

/** A part of time [from, to): ISO dates (UTC) or epoch milliseconds. */
export interface TimeSpan {
  readonly from?: string | number;
  readonly to?: string | number;
}

export interface CandleRange extends CandleChoice, TimeSpan {}

/** Which of the stored series; everything when nothing is said. */
export interface SeriesChoice {
  readonly symbol?: string;
  /** Several, in place of one. */
  readonly symbols?: readonly string[];
  readonly interval?: string;
  readonly source?: string;
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

/** What bringing a stored series up to date came to. */
export interface CandleRefresh extends CandleUpdate {
  readonly lastOpenTimeMs: number | null;
  /** This computer's clock minus the exchange's; `null` when the source does not tell its time. */
  readonly clockOffsetMs: number | null;
  /** The first of the revised candles. */
  readonly revisions: readonly RevisedCandle[];
}

type Failed = StoredSeriesKey & { readonly error: unknown };
export type CandleFetchOutcome = CandleUpdate | Failed;
export type CandleUpdateOutcome = CandleRefresh | Failed;

export interface ImportOptions {
  /** From the file name when absent. */
  readonly symbol?: string;
  /** From the spacing of the rows when absent. */
  readonly interval?: string;
  /** Zone of times that tell no offset, of the IANA database: `Europe/Berlin`. UTC when absent. */
  readonly timeZone?: string;
  /** Where the candles came from: `file` when absent. One with a source of that name can be updated later. */
  readonly source?: string;
}

/** What became of one of several files. */
export type CandleFileOutcome = { readonly file: string } & (CandleImport | { readonly error: unknown });

export interface CandleImportOptions extends ImportOptions {
  /** Stores the candles also where they contradict what is stored of their time. */
  readonly replace?: boolean;
}

export interface CandleExportOptions extends CandleRange {
  /** From the end of the name when absent. */
  readonly format?: CandleFileFormat;
  /** Whether a file that is there already is replaced. */
  readonly overwrite?: boolean;
}

/** The candles of a workspace. */
export interface CandleFunctions {
  /**
   * Fetches history, and what is new since the last time.
   *
   * @throws TradeAiError of the kind `exchange`; `USAGE`, `SYMBOL_UNKNOWN`, `INTERRUPTED`
   */
  fetchCandles(range: CandleRange, options?: FetchOptions): Promise<CandleUpdate>;
  /**
   * Fetches the histories of several series, those of the config where none are named; what fails with one does not stop
   * the others.
   *
   * @throws TradeAiError `USAGE` without a symbol anywhere, or for a range that holds no closed candle; `INTERRUPTED`
   */
  fetchAllCandles(choice?: SeriesChoice & TimeSpan, hooks?: FetchHistoriesHooks): Promise<CandleFetchOutcome[]>;
  /**
   * Brings what is stored up to the newest closed candle; what fails with one series does not stop the others.
   *
   * @throws TradeAiError `CANDLES_NOT_FOUND` for a symbol of which nothing is stored; `INTERRUPTED`
   */
  updateCandles(choice?: SeriesChoice, hooks?: UpdateHooks): Promise<CandleUpdateOutcome[]>;
  /**
   * Stores the candles of a CSV, JSON, Parquet or Feather file; texts may be packed by gzip.
   *
   * @throws TradeAiError of the kind `data`, `CANDLE_CONFLICT` where they contradict what is stored; `FILE_NOT_FOUND`
   */
  importCandles(path: string, options?: CandleImportOptions): Promise<CandleImport>;
  /**
   * The same of several files, one after the other in this order; what is wrong with one does not stop the others, a
   * signal leaves those that have not begun.
   */
  importAllCandles(
    paths: readonly string[],
    options?: CandleImportOptions,
    hooks?: { readonly signal?: AbortSignal },
  ): Promise<CandleFileOutcome[]>;
  /**
   * Writes stored candles to a file for other programs, made of shorter ones if need be; fetches nothing.
   *
   * @throws TradeAiError `CANDLES_NOT_FOUND`, `USAGE` when several sources have them or the file is there already
   */
  exportCandles(path: string, options: CandleExportOptions): Promise<ExportedCandles>;
  /**
   * Removes stored series with all that is kept beside them. A server that runs on the workspace has to be stopped first.
   *
   * @returns what was removed; nothing where `confirm` refused
   * @throws TradeAiError `CANDLES_NOT_FOUND`; `USAGE` without a symbol, and for what a model was trained on without
   *   `force`; `WORKSPACE_BUSY`
   */
  removeCandles(choice: SeriesChoice, options?: RemoveOptions): Promise<RemovableSeries[]>;
  /** Everything that is stored; a series that cannot be read is told with its `problem`. */
  listCandles(): Promise<StoredSeriesEntry[]>;
  /**
   * Says what is wrong, odd or missing in stored candles, and whether a training takes them; a report of each series, or,
   * of several, the `problem` of one that cannot be read.
   *
   * @throws TradeAiError `CANDLES_NOT_FOUND`, `STORAGE_UNREADABLE`
   */
  checkCandles(choice?: SeriesChoice): Promise<(DataReport | UnreadableReport)[]>;
  /**
   * The same of a file, however bad it is; with a `source`, what has changed since those candles were stored.
   *
   * @throws TradeAiError `FILE_NOT_FOUND`, `CANDLES_NOT_FOUND` where nothing is stored to compare it with
   */
  checkCandleFile(path: string, options?: ImportOptions): Promise<DataReport>;
  /** Stored candles as columns, oldest first; nothing is fetched. @throws TradeAiError `CANDLES_NOT_FOUND` */
  readCandles(range: CandleRange): Promise<CandleSeries>;
}

export interface CandlePlaces {
  readonly ports: Ports;
  readonly readConfig: () => Promise<WorkspaceConfig>;
  /** How the caller spells `from` and `to`, for messages. */
  readonly spell: (name: string) => string;
  /** @throws TradeAiError `WORKSPACE_BUSY` while a server runs on the workspace */
  readonly refuseWhileServed: () => Promise<void>;
}

export function openCandleFunctions({ ports, readConfig, spell, refuseWhileServed }: CandlePlaces): CandleFunctions {
  const fetchAllCandles: CandleFunctions['fetchAllCandles'] = async (choice = {}, hooks = {}) => {
    const range = readRange(choice, spell, ports.now());
    const keys = await seriesToFetch(choice, readConfig, ports);
    return (await fetchHistories(keys, range, ports, hooks)).map(toFetched);
  };
  return {
    fetchAllCandles,
    async fetchCandles({ interval = DEFAULT_INTERVAL, ...range }, { signal, onFetch } = {}) {
      const [outcome] = await fetchAllCandles(
        { ...range, interval },
        { signal, onFetch: onFetch && ((_key, rowsDone, lastOpenTimeMs) => onFetch(rowsDone, lastOpenTimeMs)) },
      );
      if ('error' in outcome) throw outcome.error;
      return outcome;
    },
    async updateCandles(choice = {}, hooks = {}) {
      const keys = await selectUpdatable(await readChoice(choice, ports), ports);
      return (await updateAll(keys, ports, hooks)).map(toRefreshed);
    },
    importCandles: async (path, { replace, ...options } = {}) =>
      importCandles(path, { ...(await readFileChoice(options, ports)), replace }, ports),
    async importAllCandles(paths, { replace, ...options } = {}, { signal } = {}) {
      const choice = { ...(await readFileChoice(options, ports)), replace };
      const outcomes: CandleFileOutcome[] = [];
      for (const file of paths) {
        try {
          throwIfAborted(signal);
          outcomes.push({ file, ...(await importCandles(file, choice, ports)) });
        } catch (error) {
          outcomes.push({ file, error });
        }
      }
      return outcomes;
    },
    async exportCandles(path, { symbol, interval = DEFAULT_INTERVAL, source, from, to, format, overwrite }) {
      const options = {
        symbol: (await findStoredSymbols([symbol], ports))[0],
        interval: parseInterval(interval),
        source: source === undefined ? undefined : checkSourceName(source),
        fromMs: parseTime(from, spell('from')),
        toMs: parseTime(to, spell('to')),
        format,
        overwrite,
      };
      return exportCandles(path, options, ports);
    },
    async removeCandles(choice, options = {}) {
      const selection = await readChoice(choice, ports);
      if (selection.symbols === undefined) {
        throw new TradeAiError('USAGE', 'expected the symbol of the candles to remove, was none');
      }
      await refuseWhileServed();
      return removeCandles(selection, options, ports);
    },
    listCandles: () => ports.store.list(),
    checkCandles: async (choice = {}) => checkStoredCandles(await readChoice(choice, ports), ports),
    checkCandleFile: async (path, { source, ...options } = {}) =>
      checkCandleFile(
        path,
        { ...(await readFileChoice(options, ports)), source: source && checkSourceName(source) },
        ports,
      ),
    async readCandles({ symbol, interval, source, from, to }) {
      const [stored] = await findStoredSymbols([symbol], ports);
      const { series } = await collectCandles({ symbol: stored, interval, source, from, to, offline: true }, ports);
      return series;
    },
  };
}

/**
 * The series named, else those of the workspace's config.
 *
 * @throws TradeAiError `USAGE` without a symbol anywhere
 */
async function seriesToFetch(
  choice: SeriesChoice,
  readConfig: () => Promise<WorkspaceConfig>,
  ports: Ports,
): Promise<StoredSeriesKey[]> {
  const config = await readConfig();
  const {
    symbols = config.symbols,
    interval,
    source = DEFAULT_SOURCE,
  } = await readChoice(choice, ports, { isToBring: true });
  if (symbols.length === 0) {
    throw new TradeAiError('USAGE', 'data fetch needs a symbol', {
      commandHint: 'for example `tradeai data fetch --symbol BTCUSDT`, or symbols in tradeai.config (`tradeai init`)',
    });
  }
  const listed = config.intervals.length > 0 ? config.intervals : [DEFAULT_INTERVAL];
  const intervals = interval === undefined ? listed : [interval];
  return symbols.flatMap((symbol) => intervals.map((each) => ({ source, symbol, interval: each })));
}

/** @throws TradeAiError `USAGE` for a range that holds no closed candle */
function readRange({ from, to }: TimeSpan, spell: (name: string) => string, nowMs: number): Partial<TimeRange> {
  const fromMs = parseTime(from, spell('from'));
  const toMs = parseTime(to, spell('to'));
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw emptyRange(spell('from'), fromMs, spell('to'), toMs);
  }
  if (fromMs !== undefined && fromMs > nowMs) {
    throw new TradeAiError(
      'USAGE',
      `${spell('from')}: expected a time in the past, was ${new Date(fromMs).toISOString()}`,
      { hint: 'candles are fetched once they have closed' },
    );
  }
  return { fromMs, toMs };
}

/**
 * @param isToBring whether the candles may have to be fetched, and need not be stored
 * @throws TradeAiError `INTERVAL_INVALID`, `NAME_INVALID`, `USAGE`
 */
async function readChoice(
  { symbol, symbols = symbol === undefined ? undefined : [symbol], interval, source }: SeriesChoice,
  ports: Ports,
  { isToBring = false } = {},
): Promise<SeriesSelection> {
  const find = isToBring ? () => symbolsToBring(symbols!, source, ports) : () => findStoredSymbols(symbols!, ports);
  return {
    symbols: symbols === undefined ? undefined : await find(),
    interval: interval === undefined ? undefined : parseInterval(interval),
    source: source === undefined ? undefined : checkSourceName(source),
  };
}

async function readFileChoice({ symbol, interval, timeZone, source }: ImportOptions, ports: Ports) {
  const [brought] = symbol === undefined ? [] : await symbolsToBring([symbol], source, ports);
  return {
    symbol: brought,
    interval: interval === undefined ? undefined : parseInterval(interval),
    timeZone: timeZone === undefined ? undefined : checkTimeZone(timeZone),
    source,
  };
}

function toFetched(outcome: FetchOutcome): CandleFetchOutcome {
  const { key } = outcome;
  if ('error' in outcome) return { ...key, error: outcome.error };
  return { ...key, addedRows: outcome.addedRows, revisedRows: outcome.revisedRows };
}

function toRefreshed(outcome: UpdateOutcome): CandleUpdateOutcome {
  if ('error' in outcome) return { ...outcome.key, error: outcome.error };
  const { key, addedRows, revisedRows, revisions, candles, clockOffsetMs } = outcome;
  const lastOpenTimeMs = candles.openTimeMs.at(-1) ?? null;
  return { ...key, addedRows, revisedRows, lastOpenTimeMs, clockOffsetMs, revisions };
}
