import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { type Exchange, startExchange } from '../../../test/exchange/exchange.js';
import type { Fault } from '../../../test/exchange/faults.js';
import { startKraken } from '../../../test/exchange/kraken.js';
import {
  banned,
  firewallPage,
  overloaded,
  restrictedLocation,
  tooManyRequests,
} from '../../../test/exchange/usual-faults.js';
import { collectPages } from '../../../test/support/collect-pages.js';
import { rowCountOf } from '../../market/candle-series.js';
import { simulateMarket } from '../../market/simulated-market.js';
import { sleepFor } from '../http/attempts.js';
import type { CcxtClientOptions } from './client.js';
import { createCcxtSource } from './source.js';

const KLINES = '/api/v3/klines';
const FIRST_MS = Date.UTC(2024, 0, 1);
const NOW_MS = FIRST_MS + 130 * 3_600_000;

const series = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: 120,
  seed: 4,
  firstOpenTimeMs: FIRST_MS,
  plantedR2: 0,
}).series;

let exchange: Exchange | undefined;
afterEach(() => exchange?.close());

async function start(faults: readonly (Fault | undefined)[] = [], path = KLINES): Promise<Exchange> {
  exchange = await startExchange({ series: [series] });
  exchange.misbehave(path, faults);
  return exchange;
}

async function fetchWith(baseUrl: string, options: Partial<CcxtClientOptions> = {}, signal?: AbortSignal) {
  const waitsMs: number[] = [];
  let waitedMs = 0;
  const source = createCcxtSource({
    exchangeId: 'binance',
    baseUrl,
    isThrottled: false,
    now: () => NOW_MS + waitedMs,
    sleep: async (ms) => {
      waitsMs.push(ms);
      waitedMs += ms;
    },
    ...options,
  });
  const outcome = await collectPages(source.fetchCandles({ symbol: 'BTCUSDT', interval: '1h', signal })).then(
    (pages) => ({ rowCount: pages.reduce((sum, page) => sum + rowCountOf(page), 0), error: undefined }),
    (error) => ({ rowCount: 0, error }),
  );
  return { ...outcome, waitsMs };
}

const pages = ({ requests }: Exchange) => requests.filter(({ path }) => path === KLINES).length;

test('429 waits as long as Retry-After says, then goes on', async () => {
  const running = await start([tooManyRequests(17)]);
  const { rowCount, waitsMs } = await fetchWith(running.url);
  expect(rowCount).toBe(120);
  expect(waitsMs).toEqual([17_000]);
});

test('429 again and again, or for hours, ends', async () => {
  const running = await start(Array(9).fill(tooManyRequests()));
  const { error, waitsMs } = await fetchWith(running.url);
  expect(error).toMatchObject({ code: 'EXCHANGE_REFUSED', hint: expect.stringContaining('wait 30 s') });
  expect(waitsMs).toEqual([30_000, 30_000, 30_000, 30_000]);
  expect(pages(running)).toBe(5);
  running.behave();
  running.misbehave(KLINES, [tooManyRequests(7200)]);
  expect(await fetchWith(running.url)).toMatchObject({ error: { code: 'EXCHANGE_REFUSED' }, waitsMs: [] });
});

test('418 ends at once and says until when', async () => {
  const running = await start([banned(NOW_MS + 120_000, 120)]);
  const { error } = await fetchWith(running.url);
  expect(error).toMatchObject({ code: 'EXCHANGE_BANNED' });
  expect(error.message).toContain(new Date(NOW_MS + 120_000).toISOString());
  expect(pages(running)).toBe(1);
});

test.each([
  ['451', restrictedLocation(), 'EXCHANGE_RESTRICTED'],
  ['403', firewallPage(), 'EXCHANGE_REFUSED'],
  ['another refusal', { kind: 'status', status: 400, body: '{"code":-1127,"msg":"Too big."}' }, 'EXCHANGE_REFUSED'],
] as const)('%s is not tried again', async (_, fault, code) => {
  const running = await start([fault]);
  const { error, waitsMs } = await fetchWith(running.url);
  expect(error).toMatchObject({ code, kind: 'exchange', hint: expect.stringContaining('--data FILE') });
  expect(waitsMs).toEqual([]);
  expect(pages(running)).toBe(1);
});

test('5xx, cut connections and cut bodies are tried again with growing waits', async () => {
  const running = await start([overloaded(), { kind: 'reset' }, { kind: 'truncated' }, overloaded(500)]);
  const { rowCount, waitsMs } = await fetchWith(running.url);
  expect(rowCount).toBe(120);
  expect(waitsMs).toHaveLength(4);
  for (const [attempt, waitMs] of waitsMs.entries()) {
    expect(waitMs).toBeGreaterThanOrEqual(250 * 2 ** attempt);
    expect(waitMs).toBeLessThanOrEqual(750 * 2 ** attempt);
  }
});

test('a list of markets that failed is asked for again', async () => {
  const running = await start([overloaded(), { kind: 'reset' }], '/api/v3/exchangeInfo');
  expect(await fetchWith(running.url)).toMatchObject({
    rowCount: 120,
    waitsMs: [expect.any(Number), expect.any(Number)],
  });
});

test('an exchange that is silent, or drips, is given up after its time', async () => {
  const running = await start(Array(9).fill({ kind: 'silent' }));
  const silent = await fetchWith(running.url, { timeoutMs: 50 });
  expect(silent.error).toMatchObject({ code: 'EXCHANGE_UNREACHABLE' });
  running.behave();
  running.misbehave(KLINES, { kind: 'drip', chunkBytes: 10, everyMs: 20 });
  const dripping = await fetchWith(running.url, { timeoutMs: 50 });
  expect(dripping.error).toMatchObject({ code: 'EXCHANGE_UNREACHABLE' });
});

test('no network is told with its reason', async () => {
  const { url, close } = await start();
  await close();
  const { error } = await fetchWith(url);
  expect(error).toMatchObject({ code: 'EXCHANGE_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') });
});

test('a page of something else is no page without candles', async () => {
  const welcome = { kind: 'status', status: 200, body: '<html>Welcome to the hotel</html>' } as const;
  const once = await start([welcome]);
  expect(await fetchWith(once.url)).toMatchObject({ rowCount: 120, waitsMs: [expect.any(Number)] });
  once.misbehave(KLINES, welcome);
  expect((await fetchWith(once.url)).error).toMatchObject({
    code: 'EXCHANGE_RESPONSE_INVALID',
    hint: expect.stringContaining('TRADEAI_CCXT_URL'),
  });
});

test('a ban is kept for the next process: it makes no request', async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'tradeai-state-'));
  onTestFinished(() => rmSync(stateFolder, { recursive: true, force: true }));
  const running = await start([banned(NOW_MS + 120_000, 120)]);
  await fetchWith(running.url, { stateFolder });
  const before = running.requests.length;
  expect((await fetchWith(running.url, { stateFolder })).error).toMatchObject({ code: 'EXCHANGE_BANNED' });
  expect(running.requests).toHaveLength(before);
});

test('candles whose prices contradict each other are left for the store to judge', async () => {
  const running = await start();
  running.revise('BTCUSDT', '1h', (kline) =>
    kline[0] === FIRST_MS ? [kline[0], '1', '0.5', ...kline.slice(3)] : kline,
  );
  expect(await fetchWith(running.url)).toMatchObject({ rowCount: 120 });
});

test('an error that Kraken puts into an answer of 200 is an error', async () => {
  const kraken = await startKraken({ series: [{ ...series, symbol: 'BTCUSD' }], nowMs: NOW_MS });
  const limit = { kind: 'status', status: 200, body: '{"error":["EAPI:Rate limit exceeded"]}' } as const;
  kraken.misbehave('/0/public/OHLC', limit);
  let waitedMs = 0;
  const source = createCcxtSource({
    exchangeId: 'kraken',
    baseUrl: kraken.url,
    isThrottled: false,
    now: () => NOW_MS + waitedMs,
    sleep: async (ms) => {
      waitedMs += ms;
    },
  });
  const fetching = collectPages(source.fetchCandles({ symbol: 'BTC-USD', interval: '1h' }));
  await expect(fetching).rejects.toMatchObject({ code: 'EXCHANGE_REFUSED' });
  await kraken.close();
});

test('an abort during a request or a wait ends with INTERRUPTED', async () => {
  const running = await start([{ kind: 'silent' }]);
  const controller = new AbortController();
  const isAsked = running.awaitRequests(1).then(() => controller.abort());
  expect((await fetchWith(running.url, {}, controller.signal)).error).toMatchObject({ code: 'INTERRUPTED' });
  await isAsked;
  running.misbehave(KLINES, overloaded());
  const second = new AbortController();
  const sleep = (ms: number, signal: AbortSignal | undefined) => {
    queueMicrotask(() => second.abort());
    return sleepFor(ms, signal);
  };
  expect((await fetchWith(running.url, { sleep }, second.signal)).error).toMatchObject({ code: 'INTERRUPTED' });
});

test('a base URL that is none is a usage error', async () => {
  expect((await fetchWith('api.kraken.com')).error).toMatchObject({
    code: 'USAGE',
    hint: 'correct TRADEAI_CCXT_URL',
  });
});
