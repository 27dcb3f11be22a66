import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { withDuckDb } from '../duckdb/connection.js';
import { type CandleSeries, firstRowAt, sliceCandles } from '../market/candle-series.js';
import { openCandleStore } from './candle-store.js';

const KEY = { source: 'binance', symbol: 'BTCUSDT', interval: '1m' } as const;
const FIRST_MS = Date.UTC(2024, 0, 1);
/** Of two months and a bit: six row groups a month. */
const ROWS = 90_000;
const GROUP_ROWS = 8_192;

let home: string;
let whole: CandleSeries;
const pathOf = (name: string) => join(home, 'data/candles/binance/BTCUSDT/1m', name);

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-groups-'));
  const random = new Random(3, RANDOM_STREAM.test);
  // A candle is missing here and there, and a day or so where two groups meet.
  const column = (value: (row: number) => number) => Float64Array.from({ length: ROWS }, (_, row) => value(row));
  let minute = 0;
  const openTimeMs = column((row) => {
    minute += row === GROUP_ROWS ? 2_000 : 1 + Number(random.nextInteger(50) === 0);
    return FIRST_MS + minute * 60_000;
  });
  const price = column((row) => 100 + Math.sin(row));
  const columns = { open: price, high: price, low: price, close: price, volume: price };
  const count = column((row) => (row % 3 === 0 ? Number.NaN : row));
  whole = { symbol: KEY.symbol, interval: KEY.interval, openTimeMs, ...columns, extras: { count } };
  await openCandleStore(home).append(KEY.source, whole);
});
afterAll(() => rm(home, { recursive: true, force: true }));

function newestOf(series: CandleSeries, range: { fromMs?: number; toMs?: number; limit: number }): CandleSeries {
  const start = firstRowAt(series.openTimeMs, range.fromMs ?? 0);
  const end = Math.max(start, firstRowAt(series.openTimeMs, range.toMs ?? Number.POSITIVE_INFINITY));
  return sliceCandles(series, Math.max(start, end - range.limit), end);
}

test('a file is of row groups that have checksums of their own', async () => {
  const { rows } = await withDuckDb(async (connection) => {
    const sql = `SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata('${pathOf('2024-01.parquet')}') ORDER BY 1`;
    return { rows: (await connection.runAndReadAll(sql)).getRows() };
  });
  expect(rows.length).toBeGreaterThan(4);
  for (const [group, rowCount] of rows.slice(0, -1)) expect([group, rowCount]).toEqual([group, BigInt(GROUP_ROWS)]);
});

test('the newest candles of a range are the same, of whichever row groups they are', async () => {
  const random = new Random(5, RANDOM_STREAM.test);
  const held = openCandleStore(home);
  const timeNear = (row: number) => whole.openTimeMs[Math.min(ROWS - 1, row)] + 30_000 * (random.nextInteger(3) - 1);
  const rowNear = () => GROUP_ROWS * random.nextInteger(11) + random.nextInteger(4);
  for (let round = 0; round < 60; round++) {
    const limit = [1, 2, 500, GROUP_ROWS, 20_000][random.nextInteger(5)];
    const from = rowNear();
    const range = {
      limit,
      ...(random.nextInteger(2) === 0 && { fromMs: timeNear(from) }),
      ...(random.nextInteger(4) > 0 && { toMs: timeNear(from + random.nextInteger(30_000)) }),
    };
    const store = round % 2 === 0 ? held : openCandleStore(home);
    expect(await store.readRange(KEY, range), JSON.stringify(range)).toEqual(newestOf(whole, range));
  }
});

test('a range where no candle is has none', async () => {
  const [before, after] = [whole.openTimeMs[GROUP_ROWS - 1], whole.openTimeMs[GROUP_ROWS]];
  const range = { fromMs: before + 60_000, toMs: after, limit: 500 };
  expect((await openCandleStore(home).readRange(KEY, range))?.openTimeMs).toHaveLength(0);
});

test('damage in a row group is found by whoever reads it, and by who reads all', async () => {
  const path = pathOf('2024-01.parquet');
  const sound = await readFile(path);
  const file = await open(path, 'r+');
  await file.write(new Uint8Array(3_000).fill(7), 0, 3_000, 40_000);
  await file.close();
  expect((await stat(path)).size).toBe(sound.length);
  const refusal = { code: 'CANDLE_FILE_UNREADABLE', message: expect.stringContaining(path) };
  const range = { toMs: whole.openTimeMs[100], limit: 50 };
  await expect(openCandleStore(home).readRange(KEY, range)).rejects.toMatchObject(refusal);
  await expect(openCandleStore(home).read(KEY)).rejects.toMatchObject(refusal);
  const later = { toMs: whole.openTimeMs[3 * GROUP_ROWS], limit: 50 };
  expect(await openCandleStore(home).readRange(KEY, later)).toEqual(newestOf(whole, later));
  await writeFile(path, sound);
  expect(await openCandleStore(home).readRange(KEY, range)).toEqual(newestOf(whole, range));
});

test('values that are sound Parquet and not those that were written are refused', async () => {
  const path = pathOf('2024-01.parquet');
  const sound = await readFile(path);
  const copy = join(home, 'copy.parquet');
  const pairs = await withDuckDb(async (connection) => {
    const found = await connection.runAndReadAll(
      `SELECT decode(key), decode(value) FROM parquet_kv_metadata('${path}')`,
    );
    const metadata = found.getRows().map(([key, value]) => `${key}: '${value}'`);
    const changed = 'CASE WHEN row = 5 THEN 1.0 ELSE close END AS close';
    await connection.run(
      `COPY (SELECT * EXCLUDE (row) REPLACE (${changed}) FROM
        (SELECT *, row_number() OVER (ORDER BY open_time) AS row FROM '${path}') ORDER BY open_time)
       TO '${copy}' (FORMAT parquet, ROW_GROUP_SIZE ${GROUP_ROWS}, KV_METADATA {${metadata.join(', ')}})`,
    );
    return metadata;
  });
  expect(pairs.some((pair) => pair.startsWith('crc32_groups'))).toBe(true);
  await writeFile(path, await readFile(copy));
  const refusal = { code: 'CANDLE_FILE_UNREADABLE', message: expect.stringContaining('checksum') };
  const range = { toMs: whole.openTimeMs[100], limit: 50 };
  await expect(openCandleStore(home).readRange(KEY, range)).rejects.toMatchObject(refusal);
  await writeFile(path, sound);
});
