/** Closed candles of Binance's spot market, page by page. */

import { distance } from 'fastest-levenshtein';
import { TradeAiError, throwIfAborted } from '../../core/errors.js';
import { type CandleSeries, rowCountOf, selectCandles } from '../../market/candle-series.js';
import { floorToInterval, INTERVAL_MS } from '../../market/interval.js';
import { findOffGridRows } from '../../market/quality.js';
import type { CandleRequest, CandleSource } from '../../pipeline/ports.js';
import { type BinanceClient, type BinanceClientOptions, createBinanceClient } from './client.js';
import { type KlinePage, parseKlines, parseTradingSymbols } from './parse.js';
import { BINANCE_URL, EXCHANGE_INFO_PATH, KLINES_PATH, MAX_KLINES_PER_PAGE } from './protocol.js';

export type BinanceSourceOptions = Partial<BinanceClientOptions>;

/** Further than this, a symbol is not a misspelling of another. */
const MISSPELLING_DISTANCE = 3;
const SUGGESTIONS = 3;

/**
 * A candle source over `GET /api/v3/klines`.
 *
 * A candle counts as closed when its last millisecond is before the server's time, read once before the first page:
 * the clock of this computer plays no part. Missing candles are absent rows, so a page may span months; the next page
 * starts one interval after the last open time.
 *
 * @example for await (const page of createBinanceSource().fetchCandles({ symbol: 'BTCUSDT', interval: '1h' })) …
 */
export function createBinanceSource({ baseUrl = BINANCE_URL, ...options }: BinanceSourceOptions = {}): CandleSource {
  const log = options.log ?? (() => {});
  return {
    name: 'binance',
    async *fetchCandles(request) {
      const client = createBinanceClient({ baseUrl, ...options });
      try {
        yield* fetchPages(client, request, log);
      } catch (error) {
        if (error instanceof TradeAiError && error.code === 'SYMBOL_UNKNOWN') {
          throw await unknownSymbol(client, request, error);
        }
        throw error;
      }
    },
  };
}

async function* fetchPages(
  client: BinanceClient,
  request: CandleRequest,
  log: (message: string) => void,
): AsyncGenerator<CandleSeries> {
  const { interval, toMs = Number.POSITIVE_INFINITY, signal, onProgress } = request;
  const lengthMs = INTERVAL_MS[interval];
  const serverTimeMs = await client.getServerTimeMs(signal);
  let cursorMs = Math.max(0, Math.ceil(request.fromMs ?? 0));
  let rowsDone = 0;
  let isEmptyConfirmed = false;
  while (cursorMs < toMs && cursorMs + lengthMs <= serverTimeMs) {
    throwIfAborted(signal);
    const page = await fetchPage(client, request, cursorMs);
    const rowCount = rowCountOf(page.series);
    if (rowCount === 0) {
      // Nothing more, or a hiccup: an empty page is believed when it comes twice.
      if (isEmptyConfirmed) return;
      isEmptyConfirmed = true;
      continue;
    }
    isEmptyConfirmed = false;
    const candles = selectUsable(page, serverTimeMs, toMs, log);
    // From the grid, for behind a candle that opened off it the next one comes sooner.
    cursorMs = floorToInterval(page.series.openTimeMs[rowCount - 1], interval) + lengthMs;
    if (rowCountOf(candles) === 0) continue;
    rowsDone += rowCountOf(candles);
    onProgress?.(rowsDone, candles.openTimeMs[rowCountOf(candles) - 1]);
    yield candles;
  }
}

async function fetchPage(client: BinanceClient, request: CandleRequest, cursorMs: number): Promise<KlinePage> {
  const { symbol, interval, toMs, signal } = request;
  const body = await client.getJson(
    KLINES_PATH,
    {
      symbol,
      interval,
      startTime: cursorMs,
      // The exchange's end is inclusive.
      ...(toMs === undefined ? {} : { endTime: Math.ceil(toMs) - 1 }),
      limit: MAX_KLINES_PER_PAGE,
    },
    signal,
  );
  const page = parseKlines(body, symbol, interval);
  if (rowCountOf(page.series) > 0 && page.series.openTimeMs[0] < cursorMs) {
    throw new TradeAiError(
      'EXCHANGE_RESPONSE_INVALID',
      `${client.host}: expected candles from ${new Date(cursorMs).toISOString()}, the first was of ` +
        `${new Date(page.series.openTimeMs[0]).toISOString()}`,
      { hint: 'try again later; a proxy may be repeating old answers' },
    );
  }
  return page;
}

/** The rows that are closed, before the end and on the grid. */
function selectUsable(
  { series, lastMs }: KlinePage,
  serverTimeMs: number,
  toMs: number,
  log: (message: string) => void,
): CandleSeries {
  const offGrid = new Set(findOffGridRows(series.openTimeMs, series.interval));
  if (offGrid.size > 0) {
    const [first] = offGrid;
    const since = new Date(series.openTimeMs[first]).toISOString();
    log(`candles left out because they are off the ${series.interval} grid: ${offGrid.size}, the first ${since}`);
  }
  const rows: number[] = [];
  for (let row = 0; row < rowCountOf(series); row++) {
    if (lastMs[row] < serverTimeMs && series.openTimeMs[row] < toMs && !offGrid.has(row)) rows.push(row);
  }
  return rows.length === rowCountOf(series) ? series : selectCandles(series, rows);
}

async function unknownSymbol(
  client: BinanceClient,
  request: CandleRequest,
  cause: TradeAiError,
): Promise<TradeAiError> {
  const { symbol, signal } = request;
  const similar = await findSimilarSymbols(client, symbol, signal);
  return new TradeAiError('SYMBOL_UNKNOWN', `Binance has no symbol ${JSON.stringify(symbol)}`, {
    hint: similar.length > 0 ? `did you mean ${similar.join(', ')}?` : 'symbols are written as BTCUSDT, in capitals',
    cause,
  });
}

/** The symbols nearest to a misspelled one; none when the exchange does not tell. */
async function findSimilarSymbols(client: BinanceClient, symbol: string, signal?: AbortSignal): Promise<string[]> {
  const wanted = symbol.toUpperCase().replace(/[^A-Z0-9]/g, '');
  try {
    const known = parseTradingSymbols(await client.getJson(EXCHANGE_INFO_PATH, {}, signal));
    return known
      .map((name) => ({ name, distance: distance(name, wanted) }))
      .filter((entry) => entry.distance <= MISSPELLING_DISTANCE)
      .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
      .slice(0, SUGGESTIONS)
      .map((entry) => entry.name);
  } catch (error) {
    if (error instanceof TradeAiError && error.code === 'INTERRUPTED') throw error;
    return [];
  }
}
