import { afterEach, expect, test } from 'vitest';
import { type Exchange, startExchange } from '../../../test/exchange/exchange.js';
import type { Fault } from '../../../test/exchange/faults.js';
import { klinesOf } from '../../../test/exchange/kline.js';
import { collectPages } from '../../../test/support/collect-pages.js';
import { rowCountOf } from '../../market/candle-series.js';
import { simulateMarket } from '../../market/simulated-market.js';
import { sleepFor } from '../http/attempts.js';
import { type BinanceSourceOptions, createBinanceSource } from './source.js';

const KLINES = '/api/v3/klines';
const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 0, 1);
const NOW_MS = FIRST_MS + 120.5 * HOUR_MS;

const options = {
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: 120,
  seed: 9,
  firstOpenTimeMs: FIRST_MS,
  plantedR2: 0,
} as const;
const market = simulateMarket(options).series;
const klines = { 'BTCUSDT 1h': klinesOf(market), 'BTCUSDC 1h': [], 'ETHUSDT 1h': [] };

let server: Exchange | undefined;
afterEach(() => server?.close());

async function start(faults: readonly (Fault | undefined)[] = [], path = KLINES): Promise<Exchange> {
  server = await startExchange({ klines, nowMs: NOW_MS });
  server.misbehave(path, faults);
  return server;
}

/** Fetches with recorded instead of real waits. */
async function fetchWith(
  url: string,
  extra: BinanceSourceOptions = {},
  request: { symbol?: string; signal?: AbortSignal } = {},
  startMs = NOW_MS,
) {
  const waitsMs: number[] = [];
  const messages: string[] = [];
  let waitedMs = 0;
  const sleep = async (ms: number) => {
    waitsMs.push(ms);
    waitedMs += ms;
  };
  const source = createBinanceSource({
    baseUrl: url,
    archiveUrl: url,
    now: () => startMs + waitedMs,
    sleep,
    log: (message) => messages.push(message),
    ...extra,
  });
  const outcome = await collectPages(source.fetchCandles({ symbol: 'BTCUSDT', interval: '1h', ...request })).then(
    (pages) => ({ rowCount: pages.reduce((sum, page) => sum + rowCountOf(page), 0), error: undefined }),
    (error) => ({ rowCount: 0, error }),
  );
  return { ...outcome, waitsMs, messages };
}

const status = (code: number, body: unknown, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status: code,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers,
});

const LIMIT = { code: -1003, msg: 'Too much request weight used; current limit is 6000 request weight per 1 MINUTE.' };
const BUSY = {
  code: -1008,
  msg: 'Server is currently overloaded with other requests. Please try again in a few minutes.',
};

test('429 waits as long as Retry-After says, then goes on', async () => {
  const { url, requests } = await start([status(429, LIMIT, { 'retry-after': '17' })]);
  const { rowCount, waitsMs, messages } = await fetchWith(url);
  expect(rowCount).toBe(120);
  expect(waitsMs).toEqual([17_000]);
  expect(messages[0]).toContain('Too much request weight used');
  expect(messages[1]).toContain('asks for a pause; resting 17 s');
  expect(requests).toHaveLength(3);
});

test('429 without Retry-After waits a minute, and again and again ends', async () => {
  const { url, requests } = await start(Array(9).fill(status(429, LIMIT)));
  const { error, waitsMs } = await fetchWith(url);
  expect(error).toMatchObject({ code: 'EXCHANGE_REFUSED', kind: 'exchange' });
  expect(error.message).toContain('Too much request weight used');
  expect(waitsMs).toEqual([60_000, 60_000, 60_000, 60_000]);
  expect(requests).toHaveLength(6);
});

test('429 that asks for hours ends at once and says how long', async () => {
  const { url } = await start([status(429, LIMIT, { 'retry-after': '7200' })]);
  const { error, waitsMs } = await fetchWith(url);
  expect(error).toMatchObject({ code: 'EXCHANGE_REFUSED', hint: expect.stringContaining('wait 7200 s') });
  expect(waitsMs).toEqual([]);
});

test('418 ends at once and says until when', async () => {
  const banned = {
    code: -1003,
    msg: 'Way too much request weight used; IP banned until 1702275878212. Please use WebSocket Streams.',
  };
  const stated = await start([status(418, banned)]);
  const { error } = await fetchWith(stated.url);
  expect(error).toMatchObject({ code: 'EXCHANGE_BANNED' });
  expect(error.message).toContain('has banned this address until 2023-12-11T06:24:38.212Z');
  expect(stated.requests).toHaveLength(2);
  await stated.close();
  const counted = await start([status(418, '', { 'retry-after': '120' })]);
  expect((await fetchWith(counted.url)).error.message).toContain(`until ${new Date(NOW_MS + 120_000).toISOString()}`);
});

test('451 says what to use instead', async () => {
  const restricted = { code: 0, msg: "Service unavailable from a restricted location according to 'b. Eligibility'." };
  const { url, requests } = await start([status(451, restricted)], '/api/v3/time');
  const { error } = await fetchWith(url);
  expect(error).toMatchObject({
    code: 'EXCHANGE_RESTRICTED',
    hint: 'use TRADEAI_BINANCE_URL=https://data-api.binance.vision, or candles from a file with --data FILE',
  });
  expect(requests).toHaveLength(1);
});

test('5xx, cut connections and cut bodies are tried again with growing waits', async () => {
  const faults: Fault[] = [status(503, BUSY), { kind: 'reset' }, { kind: 'truncated' }, status(500, '')];
  const { url } = await start(faults);
  const { rowCount, waitsMs } = await fetchWith(url);
  expect(rowCount).toBe(120);
  expect(waitsMs).toHaveLength(4);
  for (const [attempt, waitMs] of waitsMs.entries()) {
    expect(waitMs).toBeGreaterThanOrEqual(250 * 2 ** attempt);
    expect(waitMs).toBeLessThanOrEqual(750 * 2 ** attempt);
  }
});

test('5xx without end is given up', async () => {
  const { url, requests } = await start(Array(9).fill(status(503, BUSY)));
  const { error } = await fetchWith(url);
  expect(error).toMatchObject({ code: 'EXCHANGE_UNREACHABLE' });
  expect(error.message).toContain('answered 503: Server is currently overloaded');
  expect(requests).toHaveLength(6);
});

test('an exchange that does not answer is given up after its time', async () => {
  const { url, requests } = await start(Array(9).fill({ kind: 'silent' }));
  const { error } = await fetchWith(url, { timeoutMs: 500 });
  expect(error).toMatchObject({
    code: 'EXCHANGE_UNREACHABLE',
    message: expect.stringContaining('no answer within 0.5 s'),
  });
  expect(requests.filter(({ path }) => path.endsWith('/klines'))).toHaveLength(5);
});

test('no network is told with its reason', async () => {
  const { url, close } = await start();
  await close();
  const { error } = await fetchWith(url);
  expect(error).toMatchObject({ code: 'EXCHANGE_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') });
  expect(error.hint).toContain('--data FILE');
});

test.each([
  ['a firewall page', status(403, '<html><title>403 Forbidden</title></html>'), 'was status 403: <html><title>403'],
  ['a page of something else', status(200, '<html>Welcome to the hotel</html>'), 'was status 200: <html>Welcome'],
  ['cut JSON in a whole body', status(200, '[[1704067200000,"1'), 'was status 200: [[1704067200000'],
  ['nothing', status(200, ''), 'was status 200: '],
  ['not the candles', status(200, { candles: [] }), 'expected an array of klines, was {"candles":[]}'],
])('%s is refused and not tried again', async (_, fault, message) => {
  const { url, requests } = await start([fault]);
  const { error } = await fetchWith(url);
  expect(error).toMatchObject({ code: 'EXCHANGE_RESPONSE_INVALID', kind: 'exchange' });
  expect(error.message).toContain(message);
  expect(requests).toHaveLength(2);
});

test('another refusal keeps what the exchange says', async () => {
  const { url } = await start([status(400, { code: -1127, msg: 'Lookup interval is too big.' })]);
  const { error } = await fetchWith(url);
  expect(error).toMatchObject({
    code: 'EXCHANGE_REFUSED',
    message: expect.stringContaining('Lookup interval is too big. (-1127)'),
  });
});

test('an unknown symbol names similar ones', async () => {
  const { url } = await start();
  const { error } = await fetchWith(url, {}, { symbol: 'BTCUSTD' });
  expect(error).toMatchObject({
    code: 'SYMBOL_UNKNOWN',
    kind: 'not-found',
    message: 'Binance has no symbol "BTCUSTD"',
  });
  expect(error.hint).toBe('did you mean BTCUSDC, BTCUSDT?');
});

test('a symbol in small letters or with a slash is found again', async () => {
  const { url } = await start();
  for (const symbol of ['btcusdt', 'BTC/USDT']) {
    const { error } = await fetchWith(url, {}, { symbol });
    expect(error).toMatchObject({ code: 'SYMBOL_UNKNOWN', hint: expect.stringMatching(/^did you mean BTCUSDT/) });
  }
});

test('futures are not looked for among spot candles: nobody is asked', async () => {
  const { url } = await start();
  for (const symbol of ['BTCUSDT_PERP', 'BTCUSDT_240628', 'BTCUSDT_MARK']) {
    const { error } = await fetchWith(url, {}, { symbol });
    expect(error).toMatchObject({ code: 'SYMBOL_UNKNOWN', hint: expect.stringContaining('tradeai data import') });
  }
  expect(server?.requests).toEqual([]);
});

test('without a list of symbols the unknown symbol is told all the same', async () => {
  const { url } = await start([status(403, '<html>')], '/api/v3/exchangeInfo');
  const { error } = await fetchWith(url, {}, { symbol: 'BTCUSTD' });
  expect(error).toMatchObject({ code: 'SYMBOL_UNKNOWN', hint: expect.stringContaining('in capitals') });
});

test('rests until the next minute when four fifths of the request weight are used', async () => {
  // the exchange's minute is over when the second request comes
  const weightClock = () => ((server?.requests.length ?? 0) < 2 ? NOW_MS : NOW_MS + 60_000);
  server = await startExchange({ klines, nowMs: NOW_MS, weightClock });
  server.useWeight(4799);
  const { rowCount, waitsMs, messages } = await fetchWith(server.url, {}, {}, NOW_MS + 20_000);
  expect(rowCount).toBe(120);
  expect(waitsMs).toEqual([41_000]);
  expect(messages).toContain('4800 of 6000 request weight used; resting 41 s');
});

test('a clock that is far off is mentioned', async () => {
  const { url } = await start();
  const { messages } = await fetchWith(url, {}, {}, NOW_MS + 60_000);
  expect(messages).toEqual(["the clock of this computer is 60.0 s ahead of the exchange's; the exchange's is used"]);
});

test('an abort during a wait ends with INTERRUPTED and no further request', async () => {
  const { url, requests } = await start(Array(9).fill(status(503, BUSY)));
  const controller = new AbortController();
  const sleep = (ms: number, signal: AbortSignal | undefined) => {
    queueMicrotask(() => controller.abort());
    return sleepFor(ms, signal);
  };
  const source = createBinanceSource({ baseUrl: url, now: () => NOW_MS, sleep });
  const pages = source.fetchCandles({ symbol: 'BTCUSDT', interval: '1h', signal: controller.signal });
  await expect(collectPages(pages)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(requests).toHaveLength(2);
});

test('an abort during a request ends with INTERRUPTED', async () => {
  const { url, awaitRequests } = await start([{ kind: 'silent' }]);
  const controller = new AbortController();
  const isAsked = awaitRequests(1).then(() => controller.abort());
  const { error } = await fetchWith(url, {}, { signal: controller.signal });
  await isAsked;
  expect(error).toMatchObject({ code: 'INTERRUPTED' });
});

test('a base URL that is none is a usage error', async () => {
  const { error } = await fetchWith('api.binance.com');
  expect(error).toMatchObject({ code: 'USAGE', hint: 'correct TRADEAI_BINANCE_URL' });
});
