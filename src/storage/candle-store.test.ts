import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { needs } from '../../test/support/needs.js';
import { withDuckDb } from '../duckdb/connection.js';
import { type CandleSeries, sliceCandles } from '../market/candle-series.js';
import { simulateMarket } from '../market/simulated-market.js';
import type { CandleStore } from '../ports/candle-store.js';
import { openCandleStore } from './candle-store.js';

const FIRST_MS = Date.UTC(2024, 0, 1);
const KEY = { source: 'binance', symbol: 'BTCUSDT', interval: '1h' } as const;

let home: string;
let store: CandleStore;
let path: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-store-'));
  store = openCandleStore(home);
  path = join(home, 'data/candles/binance/BTCUSDT/1h.parquet');
});

afterEach(() => rm(home, { recursive: true, force: true }));

function market(rowCount = 200): CandleSeries {
  const { series } = simulateMarket({ ...KEY, rowCount, seed: 4, firstOpenTimeMs: FIRST_MS, plantedR2: 0 });
  const count = Float64Array.from({ length: rowCount }, (_, row) => (row % 7 === 0 ? Number.NaN : row));
  return { ...series, extras: { 'trade "count"': count } };
}

test('a series comes back bit for bit, further columns included', async () => {
  expect(await store.read(KEY)).toBeUndefined();
  expect(await store.append('binance', market())).toMatchObject({ addedRows: 200, revisedRows: 0 });
  expect(await store.read(KEY)).toEqual(market());
});

test('the file is plain Parquet: integer times, NULL where nothing is known', async () => {
  await store.append('binance', market());
  await withDuckDb(async (connection) => {
    const types = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet('${path}')`);
    expect(types.getRows().map(([name, type]) => [name, type])).toEqual([
      ['open_time', 'BIGINT'],
      ...['open', 'high', 'low', 'close', 'volume', 'trade "count"'].map((name) => [name, 'DOUBLE']),
    ]);
    const nulls = await connection.runAndReadAll(
      `SELECT count(*) FROM read_parquet('${path}') WHERE "trade ""count""" IS NULL`,
    );
    expect(nulls.getRows()).toEqual([[29n]]);
  });
});

test('appending the same again adds nothing and leaves the file alone', async () => {
  await store.append('binance', market());
  const before = await stat(path);
  expect(await store.append('binance', market())).toMatchObject({ addedRows: 0, revisedRows: 0 });
  expect(await store.append('binance', sliceCandles(market(), 50, 60))).toMatchObject({ addedRows: 0 });
  expect((await stat(path)).ino).toBe(before.ino);
  expect((await stat(path)).mtimeMs).toBe(before.mtimeMs);
});

test('parts in any order make the whole, and a newer copy replaces an older one', async () => {
  const whole = market();
  await store.append('binance', sliceCandles(whole, 120, 200));
  await store.append('binance', sliceCandles(whole, 0, 80));
  const revised = sliceCandles(whole, 70, 130);
  revised.close[5] *= 1.0001;
  expect(await store.append('binance', revised)).toMatchObject({ addedRows: 40, revisedRows: 1 });
  const expected = market();
  expected.close[75] = revised.close[5];
  expect(await store.read(KEY)).toEqual(expected);
});

test('an empty series creates nothing', async () => {
  expect(await store.append('binance', market(0))).toMatchObject({ addedRows: 0, revisedRows: 0 });
  expect(await readdir(home)).toEqual([]);
});

test('several appends at once lose nothing', async () => {
  const whole = market();
  const parts = [0, 40, 80, 120, 160].map((start) => sliceCandles(whole, start, start + 40));
  const others = parts.map((part) => openCandleStore(home).append('binance', part));
  const results = await Promise.all(others);
  expect(results.map(({ addedRows }) => addedRows)).toEqual([40, 40, 40, 40, 40]);
  expect(await store.read(KEY)).toEqual(whole);
  expect(await readdir(dirname(path))).toEqual(['1h.parquet']);
});

test('lists what there is, and nothing else', async () => {
  expect(await store.list()).toEqual([]);
  await store.append('binance', market());
  await store.append('file', { ...market(30), symbol: 'ETHUSDT', interval: '1h' });
  await writeFile(join(dirname(path), '.tmp-other'), 'x');
  await writeFile(join(dirname(path), 'notes.txt'), 'x');
  await writeFile(join(dirname(path), '7h.parquet'), 'x');
  const summaries = await store.list();
  expect(summaries).toEqual([
    {
      ...KEY,
      rowCount: 200,
      firstOpenTimeMs: FIRST_MS,
      lastOpenTimeMs: FIRST_MS + 199 * 3_600_000,
      sizeBytes: (await stat(path)).size,
      problem: null,
    },
    expect.objectContaining({ source: 'file', symbol: 'ETHUSDT', interval: '1h', rowCount: 30 }),
  ]);
});

test.each([
  ['source', { ...KEY, source: '../x' }],
  ['symbol', { ...KEY, symbol: '../../BTCUSDT' }],
  ['symbol', { ...KEY, symbol: 'a/b' }],
])('a %s that is a path is refused before the disk is touched', async (what, key) => {
  await expect(store.read(key)).rejects.toMatchObject({ code: 'NAME_INVALID', message: expect.stringContaining(what) });
  await expect(store.append(key.source, { ...market(), symbol: key.symbol })).rejects.toMatchObject({
    code: 'NAME_INVALID',
  });
  expect(await readdir(home)).toEqual([]);
});

test('an interval that is none is refused', async () => {
  await expect(store.read({ ...KEY, interval: '../1h' as '1h' })).rejects.toMatchObject({ code: 'INTERVAL_INVALID' });
});

test.each([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 40)],
  ['empty', () => Buffer.alloc(0)],
  ['other bytes', () => Buffer.from('not parquet at all')],
  ['a page of zeros', (bytes: Buffer) => Buffer.from(bytes).fill(0, 8, 600)],
])('a file that is %s is named and never overwritten', async (_, damage) => {
  await store.append('binance', market());
  const damaged = damage(await readFile(path));
  await writeFile(path, damaged);
  const refusal = { code: 'CANDLE_FILE_UNREADABLE', message: expect.stringContaining(path) };
  await expect(store.read(KEY)).rejects.toMatchObject(refusal);
  await expect(store.append('binance', market())).rejects.toMatchObject(refusal);
  expect(await readFile(path)).toEqual(damaged);
});

test.each([
  ['without a column', 'SELECT 1::BIGINT AS open_time, 1.0 AS open', 'the column high is missing'],
  [
    'whose times do not ascend',
    'SELECT unnest([2, 1])::BIGINT AS open_time, 1.0 AS open, 1.0 AS high, 1.0 AS low, 1.0 AS close, 1.0 AS volume',
    'row 2 is not later than the row before it',
  ],
  ['with text', "SELECT 'x' AS open_time", 'damaged'],
])('a Parquet file %s is refused', async (_, query, message) => {
  await mkdir(dirname(path), { recursive: true });
  await withDuckDb((connection) => connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`));
  await expect(store.read(KEY)).rejects.toMatchObject({
    code: 'CANDLE_FILE_UNREADABLE',
    message: expect.stringContaining(message),
  });
});

test('a series out of order is refused', async () => {
  const series = market();
  series.openTimeMs[3] = series.openTimeMs[2];
  await expect(store.append('binance', series)).rejects.toMatchObject({
    code: 'CANDLES_INVALID',
    message: expect.stringContaining('BTCUSDT 1h: expected ascending open times, row 4'),
  });
});

test(
  'a folder without permission is told',
  needs(process.getuid?.() !== 0, 'run as root, who may write anywhere'),
  async () => {
    await chmod(home, 0o500);
    await expect(store.append('binance', market())).rejects.toMatchObject({ code: 'STORAGE_UNWRITABLE' });
    await chmod(home, 0o700);
  },
);

test('a file where the folder belongs is told', async () => {
  await writeFile(join(home, 'data'), 'x');
  expect(await store.list()).toEqual([]);
  await expect(store.append('binance', market())).rejects.toMatchObject({ code: 'STORAGE_UNWRITABLE' });
});

test('what callers do with the arrays they gave or got changes nothing that is stored', async () => {
  const given = market();
  await store.append('binance', sliceCandles(given, 0, 100));
  await store.append('binance', given);
  given.close.fill(1);
  const got = await store.read(KEY);
  expect(got).toEqual(market());
  got?.close.fill(2);
  expect(await store.read(KEY)).toEqual(market());
  expect(await store.append('binance', market())).toMatchObject({ revisedRows: 0 });
});

test('a file that something else replaced or changed is read again', async () => {
  const whole = market();
  await store.append('binance', sliceCandles(whole, 0, 50));
  await store.append('binance', sliceCandles(whole, 50, 60));
  await openCandleStore(home).append('binance', sliceCandles(whole, 60, 100));
  expect(await store.append('binance', sliceCandles(whole, 100, 101))).toMatchObject({ addedRows: 1 });
  expect(await store.read(KEY)).toEqual(sliceCandles(whole, 0, 101));
  await withDuckDb((connection) =>
    connection.run(`COPY (SELECT * FROM read_parquet('${path}') LIMIT 7) TO '${path}.other' (FORMAT parquet)`),
  );
  await writeFile(path, await readFile(`${path}.other`));
  expect(await store.read(KEY)).toEqual(sliceCandles(whole, 0, 7));
  await rm(path);
  expect(await store.read(KEY)).toBeUndefined();
});

test('the bytes of the file tell the rows and nothing of how they came', async () => {
  // more than one row group
  const rowCount = 260_000;
  const { series } = simulateMarket({ ...KEY, rowCount, seed: 9, firstOpenTimeMs: 0, plantedR2: 0 });
  const whole: CandleSeries = {
    ...series,
    extras: { trades: series.volume.map(Math.round), quote: series.close.map((close, row) => close * row) },
  };
  const partsInOrder = async (folder: string, bounds: readonly (readonly [number, number])[]) => {
    const other = openCandleStore(join(home, folder));
    for (const [start, end] of bounds) await other.append('binance', sliceCandles(whole, start, end));
    return readFile(join(home, folder, 'data/candles/binance/BTCUSDT/1h.parquet'));
  };
  const atOnce = await partsInOrder('a', [[0, rowCount]]);
  const inParts = await partsInOrder('b', [
    [122_879, 200_001],
    [0, 130_000],
    [199_000, rowCount],
  ]);
  expect(inParts.equals(atOnce)).toBe(true);
  // the same rows, the further columns in another order
  const { trades, quote } = whole.extras;
  await openCandleStore(join(home, 'c')).append('binance', { ...whole, extras: { quote, trades } });
  expect((await readFile(join(home, 'c/data/candles/binance/BTCUSDT/1h.parquet'))).equals(atOnce)).toBe(true);
});
