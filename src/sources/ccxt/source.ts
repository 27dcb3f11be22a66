/** Closed candles of any exchange that ccxt knows, without keys. */

import { TradeAiError } from '../../core/errors.js';
import type { Candle } from '../../market/candle-series.js';
import { floorToInterval, INTERVAL_MS, type Interval } from '../../market/interval.js';
import type { CandleRequest, CandleSource } from '../../ports/candle-source.js';
import type { TakeNote } from '../../ports/note.js';
import { readCandles, toSeries } from './candle-page.js';
import { type CcxtAsk, type CcxtClient, type CcxtClientOptions, openCcxtClient } from './client.js';
import type { CcxtExchange, CcxtMarket } from './exchange.js';
import { findMarket } from './market-names.js';
import { type LongerCandles, walkCandles } from './paging.js';

/** Asked for where ccxt does not know the exchange's cap; the walk notices a lower one. */
const DEFAULT_PAGE_ROWS = 500;
/** No exchange has older candles. */
const FIRST_EXCHANGE_MS = Date.UTC(2010, 0, 1);
/** Longest first. */
const LONG_INTERVALS = ['1w', '1d', '1h'] as const;
const OTHER_HISTORY = 'use --source binance for older ones, or bring a file with `tradeai data import`';

/**
 * A candle source over ccxt (https://docs.ccxt.com), named `ccxt-<exchange>`. The package is loaded with the first
 * request. A candle counts as closed by the exchange's time where it tells it, else by this computer's.
 *
 * @example for await (const page of createCcxtSource({ exchangeId: 'kraken' }).fetchCandles({ symbol: 'BTC-USD', interval: '1h' })) …
 */
export function createCcxtSource(options: CcxtClientOptions): CandleSource {
  const { exchangeId, now = Date.now, log = () => {} } = options;
  let opening: Promise<CcxtClient> | undefined;
  const open = () => {
    opening ??= openCcxtClient(options).catch((error) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  // ccxt keeps the promise of its list of markets, also of one that failed.
  let mustReload = false;
  const loadMarkets = async (exchange: CcxtExchange) => {
    try {
      const markets = await exchange.loadMarkets(mustReload);
      mustReload = false;
      return Object.values(markets);
    } catch (error) {
      mustReload = true;
      throw error;
    }
  };
  return {
    name: `ccxt-${exchangeId}`,
    async *fetchCandles(request) {
      const client = await open();
      const { symbol, interval, signal, onProgress, onExchangeTime } = request;
      checkOffer(client.exchange, interval);
      const series = `${this.name} ${symbol} ${interval}`;
      const market = findMarket(
        symbol,
        await client.call(loadMarkets, { route: 'markets', series, signal }),
        exchangeId,
      );
      const exchangeTimeMs = await readExchangeTime(client, { series, signal });
      if (exchangeTimeMs !== undefined) onExchangeTime?.(exchangeTimeMs);
      const nowMs = exchangeTimeMs ?? now();
      let rowsDone = 0;
      for await (const candles of walkMarket(client, market, request, { nowMs, series, log })) {
        rowsDone += candles.length;
        onProgress?.(rowsDone, candles[candles.length - 1].openTimeMs);
        yield toSeries(candles, symbol, interval);
      }
    },
  };
}

/** @throws TradeAiError `INTERVAL_INVALID`, `EXCHANGE_REFUSED` for an exchange without candles */
function checkOffer({ id, has, timeframes = {} }: CcxtExchange, interval: Interval): void {
  if (has['fetchOHLCV'] !== true) {
    throw new TradeAiError('EXCHANGE_REFUSED', `expected an exchange that gives candles, ${id} does not`, {
      commandHint: 'use another exchange, or candles from a file with --data FILE',
    });
  }
  if (Object.hasOwn(timeframes, interval)) return;
  const offered = Object.keys(timeframes).filter((name) => Object.hasOwn(INTERVAL_MS, name));
  throw new TradeAiError('INTERVAL_INVALID', `${id} has no candles of ${interval}`, {
    hint: `use one of ${offered.join(' ')}`,
  });
}

/** UTC milliseconds; `undefined` from an exchange that does not tell its time. */
async function readExchangeTime(client: CcxtClient, ask: Omit<CcxtAsk, 'route'>): Promise<number | undefined> {
  if (client.exchange.has['fetchTime'] !== true) return undefined;
  const timeMs = await client.call((exchange) => exchange.fetchTime(), { route: 'time', ...ask });
  return typeof timeMs === 'number' && Number.isFinite(timeMs) ? timeMs : undefined;
}

async function* walkMarket(
  client: CcxtClient,
  market: CcxtMarket,
  { interval, fromMs = 0, toMs = Number.POSITIVE_INFINITY, signal }: CandleRequest,
  { nowMs, series, log }: { nowMs: number; series: string; log: TakeNote },
): AsyncGenerator<readonly Candle[]> {
  const { exchange } = client;
  const lengthMs = INTERVAL_MS[interval];
  const startMs = ceilToInterval(Math.max(fromMs, FIRST_EXCHANGE_MS), interval);
  const presentMs = floorToInterval(nowMs, interval);
  const endMs = Math.min(ceilToInterval(toMs, interval), presentMs);
  const readRows = (timeframe: Interval, sinceMs: number | undefined, limit: number) =>
    client.call(() => exchange.fetchOHLCV(market.symbol, timeframe, sinceMs, limit), {
      route: 'candles',
      series,
      signal,
    });

  async function readPage(sinceMs: number | undefined, limit: number): Promise<readonly Candle[]> {
    const candles = readCandles(await readRows(interval, sinceMs, limit), exchange.id);
    const isOffGrid = ({ openTimeMs }: Candle) => floorToInterval(openTimeMs, interval) !== openTimeMs;
    if (candles.length > 0 && candles.every(isOffGrid)) throw offGrid(exchange.id, interval, candles[0].openTimeMs);
    return sinceMs === undefined ? candles : candles.filter(({ openTimeMs }) => openTimeMs >= sinceMs);
  }

  let isNewestOnly = false;
  let nextMs = startMs;
  const pages = walkCandles({
    exchangeId: exchange.id,
    fromMs: startMs,
    endMs,
    presentMs,
    lengthMs,
    pageRows: exchange.features?.spot?.fetchOHLCV?.limit ?? DEFAULT_PAGE_ROWS,
    readPage,
    longer: describeLonger(exchange, interval, readRows),
    onNewestOnly: (rowCount) => {
      isNewestOnly = true;
      log(
        `${exchange.id} gives only its newest ${rowCount} candles of ${interval}, whatever is asked for; ${OTHER_HISTORY}`,
        { series },
      );
    },
  });
  for await (const page of pages) {
    const firstMs = page[0].openTimeMs;
    const isLate = nextMs === startMs && firstMs > startMs && (isNewestOnly || fromMs > 0);
    const note = `${exchange.id}: the candles of ${market.symbol} begin at ${new Date(firstMs).toISOString()}`;
    if (isLate) log(note, { series });
    nextMs = page[page.length - 1].openTimeMs + lengthMs;
    yield page;
  }
  if (isNewestOnly && nextMs === startMs) {
    throw new TradeAiError(
      'CANDLES_NOT_FOUND',
      `${exchange.id} has no candles of ${market.symbol} before ${new Date(endMs).toISOString()} any more`,
      { commandHint: OTHER_HISTORY },
    );
  }
}

/** Longer candles that the exchange has; their grid plays no part. */
function describeLonger(
  { id, timeframes = {} }: CcxtExchange,
  interval: Interval,
  readRows: (timeframe: Interval, sinceMs: number | undefined, limit: number) => Promise<unknown>,
): LongerCandles[] {
  const isOffered = (name: Interval) => Object.hasOwn(timeframes, name) && INTERVAL_MS[name] > INTERVAL_MS[interval];
  return LONG_INTERVALS.filter(isOffered).map((name) => ({
    lengthMs: INTERVAL_MS[name],
    readPage: async (sinceMs = 0, limit) => {
      const candles = readCandles(await readRows(name, sinceMs, limit), id);
      return candles.filter(({ openTimeMs }) => openTimeMs >= sinceMs);
    },
  }));
}

function ceilToInterval(timeMs: number, interval: Interval): number {
  if (timeMs === Number.POSITIVE_INFINITY) return timeMs;
  const floorMs = floorToInterval(timeMs, interval);
  return floorMs === timeMs ? timeMs : floorMs + INTERVAL_MS[interval];
}

function offGrid(id: string, interval: Interval, timeMs: number): TradeAiError {
  return new TradeAiError(
    'INTERVAL_INVALID',
    `expected ${interval} candles that open at whole intervals of UTC, those of ${id} open at ${new Date(timeMs).toISOString()}`,
    { hint: 'use a shorter interval' },
  );
}
