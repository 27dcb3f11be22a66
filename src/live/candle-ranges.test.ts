import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeCandles } from '../../test/support/doctor-workspace.js';
import { selectCandles, sliceCandles } from '../market/candle-series.js';
import type { CandleStore } from '../ports/candle-store.js';
import { openCandleStore } from '../storage/candle-store.js';
import { StoredCandles } from './candle-ranges.js';

const HOUR_MS = 3_600_000;
const series = makeCandles({ symbol: 'TESTUSDT', rowCount: 300 });
const NOW_MS = series.openTimeMs[299] + HOUR_MS;
const QUERY = { symbol: 'TESTUSDT', interval: '1h', limit: 100 };

let home: string;
let store: CandleStore;
let reads: number;
let candles: StoredCandles;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'tradeai-candles-'));
  const opened = openCandleStore(home);
  reads = 0;
  store = {
    ...opened,
    read(key) {
      reads += 1;
      return opened.read(key);
    },
  };
  candles = new StoredCandles({ store, now: () => NOW_MS });
  await store.append('binance', sliceCandles(series, 0, 200));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('gives the newest candles of a half-open range', async () => {
  const answer = await candles.range({
    ...QUERY,
    fromMs: series.openTimeMs[10],
    toMs: series.openTimeMs[50],
    limit: 5,
  });
  expect(answer).toMatchObject({ symbol: 'TESTUSDT', interval: '1h', source: 'binance' });
  expect(answer.openTimeMs).toEqual(Array.from(series.openTimeMs.slice(45, 50)));
  expect(answer.close).toEqual(Array.from(series.close.slice(45, 50)));
  const none = await candles.range({ ...QUERY, fromMs: series.openTimeMs[50], toMs: series.openTimeMs[10] });
  expect(none.openTimeMs).toEqual([]);
});

test('sees what anybody has changed, and never reads a whole series', async () => {
  await candles.range(QUERY);
  await candles.range({ ...QUERY, source: 'binance' });
  await openCandleStore(home).append('binance', sliceCandles(series, 198, 250));
  const { openTimeMs } = await candles.range(QUERY);
  expect(openTimeMs.at(-1)).toBe(series.openTimeMs[249]);
  expect(reads).toBe(0);
});

test('what is not stored, and what several sources have, is refused with the way on', async () => {
  await expect(candles.range({ ...QUERY, symbol: 'NONE' })).rejects.toMatchObject({ code: 'CANDLES_NOT_FOUND' });
  await expect(candles.range({ ...QUERY, interval: '1y' })).rejects.toMatchObject({ code: 'INTERVAL_INVALID' });
  await store.append('demo', series);
  await expect(candles.range(QUERY)).rejects.toThrow('binance and demo: name the source');
  expect((await candles.range({ ...QUERY, source: 'demo' })).source).toBe('demo');
});

test('health tells age, gaps and the last update, and examines what has not changed once', async () => {
  const rows = Array.from({ length: 300 }, (_, row) => row).filter((row) => row < 210 || row >= 220);
  await store.append('binance', selectCandles(series, rows));
  candles.noteUpdate(
    { source: 'binance', symbol: 'TESTUSDT', interval: '1h' },
    { atMs: NOW_MS, addedRows: 90, revisedRows: 0, problem: null },
  );
  const [health] = await candles.health();
  expect(health).toMatchObject({ rowCount: 290, gapCount: 1, ageIntervals: 0, lastUpdate: { addedRows: 90 } });
  expect(health.missingShare).toBeCloseTo(10 / 300, 12);
  reads = 0;
  await candles.health();
  expect(reads).toBe(0);
});

test('health tells of a series that cannot be read, and of the others as ever', async () => {
  await store.append('demo', series);
  writeFileSync(join(home, 'data/candles/binance/TESTUSDT/1h/tail.parquet'), 'random bytes');
  const [broken, sound] = await candles.health();
  expect(broken).toMatchObject({ source: 'binance', rowCount: null, gapCount: null, ageIntervals: null });
  expect(broken.findings).toMatchObject([{ severity: 'error', message: expect.stringContaining('tail.parquet') }]);
  expect(sound).toMatchObject({
    source: 'demo',
    rowCount: 300,
    findings: expect.not.arrayContaining([...broken.findings]),
  });
  await expect(candles.range({ ...QUERY, source: 'binance' })).rejects.toMatchObject({
    code: 'CANDLE_FILE_UNREADABLE',
  });
});
