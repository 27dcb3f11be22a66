import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CandleSeries, sliceCandles } from '../market/candle-series.js';
import { writeCandleParquet } from './candle-parquet-writer.js';
import { openCandleStore } from './candle-store.js';

const KEY = { source: 'binance', symbol: 'BTCUSDT', interval: '1s' } as const;
const FIRST_MS = Date.UTC(2024, 0, 1);
const DAYS = 20;
/** One every 36 minutes. */
const ROWS_A_DAY = 40;
const STEP_MS = 2_160_000;

/** Twenty files of days; every third row has no `quote_volume`. */
const whole = seconds(DAYS * ROWS_A_DAY);

function seconds(rowCount: number): CandleSeries {
  const column = (value: (row: number) => number) => Float64Array.from({ length: rowCount }, (_, row) => value(row));
  return {
    symbol: KEY.symbol,
    interval: KEY.interval,
    openTimeMs: column((row) => FIRST_MS + row * STEP_MS),
    open: column((row) => 100 + row),
    high: column((row) => 1002 + row),
    low: column(() => 99),
    close: column((row) => 101 + row / 7),
    volume: column((row) => row / 3),
    extras: { quote_volume: column((row) => (row % 3 === 0 ? Number.NaN : row / 11)) },
  };
}

let home: string;
let folder: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-long-'));
  folder = join(home, 'data', 'candles', KEY.source, KEY.symbol, KEY.interval);
  await openCandleStore(home).append(KEY.source, whole);
});
afterEach(() => rm(home, { recursive: true, force: true }));

test('a series of many files is read as it was written', async () => {
  expect((await readdir(folder)).length).toBe(DAYS + 1);
  expect(await openCandleStore(home).read(KEY)).toEqual(whole);
});

test('a range of many files begins and ends where it is asked to', async () => {
  const store = openCandleStore(home);
  const range = { fromMs: whole.openTimeMs[95] - 1, toMs: whole.openTimeMs[18 * ROWS_A_DAY + 3] };
  const part = await store.readRange(KEY, range);
  expect(part).toEqual(sliceCandles(whole, 95, 18 * ROWS_A_DAY + 3));
  part?.close.fill(0);
  expect(await store.read(KEY)).toEqual(whole);
});

test('a column that only some of the files have is unknown in the others', async () => {
  const start = 3 * ROWS_A_DAY;
  const plain = { ...sliceCandles(whole, start, start + ROWS_A_DAY), extras: {} };
  const path = join(folder, '2024-01-04.parquet');
  await writeCandleParquet({ path, series: plain, source: KEY.source, isPacked: true });
  const quoteVolume = whole.extras.quote_volume.slice().fill(Number.NaN, start, start + ROWS_A_DAY);
  expect(await openCandleStore(home).read(KEY)).toEqual({ ...whole, extras: { quote_volume: quoteVolume } });
});

test('a file that another store has written meanwhile is read as it is now', async () => {
  const store = openCandleStore(home);
  await store.describe(KEY);
  const between = { ...seconds(1), openTimeMs: Float64Array.of(FIRST_MS + 5 * 86_400_000 + 1000) };
  await openCandleStore(home).append(KEY.source, between);
  const series = await store.read(KEY);
  expect(series?.openTimeMs).toHaveLength(whole.openTimeMs.length + 1);
  expect(series?.openTimeMs).toContain(between.openTimeMs[0]);
});

test('candles that a kill left in the tail and in a file are taken once', async () => {
  const other = await mkdtemp(join(tmpdir(), 'tradeai-long-'));
  try {
    await openCandleStore(other).append(KEY.source, seconds(whole.openTimeMs.length + 1));
    const name = `${new Date(whole.openTimeMs.at(-1) ?? 0).toISOString().slice(0, 10)}.parquet`;
    await cp(join(other, 'data', 'candles', KEY.source, KEY.symbol, KEY.interval, name), join(folder, name));
    const series = await openCandleStore(home).read(KEY);
    expect(series).toEqual(whole);
  } finally {
    await rm(other, { recursive: true, force: true });
  }
});
