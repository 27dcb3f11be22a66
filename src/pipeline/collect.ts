/** Where the candles of a training or a forecast come from: a file, or the store brought up to date from its source. */

import { createHash } from 'node:crypto';
import { TradeAiError } from '../core/errors.js';
import type { CandleSeries } from '../market/candle-series.js';
import { CANDLE_COLUMNS, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS, type Interval, parseInterval } from '../market/interval.js';
import type { Ports, StoredSeriesKey } from './ports.js';
import { DEFAULT_INTERVAL, parseTime } from './train-options.js';

export interface CollectOptions {
  readonly symbol: string;
  readonly interval?: string;
  /** A file; the store and its source are not used then. */
  readonly data?: string;
  readonly source?: string;
  readonly from?: string | number;
  readonly to?: string | number;
  /** Use what is stored, fetch nothing. */
  readonly offline: boolean;
}

export interface CollectHooks {
  readonly signal?: AbortSignal;
  /** The rows that have come so far, from the network. */
  readonly onFetch?: (rowsDone: number, lastOpenTimeMs: number) => void;
}

export interface Collected {
  readonly series: CandleSeries;
  readonly source: string;
  readonly notices: readonly string[];
}

/** Name of the source of candles that came from a file: there is nothing to fetch them from. */
export const FILE_SOURCE = 'file';
const DEFAULT_SOURCE = 'binance';
/** Closed candles fetched again with every update, because exchanges revise the newest ones. */
const REFETCHED_ROWS = 2;

/**
 * Collects the candles of one symbol, oldest first, within [from, to).
 *
 * @throws TradeAiError `CANDLES_NOT_FOUND` when there are none
 */
export async function collectCandles(
  options: CollectOptions,
  ports: Ports,
  hooks: CollectHooks = {},
): Promise<Collected> {
  const fromMs = parseTime(options.from, 'from');
  const toMs = parseTime(options.to, 'to');
  const collected =
    options.data !== undefined
      ? await collectFromFile(options, options.data, ports)
      : await collectFromStore(options, fromMs, toMs, ports, hooks);
  const series = cutCandles(collected.series, fromMs, toMs);
  if (rowCountOf(series) === 0) {
    throw new TradeAiError('CANDLES_NOT_FOUND', `${options.symbol}: no candles in the range asked for`, {
      hint: 'look at what is stored with `tradeai data list`, or widen --from and --to',
    });
  }
  return { ...collected, series };
}

/** SHA-256 over symbol, interval and the candle columns, so that the same candles have one hash wherever they came from. */
export function hashCandles(series: CandleSeries): string {
  const hash = createHash('sha256').update(`${series.symbol} ${series.interval} ${rowCountOf(series)}\n`);
  for (const name of CANDLE_COLUMNS) {
    const { buffer, byteOffset, byteLength } = series[name];
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

async function collectFromFile(options: CollectOptions, path: string, ports: Ports): Promise<Collected> {
  const interval = options.interval === undefined ? undefined : parseInterval(options.interval);
  const { series, notices } = await ports.readCandleFile(path, { symbol: options.symbol, interval });
  return { series, notices, source: FILE_SOURCE };
}

async function collectFromStore(
  options: CollectOptions,
  fromMs: number | undefined,
  toMs: number | undefined,
  ports: Ports,
  hooks: CollectHooks,
): Promise<Collected> {
  const interval = parseInterval(options.interval ?? DEFAULT_INTERVAL);
  const source = options.source ?? (await chooseSource(options.symbol, interval, ports));
  const key: StoredSeriesKey = { source, symbol: options.symbol, interval };
  if (!options.offline && source !== FILE_SOURCE) await updateStore(key, fromMs, toMs, ports, hooks);
  const series = await ports.store.read(key);
  if (series === undefined) {
    throw new TradeAiError(
      'CANDLES_NOT_FOUND',
      `no candles of ${options.symbol} ${interval} from ${source} are stored`,
      {
        hint: `fetch them with \`tradeai data fetch --symbol ${options.symbol}\`, or bring a file with --data FILE`,
      },
    );
  }
  return { series, source, notices: [] };
}

/** The source of the one stored series of this symbol, or the default exchange. */
async function chooseSource(symbol: string, interval: Interval, ports: Ports): Promise<string> {
  const stored = (await ports.store.list()).filter((entry) => entry.symbol === symbol && entry.interval === interval);
  return stored.length === 1 ? stored[0].source : DEFAULT_SOURCE;
}

/**
 * Fetches what is missing at both ends of the stored series, and its newest candles again; page by page into the store,
 * so that an interruption loses nothing.
 *
 * @returns rows added and rows that the source had revised
 */
export async function updateStore(
  key: StoredSeriesKey,
  fromMs: number | undefined,
  toMs: number | undefined,
  ports: Ports,
  { signal, onFetch }: CollectHooks = {},
): Promise<{ addedRows: number; revisedRows: number }> {
  const stored = await ports.store.read(key);
  const source = ports.openSource(key.source);
  const total = { addedRows: 0, revisedRows: 0 };
  const fetchRange = async (start: number | undefined, end: number | undefined) => {
    const request = {
      symbol: key.symbol,
      interval: key.interval,
      fromMs: start,
      toMs: end,
      signal,
      onProgress: onFetch,
    };
    for await (const page of source.fetchCandles(request)) {
      const { addedRows, revisedRows } = await ports.store.append(key.source, page);
      total.addedRows += addedRows;
      total.revisedRows += revisedRows;
    }
  };
  if (stored === undefined || rowCountOf(stored) === 0) {
    await fetchRange(fromMs, toMs);
    return total;
  }
  const firstMs = stored.openTimeMs[0];
  const lastMs = stored.openTimeMs[rowCountOf(stored) - 1];
  if (fromMs !== undefined && fromMs < firstMs) await fetchRange(fromMs, firstMs);
  const tailMs = lastMs - (REFETCHED_ROWS - 1) * INTERVAL_MS[key.interval];
  if (toMs === undefined || tailMs < toMs) await fetchRange(tailMs, toMs);
  return total;
}

function cutCandles(
  series: CandleSeries,
  fromMs = Number.NEGATIVE_INFINITY,
  toMs = Number.POSITIVE_INFINITY,
): CandleSeries {
  const start = series.openTimeMs.findIndex((timeMs) => timeMs >= fromMs);
  if (start === -1) return sliceCandles(series, 0, 0);
  const firstBeyond = series.openTimeMs.findIndex((timeMs) => timeMs >= toMs);
  return sliceCandles(series, start, firstBeyond === -1 ? rowCountOf(series) : firstBeyond);
}
