import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Exchange, startExchange } from '../../test/exchange/exchange.js';
import { TradeAiError } from '../core/errors.js';
import { type CandleSeries, rowCountOf, selectCandles, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import { simulateMarket } from '../market/simulated-market.js';
import type { CandleSource } from '../ports/candle-source.js';
import type { CandleStore, StoredSeriesKey } from '../ports/candle-store.js';
import { createBinanceSource } from '../sources/binance/source.js';
import { openCandleStore } from '../storage/candle-store.js';
import { listUpdatable, planOlderRanges, updateAll, updateSeries, updateStore } from './update.js';

const HOUR_MS = INTERVAL_MS['1h'];
const FIRST_MS = Date.UTC(2024, 0, 1);
const KEY: StoredSeriesKey = { source: 'binance', symbol: 'BTCUSDT', interval: '1h' };

function simulate(symbol: string, interval: Interval, rowCount: number): CandleSeries {
  return simulateMarket({ symbol, interval, rowCount, seed: 5, firstOpenTimeMs: FIRST_MS, plantedR2: 0 }).series;
}

/** An exchange, a workspace's store, and a clock beside the exchange's. */
async function openWorld(series: readonly CandleSeries[], startMs: number, clockOffsetMs = 0) {
  const home = mkdtempSync(join(tmpdir(), 'tradeai-update-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const exchange: Exchange = await startExchange({ series, nowMs: startMs });
  onTestFinished(() => exchange.close());
  const store = openCandleStore(home);
  const now = () => exchange.nowMs + clockOffsetMs;
  const { url: baseUrl, archiveUrl } = exchange;
  const downloadFolder = join(home, 'downloads');
  const openSource = () => createBinanceSource({ baseUrl, archiveUrl, downloadFolder, now, sleep: async () => {} });
  return { exchange, store, ports: { home, store, openSource, now } };
}

const closesOf = (series: CandleSeries | undefined) => Array.from(series?.close ?? [], (close) => close.toFixed(8));

test('brings the new candles and the last two, at the moment they close and not before', async () => {
  const market = simulate('BTCUSDT', '1h', 110);
  const { exchange, ports, store } = await openWorld([market], FIRST_MS + 100 * HOUR_MS);
  await updateStore(KEY, undefined, undefined, ports);
  exchange.setNow(FIRST_MS + 103 * HOUR_MS - 1);
  const early = await updateSeries(KEY, ports);
  expect(early).toMatchObject({ addedRows: 2, revisedRows: 0, clockOffsetMs: 0 });
  expect([...early.candles.openTimeMs]).toEqual([...market.openTimeMs.slice(98, 102)]);
  exchange.setNow(FIRST_MS + 103 * HOUR_MS);
  expect(await updateSeries(KEY, ports)).toMatchObject({ addedRows: 1 });
  const none = await updateSeries(KEY, ports);
  expect(none).toMatchObject({ addedRows: 0, revisions: [] });
  expect(rowCountOf(none.candles)).toBe(2);
  expect(closesOf(await store.read(KEY))).toEqual(closesOf(sliceCandles(market, 0, 103)));
});

test('a closed candle that the exchange revised in silence is stored anew and told', async () => {
  const market = simulate('BTCUSDT', '1h', 110);
  const { exchange, ports, store } = await openWorld([market], FIRST_MS + 100 * HOUR_MS);
  await updateStore(KEY, undefined, undefined, ports);
  const before = await store.read(KEY);
  exchange.revise('BTCUSDT', '1h', (kline) =>
    kline[0] === market.openTimeMs[99] ? [...kline.slice(0, 5), '77.00000000', ...kline.slice(6)] : kline,
  );
  const notices: string[] = [];
  const update = await updateSeries(KEY, ports, { onNotice: (text) => notices.push(text) });
  expect(update).toMatchObject({ addedRows: 0, revisedRows: 1 });
  expect(update.revisions).toHaveLength(1);
  expect(update.revisions[0].was).toMatchObject({ openTimeMs: market.openTimeMs[99], volume: before?.volume[99] });
  expect(update.revisions[0].now.volume).toBe(77);
  expect(notices[0]).toContain(
    'BTCUSDT 1h: binance has revised 1 closed candles, the first at 2024-01-05T03:00:00.000Z',
  );
  expect((await store.read(KEY))?.volume[99]).toBe(77);
});

test.each([
  [400, 0],
  [600, 1],
  [-4900, 1],
])('a clock that is %i ms off is told %i times', async (offsetMs, count) => {
  const { ports } = await openWorld([simulate('BTCUSDT', '1h', 10)], FIRST_MS + 10 * HOUR_MS, offsetMs);
  await updateStore(KEY, undefined, undefined, ports);
  const notices: string[] = [];
  const { clockOffsetMs } = await updateSeries(KEY, ports, { onNotice: (text) => notices.push(text) });
  expect(clockOffsetMs).toBe(offsetMs);
  expect(notices).toHaveLength(count);
});

test('an answer that was slow to come says nothing against a clock', async () => {
  const market = simulate('BTCUSDT', '1h', 10);
  const { store } = await openWorld([], FIRST_MS);
  await store.append('binance', market);
  let nowMs = FIRST_MS + 10 * HOUR_MS;
  const slowSource: CandleSource = {
    name: 'binance',
    async *fetchCandles({ onExchangeTime }) {
      nowMs += 3_000;
      const toldMs = nowMs;
      nowMs += 3_000;
      onExchangeTime?.(toldMs);
      yield market;
    },
  };
  const notices: string[] = [];
  const ports = { ...portsOf(store, slowSource), now: () => nowMs };
  const { clockOffsetMs } = await updateSeries(KEY, ports, { onNotice: (text) => notices.push(text) });
  expect({ clockOffsetMs, notices }).toEqual({ clockOffsetMs: 0, notices: [] });
});

test('a clock that is more than five seconds off ends the update before a candle is stored', async () => {
  const { exchange, ports, store } = await openWorld([simulate('BTCUSDT', '1h', 20)], FIRST_MS + 10 * HOUR_MS, 5001);
  await updateStore(KEY, undefined, undefined, ports);
  exchange.setNow(FIRST_MS + 15 * HOUR_MS);
  await expect(updateSeries(KEY, ports)).rejects.toMatchObject({
    code: 'CLOCK_SKEWED',
    kind: 'exchange',
    message: expect.stringContaining('5.0 s ahead of that of binance'),
    hint: expect.stringContaining('set the clock'),
  });
  expect(rowCountOf((await store.read(KEY))!)).toBe(10);
});

test('rows that cannot be candles are neither stored nor handed on', async () => {
  const market = simulate('BTCUSDT', '1h', 110);
  const { exchange, ports, store } = await openWorld([market], FIRST_MS + 100 * HOUR_MS);
  await updateStore(KEY, undefined, undefined, ports);
  exchange.setNow(FIRST_MS + 103 * HOUR_MS);
  exchange.revise('BTCUSDT', '1h', (kline) =>
    kline[0] === market.openTimeMs[101] ? [kline[0], kline[1], '0.00000001', ...kline.slice(3)] : kline,
  );
  const { candles, addedRows } = await updateSeries(KEY, ports);
  expect(addedRows).toBe(2);
  expect([...candles.openTimeMs]).toEqual([98, 99, 100, 102].map((row) => market.openTimeMs[row]));
  expect(rowCountOf((await store.read(KEY))!)).toBe(102);
});

test('all that is stored is brought up to date but what came from files, and one failure does not stop the rest', async () => {
  const [btc, eth] = [simulate('BTCUSDT', '1h', 50), simulate('ETHUSDT', '15m', 200)];
  const { exchange, ports, store } = await openWorld([btc, eth], FIRST_MS + 40 * HOUR_MS);
  const ethKey: StoredSeriesKey = { ...KEY, symbol: 'ETHUSDT', interval: '15m' };
  for (const key of [KEY, ethKey]) await updateStore(key, undefined, undefined, ports);
  await store.append('file', sliceCandles(btc, 0, 5));
  await store.append('binance', { ...sliceCandles(btc, 0, 5), symbol: 'GONEUSDT' });
  exchange.setNow(FIRST_MS + 50 * HOUR_MS);
  expect(await listUpdatable(ports)).toHaveLength(3);
  const outcomes = await updateAll(undefined, ports);
  const bySymbol = Object.fromEntries(outcomes.map((outcome) => [outcome.key.symbol, outcome]));
  expect(bySymbol.BTCUSDT).toMatchObject({ addedRows: 10 });
  expect(bySymbol.ETHUSDT).toMatchObject({ addedRows: 40 });
  expect(bySymbol.GONEUSDT).toMatchObject({ error: { code: 'SYMBOL_UNKNOWN' } });
});

test('what is not stored cannot be updated', async () => {
  const { ports } = await openWorld([simulate('BTCUSDT', '1h', 5)], FIRST_MS + 5 * HOUR_MS);
  await expect(updateSeries(KEY, ports)).rejects.toMatchObject({
    code: 'CANDLES_NOT_FOUND',
    hint: 'fetch them first: `tradeai data fetch --symbol BTCUSDT --interval 1h`',
  });
});

/** A source that hands out pages of a series and fails after some of them. */
function brokenSource(series: CandleSeries, pageRows: number, pagesBeforeEnd: number): CandleSource {
  return {
    name: 'binance',
    async *fetchCandles({ fromMs = 0, toMs = Number.POSITIVE_INFINITY }) {
      const rows = [...series.openTimeMs].flatMap((timeMs, row) => (timeMs >= fromMs && timeMs < toMs ? [row] : []));
      for (let page = 0; page * pageRows < rows.length; page++) {
        if (page === pagesBeforeEnd) throw new Error('the network is gone');
        const start = rows[0] + page * pageRows;
        yield sliceCandles(series, start, Math.min(start + pageRows, rows[rows.length - 1] + 1));
      }
    },
  };
}

const MARKET = simulate('BTCUSDT', '1h', 30_000);
const portsOf = (store: CandleStore, source: CandleSource) => ({ store, openSource: () => source });

test('what came before a failure is stored', async () => {
  const { store } = await openWorld([], FIRST_MS);
  const failing = updateStore(KEY, undefined, undefined, portsOf(store, brokenSource(MARKET, 1000, 3)));
  await expect(failing).rejects.toThrow('the network is gone');
  expect(await store.read(KEY)).toEqual(sliceCandles(MARKET, 0, 3000));
});

test('older history that fails in the middle leaves no hole, and keeps the ranges that were whole', async () => {
  const { store } = await openWorld([], FIRST_MS);
  await store.append('binance', sliceCandles(MARKET, 25_000, 30_000));
  const failing = updateStore(KEY, FIRST_MS, undefined, portsOf(store, brokenSource(MARKET, 1000, 7)));
  await expect(failing).rejects.toThrow('the network is gone');
  expect(await store.read(KEY)).toEqual(sliceCandles(MARKET, 25_000, 30_000));
  await updateStore(KEY, FIRST_MS, undefined, portsOf(store, brokenSource(MARKET, 1000, 99)));
  expect(await store.read(KEY)).toEqual(MARKET);
});

/** Requests for pages of candles so far. */
const countPages = ({ requests }: Exchange) => requests.filter(({ path }) => path.endsWith('/klines')).length;

test('a hole that an earlier fetch left is filled by the next', async () => {
  const market = simulate('BTCUSDT', '1h', 3000);
  const { ports, store } = await openWorld([market], FIRST_MS + 3000 * HOUR_MS);
  await store.append('binance', sliceCandles(market, 0, 100));
  await store.append('binance', sliceCandles(market, 2000, 2900));
  expect(await updateStore(KEY, undefined, undefined, ports)).toMatchObject({ addedRows: 2000 });
  expect(closesOf(await store.read(KEY))).toEqual(closesOf(market));
});

test('a gap of the exchange itself is asked for once, and what is not older than a day again', async () => {
  const whole = simulate('BTCUSDT', '1h', 3000);
  const rows = Array.from(whole.openTimeMs.keys()).filter((row) => (row < 1000 || row >= 1020) && row !== 2995);
  const market = selectCandles(whole, rows);
  const { exchange, ports, store } = await openWorld([market], FIRST_MS + 3000 * HOUR_MS);
  const pagesOfUpdate = async () => {
    const before = countPages(exchange);
    await updateStore(KEY, undefined, undefined, ports);
    return countPages(exchange) - before;
  };
  // As if from a file: nobody knows yet what the exchange has.
  await store.append('binance', market);
  const [first, second] = [await pagesOfUpdate(), await pagesOfUpdate()];
  expect(second).toBeLessThan(first);
  expect(await store.readSourceGaps(KEY)).toEqual([{ fromMs: whole.openTimeMs[1000], toMs: whole.openTimeMs[1020] }]);
  expect(closesOf(await store.read(KEY))).toEqual(closesOf(market));
  // Without the list, or with a damaged one, it is asked for once more.
  writeFileSync(join(ports.home, 'data/gaps/binance/BTCUSDT/1h.json'), 'damaged');
  expect(await pagesOfUpdate()).toBe(first);
});

test('a hole that the source has no candles for any more stops nothing, and is asked for once', async () => {
  const { store } = await openWorld([], FIRST_MS);
  await store.append('binance', sliceCandles(MARKET, 0, 100));
  await store.append('binance', sliceCandles(MARKET, 500, 900));
  const asked: (number | undefined)[] = [];
  const newestOnly: CandleSource = {
    name: 'binance',
    async *fetchCandles({ fromMs = 0, toMs = Number.POSITIVE_INFINITY }) {
      asked.push(fromMs);
      if (toMs < MARKET.openTimeMs[900]) throw new TradeAiError('CANDLES_NOT_FOUND', 'no candles any more');
      yield sliceCandles(MARKET, 899, 1000);
    },
  };
  await updateStore(KEY, undefined, undefined, portsOf(store, newestOnly));
  await updateStore(KEY, undefined, undefined, portsOf(store, newestOnly));
  expect(rowCountOf((await store.read(KEY))!)).toBe(600);
  expect(asked.filter((fromMs) => fromMs === MARKET.openTimeMs[100])).toHaveLength(1);
});

test('ranges of older history run back from what is stored', () => {
  const ranges = planOlderRanges(0, 25_000 * HOUR_MS, '1h');
  expect(ranges).toEqual([
    { fromMs: 15_000 * HOUR_MS, toMs: 25_000 * HOUR_MS },
    { fromMs: 5_000 * HOUR_MS, toMs: 15_000 * HOUR_MS },
    { fromMs: 0, toMs: 5_000 * HOUR_MS },
  ]);
  expect(planOlderRanges(5, 5, '1h')).toEqual([]);
});

test('a series whose file is damaged fails by itself, and the others are brought up to date', async () => {
  const markets = ['AAAUSDT', 'BBBUSDT'].map((symbol) => simulate(symbol, '1h', 110));
  const { exchange, ports, store } = await openWorld(markets, FIRST_MS + 100 * HOUR_MS);
  for (const { symbol } of markets) await updateStore({ ...KEY, symbol }, undefined, undefined, ports);
  writeFileSync(join(ports.home, 'data/candles/binance/AAAUSDT/1h/tail.parquet'), 'random bytes');
  exchange.setNow(FIRST_MS + 103 * HOUR_MS);
  expect(await updateAll(undefined, ports)).toMatchObject([
    { key: { symbol: 'AAAUSDT' }, error: { code: 'CANDLE_FILE_UNREADABLE' } },
    { key: { symbol: 'BBBUSDT' }, addedRows: 3 },
  ]);
  expect(await store.list()).toMatchObject([
    { symbol: 'AAAUSDT', rowCount: null, problem: expect.stringContaining('tail.parquet') },
    { symbol: 'BBBUSDT', rowCount: 103, problem: null },
  ]);
});
