import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { needs } from '../../test/support/needs.js';
import { withRowCount } from '../../test/support/parquet-bomb.js';
import { withDuckDb } from '../duckdb/connection.js';
import { type CandleSeries, sliceCandles } from '../market/candle-series.js';
import { simulateMarket } from '../market/simulated-market.js';
import type { CandleStore } from '../ports/candle-store.js';
import { writeCandleParquet } from './candle-parquet-writer.js';
import { openCandleStore } from './candle-store.js';

const FIRST_MS = Date.UTC(2023, 10, 20);
const KEY = { source: 'binance', symbol: 'BTCUSDT', interval: '1h' } as const;
const FILES = ['2023.parquet', '2024.parquet', 'tail.parquet'];

let home: string;
let store: CandleStore;
let folder: string;
let singleFile: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-store-'));
  store = openCandleStore(home);
  folder = join(home, 'data/candles/binance/BTCUSDT/1h');
  singleFile = `${folder}.parquet`;
});

afterEach(() => rm(home, { recursive: true, force: true }));

/** Hours on both sides of a year's end; of the last hundred or so the tail is made. */
function market(rowCount = 2000): CandleSeries {
  const { series } = simulateMarket({ ...KEY, rowCount, seed: 4, firstOpenTimeMs: FIRST_MS, plantedR2: 0 });
  const count = Float64Array.from({ length: rowCount }, (_, row) => (row % 7 === 0 ? Number.NaN : row));
  return { ...series, extras: { 'trade "count"': count } };
}

/** The first row of `market` that is in the tail. */
async function tailRowOf(): Promise<number> {
  const { rows } = await query(`SELECT min(open_time) FROM '${join(folder, 'tail.parquet')}'`);
  return (Number(rows[0][0]) - FIRST_MS) / 3_600_000;
}

async function query(sql: string) {
  return withDuckDb(async (connection) => {
    const result = await connection.runAndReadAll(sql);
    return { names: result.columnNames(), rows: result.getRows() };
  });
}

async function identitiesOf(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir(folder)) {
    const { ino, mtimeMs } = await stat(join(folder, name));
    found.set(name, `${ino} ${mtimeMs}`);
  }
  return found;
}

async function bytesOf(place: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir(place)) found.set(name, (await readFile(join(place, name))).toString('base64'));
  return found;
}

/** As older versions of the program stored a series. */
async function writeSingleFile(series: CandleSeries): Promise<void> {
  await mkdir(dirname(singleFile), { recursive: true });
  await writeCandleParquet({ path: singleFile, series, source: 'binance', isPacked: true });
}

describe('the layout', () => {
  test('one glob gives every row once: integer times, NULL where nothing is known, the same columns in each file', async () => {
    await store.append('binance', market());
    expect(await readdir(folder)).toEqual(FILES);
    for (const name of ['*.parquet', ...FILES]) {
      const { rows } = await query(`DESCRIBE SELECT * FROM '${join(folder, name)}'`);
      expect(rows.map(([column, type]) => [column, type])).toEqual([
        ['open_time', 'BIGINT'],
        ...['open', 'high', 'low', 'close', 'volume', 'trade "count"'].map((column) => [column, 'DOUBLE']),
      ]);
    }
    const { rows } = await query(
      `SELECT count(*), count(DISTINCT open_time), count("trade ""count""") FROM '${join(folder, '*.parquet')}'`,
    );
    expect(rows).toEqual([[2000n, 2000n, 2000n - 286n]]);
  });

  test.each([
    ['1s', 87_000, ['2024-02-28.parquet', '2024-02-29.parquet', 'tail.parquet']],
    ['1m', 45_000, ['2024-02.parquet', '2024-03.parquet', 'tail.parquet']],
    ['5m', 400, ['2024.parquet', 'tail.parquet']],
    ['1d', 600, ['2024.parquet', '2025.parquet', 'tail.parquet']],
  ] as const)('%s candles lie in files of their day, month or year', async (interval, rowCount, names) => {
    const firstOpenTimeMs = Date.UTC(2024, 1, 28);
    const options = { ...KEY, interval, rowCount, seed: 4, firstOpenTimeMs, plantedR2: 0 };
    await store.append('binance', simulateMarket(options).series);
    expect(await readdir(join(dirname(folder), interval))).toEqual(names);
  });

  test('a new candle is written to the tail alone, and what leaves the tail to its year', async () => {
    const whole = market(2100);
    await store.append('binance', sliceCandles(whole, 0, 1800));
    const before = await identitiesOf();
    await store.append('binance', sliceCandles(whole, 1800, 1801));
    const after = await identitiesOf();
    expect([...after].filter(([name, identity]) => before.get(name) !== identity).map(([name]) => name)).toEqual([
      'tail.parquet',
    ]);
    await store.append('binance', sliceCandles(whole, 1801, 2100));
    expect((await identitiesOf()).get('2023.parquet')).toBe(before.get('2023.parquet'));
    expect((await identitiesOf()).get('2024.parquet')).not.toBe(before.get('2024.parquet'));
    expect(await store.read(KEY)).toEqual(whole);
  });

  test('a revision writes the file of its candle and no other', async () => {
    await store.append('binance', market());
    const before = await identitiesOf();
    const revised = sliceCandles(market(), 10, 11);
    revised.volume[0] += 1;
    expect(await store.append('binance', revised)).toMatchObject({ addedRows: 0, revisedRows: 1 });
    const after = await identitiesOf();
    expect(FILES.filter((name) => before.get(name) !== after.get(name))).toEqual(['2023.parquet']);
  });

  test('appending the same again leaves every file alone', async () => {
    await store.append('binance', market());
    const before = await identitiesOf();
    await store.append('binance', market());
    await openCandleStore(home).append('binance', sliceCandles(market(), 500, 1999));
    expect(await identitiesOf()).toEqual(before);
  });

  test('a column that comes later is in every file', async () => {
    await store.append('binance', { ...market(), extras: {} });
    await store.append('binance', sliceCandles(market(), 1999, 2000));
    for (const name of FILES) {
      const { names } = await query(`SELECT * FROM '${join(folder, name)}'`);
      expect(names).toContain('trade "count"');
    }
    await store.append('binance', { ...market(2001), extras: {} });
    expect((await query(`SELECT * FROM '${join(folder, 'tail.parquet')}'`)).names).toContain('trade "count"');
  });

  test('many columns make a shorter tail, so that its bytes have a bound', async () => {
    const whole = market(1000);
    const extras = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`column ${index}`, whole.close]));
    await store.append('binance', { ...whole, extras });
    expect((await stat(join(folder, 'tail.parquet'))).size).toBeLessThan(64_000);
    expect(await store.read(KEY)).toEqual({ ...whole, extras });
  });

  test('the bytes of the files tell the rows and nothing of how they came', async () => {
    const whole = market(6000);
    const other = { ...whole, extras: { ...whole.extras, quote: whole.close.map((close, row) => close * row) } };
    const partsInOrder = async (name: string, bounds: readonly (readonly [number, number])[]) => {
      const parts = openCandleStore(join(home, name));
      for (const [start, end] of bounds) await parts.append('binance', sliceCandles(other, start, end));
      return bytesOf(join(home, name, 'data/candles/binance/BTCUSDT/1h'));
    };
    const atOnce = await partsInOrder('a', [[0, 6000]]);
    expect([...atOnce.keys()]).toEqual(FILES);
    const inParts = [
      [2879, 3001],
      [0, 3000],
      [2990, 5800],
      [5800, 5801],
      [5801, 6000],
    ] as const;
    expect(await partsInOrder('b', inParts)).toEqual(atOnce);
    // the same rows, the further columns in another order
    const { quote } = other.extras;
    await openCandleStore(join(home, 'c')).append('binance', { ...other, extras: { quote, ...whole.extras } });
    expect(await bytesOf(join(home, 'c/data/candles/binance/BTCUSDT/1h'))).toEqual(atOnce);
  });
});

describe('a crash', () => {
  /** The store as it is when an append was killed once some files were written and others were not. */
  async function tear(restored: readonly string[], start: number, end: number): Promise<Map<string, string>> {
    const aside = join(home, 'aside');
    await store.append('binance', sliceCandles(market(), 0, start));
    await cp(folder, aside, { recursive: true });
    await store.append('binance', sliceCandles(market(), start, end));
    const whole = await bytesOf(folder);
    for (const name of restored) await cp(join(aside, name), join(folder, name));
    return whole;
  }

  test.each([
    [['tail.parquet'], 1700, 2000],
    [['tail.parquet'], 900, 1900],
    [['2024.parquet', 'tail.parquet'], 1700, 2000],
    [['2023.parquet'], 900, 1000],
  ] as const)(
    'with %s not yet written shows each candle once, and the next append mends it',
    async (files, start, end) => {
      const whole = await tear(files, start, end);
      const torn = (await openCandleStore(home).read(KEY))!;
      const rowCount = torn.openTimeMs.length;
      expect(rowCount).toBeGreaterThanOrEqual(files.length === 1 && files[0] === '2023.parquet' ? 0 : start);
      const fresh = openCandleStore(home);
      expect(await fresh.describe(KEY)).toMatchObject({ rowCount, lastOpenTimeMs: torn.openTimeMs[rowCount - 1] });
      expect(await fresh.readRange(KEY, { limit: 300 })).toEqual(sliceCandles(torn, rowCount - 300, rowCount));
      await fresh.append('binance', sliceCandles(market(), start - 700, end));
      expect(await fresh.read(KEY)).toEqual(sliceCandles(market(), 0, end));
      expect(await bytesOf(folder)).toEqual(whole);
    },
  );

  test('that left rows of the tail in a segment is mended by whatever comes next', async () => {
    await tear(['tail.parquet'], 1700, 2000);
    await openCandleStore(home).append('binance', sliceCandles(market(), 3, 4));
    const { rows } = await query(`SELECT count(*), count(DISTINCT open_time) FROM '${join(folder, '*.parquet')}'`);
    expect(rows[0][0]).toBe(rows[0][1]);
    expect(await store.read(KEY)).toEqual(sliceCandles(market(), 0, Number(rows[0][0])));
  });

  test('a tail that somebody removed is made anew', async () => {
    await store.append('binance', market());
    const tailRow = await tailRowOf();
    await rm(join(folder, 'tail.parquet'));
    expect(await store.read(KEY)).toEqual(sliceCandles(market(), 0, tailRow));
    await store.append('binance', sliceCandles(market(), tailRow, 2000));
    expect(await store.read(KEY)).toEqual(market());
    expect(await readdir(folder)).toEqual(FILES);
  });

  test('files under hidden names are removed by the next append', async () => {
    await store.append('binance', market());
    const name = '.tmp-tradeai-nowhere-1-0123456789ab';
    await writeFile(join(folder, name), 'half');
    await utimes(join(folder, name), 0, 0);
    await store.append('binance', market(2001));
    expect(await readdir(folder)).toEqual(FILES);
  });
});

describe('one file, as older versions wrote it', () => {
  test('is read as it is, and listed', async () => {
    await writeSingleFile(market());
    expect(await store.read(KEY)).toEqual(market());
    expect(await store.readRange(KEY, { limit: 3 })).toEqual(sliceCandles(market(), 1997, 2000));
    expect(await store.describe(KEY)).toMatchObject({ rowCount: 2000, firstOpenTimeMs: FIRST_MS });
    expect(await store.list()).toMatchObject([{ ...KEY, rowCount: 2000, problem: null }]);
    expect(await readdir(dirname(folder))).toEqual(['1h.parquet']);
  });

  test('becomes a folder with the first append, the same as if it had always been one', async () => {
    await writeSingleFile(sliceCandles(market(), 0, 1990));
    const stamp = await store.stamp(KEY);
    await store.append('binance', sliceCandles(market(), 1989, 2000));
    expect(await store.stamp(KEY)).not.toBe(stamp);
    expect(await store.read(KEY)).toEqual(market());
    expect(await readdir(dirname(folder))).toEqual(['1h']);
    await openCandleStore(join(home, 'other')).append('binance', market());
    expect(await bytesOf(folder)).toEqual(await bytesOf(join(home, 'other/data/candles/binance/BTCUSDT/1h')));
  });

  test('beside its folder is what a kill left: the folder is whole, and the file goes', async () => {
    await store.append('binance', market());
    await writeSingleFile(sliceCandles(market(), 0, 5));
    expect(await store.read(KEY)).toEqual(market());
    expect(await store.list()).toMatchObject([{ rowCount: 2000 }]);
    await store.append('binance', sliceCandles(market(), 0, 1));
    expect(await readdir(dirname(folder))).toEqual(['1h']);
    expect(await store.read(KEY)).toEqual(market());
  });

  test('that is damaged stays where it is', async () => {
    await mkdir(dirname(singleFile), { recursive: true });
    await writeFile(singleFile, 'not parquet at all');
    await expect(store.append('binance', market())).rejects.toMatchObject({ code: 'CANDLE_FILE_UNREADABLE' });
    expect(await readdir(dirname(folder))).toEqual(['1h.parquet']);
  });
});

describe('several at once', () => {
  test('appends lose nothing', async () => {
    const starts = [0, 400, 800, 1200, 1600];
    const parts = starts.map((start) => sliceCandles(market(), start, start + 400));
    const results = await Promise.all(parts.map((part) => openCandleStore(home).append('binance', part)));
    expect(results.map(({ addedRows }) => addedRows)).toEqual([400, 400, 400, 400, 400]);
    expect(await store.read(KEY)).toEqual(market());
    expect(await readdir(dirname(folder))).toEqual(['1h']);
    expect(await readdir(folder)).toEqual(FILES);
  });

  test('a file that something else replaced or changed is read again', async () => {
    const whole = market();
    await store.append('binance', sliceCandles(whole, 0, 1990));
    await openCandleStore(home).append('binance', sliceCandles(whole, 1990, 1999));
    expect(await store.append('binance', sliceCandles(whole, 1999, 2000))).toMatchObject({ addedRows: 1 });
    expect(await store.read(KEY)).toEqual(whole);
    const path = join(folder, '2023.parquet');
    await query(`COPY (SELECT * FROM '${path}' LIMIT 7) TO '${path}.other' (FORMAT parquet)`);
    await writeFile(path, await readFile(`${path}.other`));
    expect((await store.read(KEY))?.openTimeMs.slice(0, 8)).toEqual(
      Float64Array.of(...whole.openTimeMs.slice(0, 7), Date.UTC(2024, 0, 1)),
    );
    await rm(folder, { recursive: true });
    expect(await store.read(KEY)).toBeUndefined();
  });
});

describe('what is damaged', () => {
  const KINDS = [
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 40)],
    ['empty', () => Buffer.alloc(0)],
    ['other bytes', () => Buffer.from('not parquet at all')],
    ['a page of zeros', (bytes: Buffer) => Buffer.from(bytes).fill(0, 8, 600)],
  ] as const;

  test.each(FILES.flatMap((name) => KINDS.map(([kind, damage]) => ({ name, kind, damage }))))(
    '$name that is $kind is named and never overwritten',
    async ({ name, damage }) => {
      await store.append('binance', market());
      const path = join(folder, name);
      const damaged = damage(await readFile(path));
      await writeFile(path, damaged);
      const refusal = { code: 'CANDLE_FILE_UNREADABLE', message: expect.stringContaining(path) };
      await expect(store.read(KEY)).rejects.toMatchObject(refusal);
      const twice = market(2300);
      twice.volume[3] += 1;
      await expect(store.append('binance', twice)).rejects.toMatchObject(refusal);
      expect(await readFile(path)).toEqual(damaged);
    },
  );

  test('a footer that tells of more rows than can be in the file is doubted before room is made for them', async () => {
    await store.append('binance', market());
    const path = join(folder, '2023.parquet');
    const bytes = Uint8Array.from(await readFile(path));
    await writeFile(path, withRowCount(bytes.buffer, 2n ** 40n));
    await expect(openCandleStore(home).read(KEY)).rejects.toMatchObject({
      code: 'CANDLE_FILE_UNREADABLE',
      message: expect.stringContaining(`it is too small for its ${2 ** 40} rows`),
    });
  });

  test.each([
    ['without a column', 'SELECT 1::BIGINT AS open_time, 1.0 AS open', 'the column high is missing'],
    [
      'whose times do not ascend',
      'SELECT unnest([2, 1])::BIGINT AS open_time, 1.0 AS open, 1.0 AS high, 1.0 AS low, 1.0 AS close, 1.0 AS volume',
      'row 2 is not later than the row before it',
    ],
    ['with text', "SELECT 'x' AS open_time", 'damaged'],
  ])('a Parquet file %s is refused', async (_, sql, message) => {
    await mkdir(dirname(singleFile), { recursive: true });
    await query(`COPY (${sql}) TO '${singleFile}' (FORMAT parquet)`);
    await expect(store.read(KEY)).rejects.toMatchObject({
      code: 'CANDLE_FILE_UNREADABLE',
      message: expect.stringContaining(message),
    });
  });

  test('a segment under the name of another time is refused', async () => {
    await store.append('binance', market());
    await cp(join(folder, '2024.parquet'), join(folder, '2022.parquet'));
    await expect(store.read(KEY)).rejects.toMatchObject({
      code: 'CANDLE_FILE_UNREADABLE',
      message: expect.stringContaining('2022.parquet'),
    });
  });

  test('is an entry of the list, and hides no other', async () => {
    await store.append('binance', market());
    await store.append('binance', { ...market(30), symbol: 'ETHUSDT' });
    await writeFile(join(folder, '2023.parquet'), 'random bytes');
    await writeFile(join(dirname(folder), '.tmp-other'), 'x');
    await writeFile(join(dirname(folder), 'notes.txt'), 'x');
    await writeFile(join(dirname(folder), '7h.parquet'), 'x');
    await mkdir(join(dirname(folder), '4h'));
    const sizes = await Promise.all(FILES.map(async (name) => (await stat(join(folder, name))).size));
    expect(await store.list()).toEqual([
      {
        ...KEY,
        rowCount: null,
        firstOpenTimeMs: null,
        lastOpenTimeMs: null,
        sizeBytes: sizes[0] + sizes[1] + sizes[2],
        problem: expect.stringContaining('2023.parquet is damaged'),
      },
      expect.objectContaining({ symbol: 'ETHUSDT', rowCount: 30, problem: null }),
    ]);
  });
});

describe('what the system refuses', () => {
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

  test('a name that is a path is refused before the disk is touched', async () => {
    await expect(store.append('../x', market())).rejects.toMatchObject({ code: 'NAME_INVALID' });
    expect(await readdir(home)).toEqual([]);
  });
});
