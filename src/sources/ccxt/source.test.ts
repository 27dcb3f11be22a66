import { afterEach, expect, test } from 'vitest';
import { type Exchange, startExchange } from '../../../test/exchange/exchange.js';
import { startKraken } from '../../../test/exchange/kraken.js';
import { startOkx } from '../../../test/exchange/okx.js';
import { reorderedRows, repeatedRows } from '../../../test/exchange/usual-faults.js';
import { type CandleSeries, rowCountOf, selectCandles } from '../../market/candle-series.js';
import { floorToInterval } from '../../market/interval.js';
import { simulateMarket } from '../../market/simulated-market.js';
import type { CandleRequest } from '../../ports/candle-source.js';
import type { CcxtClientOptions } from './client.js';
import { createCcxtSource } from './source.js';

const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 0, 1);
const KLINES = '/api/v3/klines';

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

function opened<Server extends { close(): Promise<void> }>(server: Server): Server {
  running.push(server);
  return server;
}

function simulate(rowCount: number, symbol = 'BTCUSDT'): CandleSeries {
  return simulateMarket({ symbol, interval: '1h', rowCount, seed: 4, firstOpenTimeMs: FIRST_MS, plantedR2: 0 }).series;
}

/** The weeks or days in which there are candles; only their times count. */
function longerOf(series: CandleSeries, interval: '1w' | '1d'): CandleSeries {
  const openOf = (timeMs: number) => floorToInterval(timeMs, interval);
  const times = [...series.openTimeMs];
  const rows = [...times.keys()].filter((row) => row === 0 || openOf(times[row]) !== openOf(times[row - 1]));
  const longer = selectCandles(series, rows);
  return { ...longer, interval, openTimeMs: longer.openTimeMs.map(openOf) };
}

/** Fetches with recorded instead of real waits. */
async function fetchWith(
  exchangeId: string,
  baseUrl: string,
  request: Partial<CandleRequest> = {},
  options: Partial<CcxtClientOptions> = {},
) {
  const waitsMs: number[] = [];
  const messages: string[] = [];
  const source = createCcxtSource({
    exchangeId,
    baseUrl,
    isThrottled: false,
    sleep: async (ms) => void waitsMs.push(ms),
    log: (message) => messages.push(message),
    ...options,
  });
  const pages: CandleSeries[] = [];
  let error: unknown;
  try {
    for await (const page of source.fetchCandles({ symbol: 'BTC-USDT', interval: '1h', ...request })) pages.push(page);
  } catch (thrown) {
    error = thrown;
  }
  return { pages, times: pages.flatMap((page) => [...page.openTimeMs]), error, waitsMs, messages };
}

const binance = async (series: CandleSeries = simulate(2300)): Promise<Exchange> =>
  opened(await startExchange({ series: [series] }));

test("ccxt's client pages through the whole history, without the open candle", async () => {
  const series = simulate(2300);
  const exchange = await binance(series);
  const { pages, times, error, messages } = await fetchWith('binance', exchange.url);
  expect(error).toBeUndefined();
  expect(pages.map(rowCountOf)).toEqual([1000, 1000, 300]);
  expect(times).toEqual([...series.openTimeMs]);
  for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
    expect(pages[2][name][299]).toBeCloseTo(series[name][2299], 8);
  }
  expect(pages[0]).toMatchObject({ symbol: 'BTC-USDT', interval: '1h', extras: {} });
  expect(messages).toEqual([]);
  expect(exchange.requests.map(({ path }) => path).sort()).toEqual([
    '/api/v3/exchangeInfo',
    KLINES,
    KLINES,
    KLINES,
    '/api/v3/time',
  ]);
});

test('fetches the half-open range asked for', async () => {
  const exchange = await binance();
  const range = { fromMs: FIRST_MS + 10.5 * HOUR_MS, toMs: FIRST_MS + 20.5 * HOUR_MS };
  const { times } = await fetchWith('binance', exchange.url, range);
  expect(times).toEqual(Array.from({ length: 10 }, (_, row) => FIRST_MS + (11 + row) * HOUR_MS));
});

test('a range that begins before the listing is told where the candles begin', async () => {
  const exchange = await binance();
  const range = { fromMs: Date.UTC(2017, 0, 1), toMs: FIRST_MS + 3 * HOUR_MS };
  const { times, messages } = await fetchWith('binance', exchange.url, range);
  expect(times).toHaveLength(3);
  expect(messages).toEqual(['binance: the candles of BTC/USDT begin at 2024-01-01T00:00:00.000Z']);
});

test("a candle is closed by the exchange's clock, not by this computer's", async () => {
  const exchange = await binance(simulate(50));
  exchange.setNow(FIRST_MS + 20 * HOUR_MS);
  const now = () => FIRST_MS + 40 * HOUR_MS;
  const { times } = await fetchWith('binance', exchange.url, {}, { now });
  expect(times.at(-1)).toBe(FIRST_MS + 19 * HOUR_MS);
  const told: number[] = [];
  await fetchWith('binance', exchange.url, { onExchangeTime: (timeMs) => told.push(timeMs) }, { now });
  expect(told).toEqual([exchange.nowMs]);
  exchange.closeNextCandle();
  const later = await fetchWith('binance', exchange.url, { fromMs: FIRST_MS + 19 * HOUR_MS }, { now });
  expect(later.times).toEqual([FIRST_MS + 19 * HOUR_MS, FIRST_MS + 20 * HOUR_MS]);
});

test.each(['BTCUSDT', 'BTC-USDT', 'BTC_USDT', 'BTC/USDT', 'btcusdt'])('%s is understood', async (symbol) => {
  const exchange = await binance(simulate(5));
  const { times, pages } = await fetchWith('binance', exchange.url, { symbol });
  expect(times).toHaveLength(5);
  expect(pages[0].symbol).toBe(symbol);
});

test('an unknown symbol names similar ones', async () => {
  const exchange = await binance(simulate(5));
  const { error } = await fetchWith('binance', exchange.url, { symbol: 'BTCUSD' });
  expect(error).toMatchObject({
    code: 'SYMBOL_UNKNOWN',
    message: 'binance has no spot market "BTCUSD"',
    hint: 'did you mean BTC-USDT?',
  });
});

test('an interval the exchange has not names those it has', async () => {
  const { error } = await fetchWith('kraken', 'http://127.0.0.1:1', { interval: '2h' });
  expect(error).toMatchObject({ code: 'INTERVAL_INVALID', hint: 'use one of 1m 5m 15m 30m 1h 4h 1d 1w' });
});

test('gaps are absent rows, however long', async () => {
  const kept = Array.from({ length: 2300 }, (_, row) => row).filter((row) => row < 300 || row >= 2000);
  const series = selectCandles(simulate(2300), kept);
  const { times } = await fetchWith('binance', (await binance(series)).url);
  expect(times).toEqual([...series.openTimeMs]);
});

test('a symbol that trades no more ends with its last candle', async () => {
  const exchange = await binance(simulate(300));
  exchange.setNow(FIRST_MS + 5000 * HOUR_MS);
  const { times, error } = await fetchWith('binance', exchange.url);
  expect(error).toBeUndefined();
  expect(times).toHaveLength(300);
  expect(exchange.requests.length).toBeLessThan(25);
});

test('partial, empty, repeated and reordered pages lose nothing and repeat nothing', async () => {
  const series = simulate(2300);
  const exchange = await binance(series);
  exchange.misbehave(KLINES, [
    reorderedRows(),
    { kind: 'page', maxRows: 300 },
    { kind: 'page', maxRows: 0 },
    repeatedRows(),
    { kind: 'page', startTime: FIRST_MS + 700 * HOUR_MS },
  ]);
  const { times, error } = await fetchWith('binance', exchange.url);
  expect(error).toBeUndefined();
  expect(times).toEqual([...series.openTimeMs]);
});

test('Kraken gives its newest 720 candles, whatever is asked for: that is told, and the walk ends', async () => {
  const series = simulate(3000, 'BTCUSD');
  const nowMs = FIRST_MS + 3000.5 * HOUR_MS;
  const kraken = opened(await startKraken({ series: [series], nowMs }));
  const { times, messages, error } = await fetchWith('kraken', kraken.url, { symbol: 'BTC-USD', fromMs: FIRST_MS });
  expect(error).toBeUndefined();
  // the open candle is one of the 720
  expect(times).toEqual([...series.openTimeMs.slice(-719)]);
  expect(messages).toEqual([
    'kraken gives only its newest 720 candles of 1h, whatever is asked for; use --source binance for older ones, or ' +
      'bring a file with `tradeai data import`',
    'kraken: the candles of BTC/USD begin at 2024-04-05T01:00:00.000Z',
  ]);
  expect(kraken.requests.filter(({ path }) => path.endsWith('/OHLC'))).toHaveLength(1);
});

test("Kraken's older history is refused with what to do", async () => {
  const kraken = opened(await startKraken({ series: [simulate(3000, 'BTCUSD')], nowMs: FIRST_MS + 3000.5 * HOUR_MS }));
  const range = { fromMs: FIRST_MS, toMs: FIRST_MS + 100 * HOUR_MS };
  const { times, error } = await fetchWith('kraken', kraken.url, { symbol: 'XXBTZUSD', ...range });
  expect(times).toEqual([]);
  expect(error).toMatchObject({ code: 'CANDLES_NOT_FOUND', hint: expect.stringContaining('--source binance') });
});

test('OKX gives windows of a hundred: the start is found, and no seam has a hole', async () => {
  const kept = Array.from({ length: 1000 }, (_, row) => row).filter((row) => row < 250 || row >= 700);
  const series = selectCandles(simulate(1000), kept);
  const nowMs = FIRST_MS + 1000.5 * HOUR_MS;
  const okx = opened(await startOkx({ series: [series, longerOf(series, '1w'), longerOf(series, '1d')], nowMs }));
  const { times, error } = await fetchWith('okx', okx.url);
  expect(error).toBeUndefined();
  expect(times).toEqual([...series.openTimeMs]);
  const candleRequests = okx.requests.filter(({ path }) => path.endsWith('candles'));
  // 14 years without candles before them are jumped over
  expect(candleRequests.length).toBeLessThan(30);
});

test('OKX without longer candles: the start is found by halving', async () => {
  const series = simulate(1000);
  const okx = opened(await startOkx({ series: [series], nowMs: FIRST_MS + 1000.5 * HOUR_MS }));
  const { times } = await fetchWith('okx', okx.url);
  expect(times).toEqual([...series.openTimeMs]);
  expect(okx.requests.length).toBeLessThan(60);
});

test('pages that do not advance end with an error, and what came before is kept', async () => {
  const series = simulate(1000);
  const okx = opened(await startOkx({ series: [series], nowMs: FIRST_MS + 1000.5 * HOUR_MS, isStuck: true }));
  const { times, error } = await fetchWith('okx', okx.url, { fromMs: FIRST_MS });
  expect(times).toEqual([...series.openTimeMs.slice(0, 100)]);
  expect(error).toMatchObject({
    code: 'EXCHANGE_RESPONSE_INVALID',
    message: expect.stringContaining('no candles from 2024-01-05T04:00:00.000Z on'),
  });
  expect(okx.requests.length).toBeLessThan(40);
});

test('an exchange without that symbol, and one that ccxt does not know, end clearly', async () => {
  const { error } = await fetchWith('krakn', 'http://127.0.0.1:1');
  expect(error).toMatchObject({ code: 'USAGE', hint: expect.stringContaining('ccxt:kraken') });
  for (const name of ['Exchange', '__proto__', '../kraken']) {
    expect((await fetchWith(name, 'http://127.0.0.1:1')).error).toMatchObject({ code: 'USAGE' });
  }
});

test('without the package the install command is told', async () => {
  const { error } = await fetchWith('kraken', 'http://127.0.0.1:1', {}, { packageName: 'ccxt-that-is-not-here' });
  expect(error).toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    hint: 'install it with `npm install ccxt --ignore-scripts`',
  });
});
