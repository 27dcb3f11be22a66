import { expect, test } from 'vitest';
import { collectPages } from '../../test/support/collect-pages.js';
import { type CandleSeries, closeTimeMs, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { checkCandles } from '../market/quality.js';
import type { CandleRequest } from '../ports/candle-source.js';
import { createDemoSource, type DemoSourceOptions } from './demo.js';

const HOUR_MS = 3_600_000;
const OPENED_MS = Date.UTC(2023, 0, 2);

async function fetchDemo(options: DemoSourceOptions = {}, request: Partial<CandleRequest> = {}): Promise<CandleSeries> {
  const source = createDemoSource({ rowCount: 300, ...options });
  const pages = await collectPages(source.fetchCandles({ symbol: 'DEMO', interval: '1h', ...request }));
  expect(pages).toHaveLength(1);
  return pages[0];
}

test('the same seed and symbol give the same candles, others give others', async () => {
  const series = await fetchDemo();
  expect(rowCountOf(series)).toBe(300);
  expect(series.openTimeMs[0]).toBe(OPENED_MS);
  expect(await fetchDemo()).toEqual(series);
  expect((await fetchDemo({ seed: 2 })).close).not.toEqual(series.close);
  expect((await fetchDemo({}, { symbol: 'ETHUSDT' })).close).not.toEqual(series.close);
});

test('more rows leave the earlier ones as they are', async () => {
  expect(sliceCandles(await fetchDemo({ rowCount: 500 }), 0, 300)).toEqual(await fetchDemo());
});

test('a range is half-open', async () => {
  const fromMs = OPENED_MS + 10 * HOUR_MS;
  const toMs = OPENED_MS + 20 * HOUR_MS;
  expect(await fetchDemo({}, { fromMs, toMs })).toEqual(sliceCandles(await fetchDemo(), 10, 20));
  const source = createDemoSource({ rowCount: 300 });
  const later = { symbol: 'DEMO', interval: '1h', fromMs: OPENED_MS + 300 * HOUR_MS } as const;
  expect(await collectPages(source.fetchCandles(later))).toEqual([]);
});

test('no candle reaches into the future', async () => {
  expect(rowCountOf(await fetchDemo({ now: () => OPENED_MS + 7.9 * HOUR_MS }))).toBe(7);
  await expect(fetchDemo({ now: () => OPENED_MS })).rejects.toMatchObject({ code: 'CANDLES_NOT_FOUND' });
});

test.each(['1m', '1h', '4h', '1d', '1w'] as const)('its %s candles are sound and on the grid', async (interval) => {
  const series = await fetchDemo({ rowCount: 100 }, { interval });
  const { findings } = checkCandles(series, { nowMs: closeTimeMs(series, 99) });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
});

test('a market without end goes on with the clock', async () => {
  let nowMs = OPENED_MS + 6_000 * HOUR_MS;
  const source = createDemoSource({ openedMs: OPENED_MS, rowCount: Number.POSITIVE_INFINITY, now: () => nowMs });
  const fetchFrom = async (fromMs: number) =>
    (await collectPages(source.fetchCandles({ symbol: 'DEMO', interval: '1h', fromMs })))[0];
  const before = await fetchFrom(0);
  expect(rowCountOf(before)).toBe(6_000);
  nowMs += HOUR_MS;
  const after = await fetchFrom(0);
  expect(rowCountOf(after)).toBe(6_001);
  expect(sliceCandles(after, 0, 6_000)).toEqual(before);
  expect(await fetchFrom(nowMs - HOUR_MS)).toEqual(sliceCandles(after, 6_000, 6_001));
});
