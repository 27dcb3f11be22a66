import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Exchange, type ExchangeOptions, startExchange } from '../../../test/exchange/exchange.js';
import { type Kline, klinesOf } from '../../../test/exchange/kline.js';
import { collectPages } from '../../../test/support/collect-pages.js';
import { needsRecordedBinance, RECORDED_BINANCE } from '../../../test/support/needs.js';
import { type CandleSeries, rowCountOf, selectCandles } from '../../market/candle-series.js';
import { simulateMarket } from '../../market/simulated-market.js';
import type { CandleRequest } from '../../ports/candle-source.js';
import { createBinanceSource } from './source.js';

const MINUTE_MS = 60_000;
const FIRST_MS = Date.UTC(2024, 0, 1);
const RECORDED = join(RECORDED_BINANCE, 'klines_ADAUSDT_1m_limit500_recorded_2024-11-16.json');

let server: Exchange | undefined;
afterEach(() => server?.close());

const market = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1m',
  rowCount: 2500,
  seed: 9,
  firstOpenTimeMs: FIRST_MS,
  plantedR2: 0,
}).series;
const endMs = FIRST_MS + 2500 * MINUTE_MS;

async function start(options: ExchangeOptions = {}): Promise<Exchange> {
  const klines = { 'BTCUSDT 1m': klinesOf(market), 'ETHUSDT 1m': [] };
  server = await startExchange({ klines, nowMs: endMs + 30_000, ...options });
  return server;
}

async function fetchAll(url: string, request: Partial<CandleRequest> = {}): Promise<CandleSeries[]> {
  const source = createBinanceSource({ baseUrl: url, archiveUrl: url, now: () => endMs, sleep: async () => {} });
  return collectPages(source.fetchCandles({ symbol: 'BTCUSDT', interval: '1m', ...request }));
}

const timesOf = (pages: readonly CandleSeries[]) => pages.flatMap((page) => [...page.openTimeMs]);
const pathsOf = ({ requests }: Exchange) => requests.map(({ path }) => path);

test('pages to the present, a thousand candles at a time, without the open candle', async () => {
  const { url, requests } = await start();
  const pages = await fetchAll(url);
  expect(pages.map(rowCountOf)).toEqual([1000, 1000, 500]);
  expect(timesOf(pages)).toEqual([...market.openTimeMs]);
  expect(pages[2].close[499]).toBeCloseTo(market.close[2499], 8);
  expect(requests.map(({ query }) => query.startTime)).toEqual([
    undefined,
    '0',
    String(FIRST_MS + 1000 * MINUTE_MS),
    String(FIRST_MS + 2000 * MINUTE_MS),
  ]);
});

test.each([
  [-1, 2499],
  [0, 2500],
  [1, 2500],
])("a candle is closed by the server's clock: %i ms after its end", async (offsetMs, rowCount) => {
  const { url } = await start({ nowMs: endMs + offsetMs });
  expect(timesOf(await fetchAll(url))).toHaveLength(rowCount);
});

test("this computer's clock plays no part", async () => {
  const { url } = await start();
  const source = createBinanceSource({ baseUrl: url, archiveUrl: url, now: () => endMs + 86_400_000 });
  const pages = await collectPages(source.fetchCandles({ symbol: 'BTCUSDT', interval: '1m' }));
  expect(timesOf(pages)).toHaveLength(2500);
});

test('fetches the half-open range asked for', async () => {
  const { url, requests } = await start();
  const fromMs = FIRST_MS + 10 * MINUTE_MS;
  const toMs = FIRST_MS + 20 * MINUTE_MS;
  const pages = await fetchAll(url, { fromMs, toMs });
  expect(timesOf(pages)).toEqual([...market.openTimeMs.slice(10, 20)]);
  expect(requests.at(-1)?.query).toMatchObject({ startTime: String(fromMs), endTime: String(toMs - 1) });
  expect(requests).toHaveLength(2);
});

test('asks for nothing when the last closed candle is known already', async () => {
  const running = await start();
  expect(await fetchAll(running.url, { fromMs: endMs })).toEqual([]);
  expect(pathsOf(running)).toEqual(['/api/v3/time']);
});

test('gaps are absent rows, however long', async () => {
  const rows = Array.from({ length: 2500 }, (_, row) => row).filter((row) => row < 300 || row >= 2000);
  const { url } = await start({ klines: { 'BTCUSDT 1m': klinesOf(selectCandles(market, rows)) } });
  const pages = await fetchAll(url);
  expect(timesOf(pages)).toEqual(rows.map((row) => market.openTimeMs[row]));
});

test('a symbol without candles has none', async () => {
  const { url } = await start();
  expect(await fetchAll(url, { symbol: 'ETHUSDT' })).toEqual([]);
});

test('a symbol that no longer trades ends with its last candle', async () => {
  const running = await start({ klines: { 'BTCUSDT 1m': klinesOf(market, false) }, nowMs: endMs + 9e9 });
  expect(timesOf(await fetchAll(running.url))).toHaveLength(2500);
});

test('short pages and one empty page in between lose nothing', async () => {
  const running = await start();
  const faults = [{ maxRows: 400 }, { maxRows: 0 }, undefined, { maxRows: 1 }, { maxRows: 0 }];
  running.misbehave(
    '/api/v3/klines',
    faults.map((fault) => fault && { kind: 'page', ...fault }),
  );
  expect(timesOf(await fetchAll(running.url))).toEqual([...market.openTimeMs]);
});

test('a page that does not advance is refused', async () => {
  const running = await start();
  running.misbehave('/api/v3/klines', [undefined, { kind: 'page', startTime: FIRST_MS }]);
  await expect(fetchAll(running.url)).rejects.toMatchObject({
    code: 'EXCHANGE_RESPONSE_INVALID',
    message: expect.stringContaining(
      'expected candles from 2024-01-01T16:40:00.000Z, the first was of 2024-01-01T00:00',
    ),
  });
});

test('candles off the grid come as they are, and the next one on it is not skipped', async () => {
  const klines = klinesOf(market).map((kline, row): Kline => {
    if (row !== 999) return kline;
    return [(kline[0] as number) - 20_000, ...kline.slice(1, 6), (kline[0] as number) + 1000, ...kline.slice(7)];
  });
  const { url } = await start({ klines: { 'BTCUSDT 1m': klines } });
  const times = timesOf(await fetchAll(url));
  expect(times).toEqual([...market.openTimeMs].map((timeMs, row) => (row === 999 ? timeMs - 20_000 : timeMs)));
});

test('progress is told with each page', async () => {
  const { url } = await start();
  const progress: [number, number][] = [];
  await fetchAll(url, { onProgress: (rows, lastMs) => progress.push([rows, lastMs]) });
  expect(progress.map(([rows]) => rows)).toEqual([1000, 2000, 2500]);
  expect(progress[2][1]).toBe(endMs - MINUTE_MS);
});

describe('a recorded answer', needsRecordedBinance, () => {
  test('is replayed page by page, its last candle being still open', async () => {
    const klines = JSON.parse(readFileSync(RECORDED, 'utf8')) as Kline[];
    const nowMs = (klines[499][6] as number) - 3000;
    const { url } = await start({ klines: { 'ADAUSDT 1m': klines }, nowMs });
    const pages = await fetchAll(url, { symbol: 'ADAUSDT' });
    expect(timesOf(pages)).toEqual(klines.slice(0, 499).map(([openTimeMs]) => openTimeMs));
    expect(pages[0].extras.quote_volume[3]).toBe(Number(klines[3][7]));
  });
});
