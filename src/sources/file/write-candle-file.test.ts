import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDuckDb } from '../../duckdb/connection.js';
import { type CandleSeries, sliceCandles } from '../../market/candle-series.js';
import { simulateMarket } from '../../market/simulated-market.js';
import { readCandleFile } from './read-candle-file.js';
import { writeCandleFile } from './write-candle-file.js';

const FIRST_MS = Date.UTC(2024, 0, 1);
const HOUR_MS = 3_600_000;

let folder: string;
let number = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-export-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const freshPath = (name: string) => join(folder, `${++number}_${name}`);

function market(rowCount = 5_000): CandleSeries {
  const { series } = simulateMarket({
    symbol: 'BTCUSDT',
    interval: '1h',
    rowCount,
    seed: 4,
    firstOpenTimeMs: FIRST_MS,
    plantedR2: 0,
  });
  return { ...series, extras: {} };
}

function withExtras(series: CandleSeries): CandleSeries {
  const count = series.volume.map((value, row) => (row % 7 === 0 ? Number.NaN : Math.round(value)));
  return { ...series, extras: { count, 'my column': series.close.map((value) => -value / 3) } };
}

const FILES = [
  ['BTCUSDT_1h.csv', undefined],
  ['BTCUSDT_1h.csv.gz', undefined],
  ['BTC_USDT-1h.json', undefined],
  ['BTC_USDT-1h.json.gz', undefined],
  ['BTCUSDT_1h.parquet', undefined],
  ['BTC_USDT-1h.parquet', 'freqtrade-parquet'],
] as const;

describe.each(FILES)('%s as %s', (name, format) => {
  const hasExtras = /csv|BTCUSDT_1h.parquet/.test(name);

  test('is read again bit for bit', async () => {
    const path = freshPath(name);
    const series = hasExtras ? withExtras(market()) : market();
    expect(await writeCandleFile(path, series, { format })).toMatchObject({ columnsLeftOut: [] });
    const read = await readCandleFile(path);
    expect(read).toMatchObject({ notices: [], symbolSource: 'file name', rowOrder: 'ascending' });
    expect(read.series).toEqual(series);
  });

  test('keeps every number a double can be', async () => {
    const price = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(price, price, fc.double({ min: 0, max: 1e300, noNaN: true })), {
          minLength: 2,
          maxLength: 8,
        }),
        async (rows) => {
          const [low, high] = [Math.min, Math.max].map((pick) => Float64Array.from(rows, ([a, b]) => pick(a, b)));
          const series: CandleSeries = {
            symbol: 'BTCUSDT',
            interval: '1h',
            openTimeMs: Float64Array.from(rows, (_, row) => FIRST_MS + row * HOUR_MS),
            open: Float64Array.from(rows, ([a]) => a),
            high,
            low,
            close: Float64Array.from(rows, ([, b]) => b),
            volume: Float64Array.from(rows, ([, , volume]) => volume),
            extras: {},
          };
          const path = freshPath(name);
          await writeCandleFile(path, series, { format });
          expect((await readCandleFile(path)).series).toEqual(series);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('is the same bytes each time', async () => {
    const paths = [freshPath(name), freshPath(name)];
    for (const path of paths) await writeCandleFile(path, market(), { format });
    const [first, second] = await Promise.all(paths.map((path) => readFile(path)));
    expect(first.equals(second)).toBe(true);
  });
});

test('JSON is what freqtrade writes', async () => {
  // tests/testdata of freqtrade and its data downloading page: [[<date>,<open>,<high>,<low>,<close>,<volume>],…] in ms
  const path = freshPath('BTC_USDT-1h.json.gz');
  const { columnsLeftOut } = await writeCandleFile(path, withExtras(market(3)));
  expect(columnsLeftOut).toEqual(['count', 'my column']);
  const rows = JSON.parse(gunzipSync(await readFile(path)).toString());
  const { open, high, low, close, volume } = market(3);
  expect(rows).toEqual([0, 1, 2].map((i) => [FIRST_MS + i * HOUR_MS, open[i], high[i], low[i], close[i], volume[i]]));
});

test('freqtrade’s Parquet has a date in UTC and five numbers', async () => {
  const path = freshPath('BTC_USDT-1h.parquet');
  await writeCandleFile(path, market(3), { format: 'freqtrade-parquet' });
  await withDuckDb(async (connection) => {
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet('${path}')`);
    expect(described.getRows().map(([name, type]) => [name, type])).toEqual([
      ['date', 'TIMESTAMP WITH TIME ZONE'],
      ...['open', 'high', 'low', 'close', 'volume'].map((name) => [name, 'DOUBLE']),
    ]);
    const first = await connection.runAndReadAll(`SELECT epoch_ms(min(date))::DOUBLE FROM read_parquet('${path}')`);
    expect(first.getRows()).toEqual([[FIRST_MS]]);
  });
});

test('no cell of a CSV is a formula, and a negative number stays a number', async () => {
  const path = freshPath('BTCUSDT_1h.csv');
  const series = market(2);
  const hostile = ['=cmd|calc', '+1', '-2+3', '@SUM(A1)', '\tx', 'a,"b"\nc'];
  const extras = Object.fromEntries(hostile.map((name) => [name, Float64Array.of(-1.5, -0)]));
  await writeCandleFile(path, { ...series, extras });
  const [header, line] = (await readFile(path, 'utf8')).split('\n');
  expect(header.split(',').slice(6)).toEqual(["'=cmd_calc", "'+1", "'-2+3", "'@SUM(A1)", "'\tx", 'a__b__c']);
  expect(line.split(',').slice(6)).toEqual(hostile.map(() => '-1.5'));
  const read = await readCandleFile(path, { interval: '1h' });
  expect(Object.values(read.series.extras)).toEqual(Object.values(extras));
});

test('a file that is there is replaced only when that is wanted, and then whole', async () => {
  const path = freshPath('BTCUSDT_1h.csv');
  await writeFile(path, 'mine');
  await expect(writeCandleFile(path, market(3))).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('is there already'),
    hint: expect.stringContaining('--force'),
  });
  expect(await readFile(path, 'utf8')).toBe('mine');
  await writeCandleFile(path, market(3), { overwrite: true });
  expect((await readCandleFile(path)).series).toEqual(market(3));
});

test.each([['BTCUSDT_1h.xlsx'], ['BTCUSDT_1h'], ['BTC_USDT-1h.feather']])(
  'the name %s says no format',
  async (name) => {
    await expect(writeCandleFile(freshPath(name), market(2))).rejects.toMatchObject({ code: 'USAGE' });
  },
);

test.each([['csv'], ['parquet']] as const)(
  'a failed write of %s leaves nothing behind and says why',
  async (format) => {
    const place = await mkdtemp(join(folder, 'failed-'));
    const broken = { ...sliceCandles(market(3), 0, 3), close: null as unknown as Float64Array };
    await expect(writeCandleFile(join(place, 'x.csv'), broken, { format })).rejects.toMatchObject({
      code: 'STORAGE_UNWRITABLE',
    });
    expect(await readdir(place)).toEqual([]);
    await expect(writeCandleFile(join(place, 'no/x.csv'), market(2), { format })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  },
);

test('feather of the first version is refused with the line that converts it', async () => {
  const path = join(folder, "it's BTC_USDT-1h.feather");
  await writeFile(path, Buffer.concat([Buffer.from('FEA1'), Buffer.alloc(100)]));
  const quoted = `'${join(folder, "it'\\''s BTC_USDT-1h")}`;
  await expect(readCandleFile(path)).rejects.toMatchObject({
    code: 'CANDLE_FILE_UNREADABLE',
    hint: expect.stringContaining(
      `pandas.read_feather(sys.argv[1]).to_parquet(sys.argv[2])' ${quoted}.feather' ${quoted}.parquet'`,
    ),
  });
});
