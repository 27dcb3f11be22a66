import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { needs } from '../../test/support/needs.js';
import { type CandleSeries, sliceCandles } from '../market/candle-series.js';
import { simulateMarket } from '../market/simulated-market.js';
import { openCandleStore } from './candle-store.js';

const KEY = { source: 'binance', symbol: 'BTCUSDT', interval: '1m' } as const;
/** Both are a hundred candles behind the beginning of a tail. `TRADEAI_STORE_ROWS=4500068` for the long form. */
const SHORT_ROWS = 10_084;
const LONG_ROWS = Number(process.env.TRADEAI_STORE_ROWS ?? 200_036);
const APPENDS = 20;
const COUNTERS = '/proc/self/io';
const needsCounters = needs(existsSync(COUNTERS), 'no counters of bytes (/proc/self/io)');

const folder = mkdtempSync(join(tmpdir(), 'tradeai-effort-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes that this process has read and written so far, DuckDB's too. */
function countBytes(): { read: number; written: number } {
  const text = readFileSync(COUNTERS, 'utf8');
  const counterOf = (name: string) => Number(new RegExp(`${name}: (\\d+)`).exec(text)?.[1]);
  return { read: counterOf('rchar'), written: counterOf('wchar') };
}

function market(rowCount: number): CandleSeries {
  // A multiple of 256 minutes.
  const firstOpenTimeMs = 256 * 60_000 * 110_000;
  return simulateMarket({ ...KEY, rowCount, seed: 4, firstOpenTimeMs, plantedR2: 0 }).series;
}

/** The most bytes that a new candle cost, in a process that has just begun and in one that goes on. */
async function measureAppends(rowCount: number) {
  const home = join(folder, String(rowCount));
  const whole = market(rowCount + APPENDS);
  await openCandleStore(home).append('binance', sliceCandles(whole, 0, rowCount));
  const costs = { read: 0, written: 0, readFresh: 0 };
  let store = openCandleStore(home);
  for (let row = rowCount; row < rowCount + APPENDS; row++) {
    const isFresh = (row - rowCount) % 5 === 0;
    if (isFresh) store = openCandleStore(home);
    const before = countBytes();
    // As an update does: the newest stored candle comes again.
    await store.append('binance', sliceCandles(whole, row - 1, row + 1));
    const after = countBytes();
    costs.written = Math.max(costs.written, after.written - before.written);
    const read = after.read - before.read;
    if (isFresh) costs.readFresh = Math.max(costs.readFresh, read);
    else costs.read = Math.max(costs.read, read);
  }
  return costs;
}

test('a new candle costs the same bytes however long the series is', {
  ...needsCounters,
  timeout: 300_000,
}, async () => {
  const short = await measureAppends(SHORT_ROWS);
  const long = await measureAppends(LONG_ROWS);
  for (const { written, read, readFresh } of [short, long]) {
    expect(written).toBeLessThan(64_000);
    expect(read).toBeLessThan(4_000);
    expect(readFresh).toBeLessThan(64_000);
  }
  expect(Math.abs(long.written - short.written)).toBeLessThan(2_000);
});

test('a chart reads the newest file once, whoever asks how often', { ...needsCounters, timeout: 300_000 }, async () => {
  const home = join(folder, 'ranges');
  await openCandleStore(home).append('binance', market(LONG_ROWS));
  const store = openCandleStore(home);
  const before = countBytes().read;
  const ranges = await Promise.all(Array.from({ length: 8 }, () => store.readRange(KEY, { limit: 500 })));
  const once = countBytes().read - before;
  for (const range of ranges) expect(range?.openTimeMs).toHaveLength(500);
  // A month of minutes is about 1.2 MB.
  expect(once).toBeLessThan(2_500_000);
  await store.readRange(KEY, { limit: 500 });
  expect(countBytes().read - before - once).toBeLessThan(4_000);
});

test('a chart of an older month reads its candles, not the month', { ...needsCounters, timeout: 300_000 }, async () => {
  const home = join(folder, 'older');
  const whole = market(LONG_ROWS);
  await openCandleStore(home).append('binance', whole);
  const store = openCandleStore(home);
  const before = countBytes().read;
  const range = await store.readRange(KEY, { toMs: whole.openTimeMs[60_000], limit: 500 });
  expect(range?.openTimeMs).toEqual(whole.openTimeMs.slice(59_500, 60_000));
  expect(countBytes().read - before).toBeLessThan(600_000);
});
