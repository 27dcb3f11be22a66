import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withDuckDb } from '../../duckdb/connection.js';
import { type CandleSeries, rowCountOf } from '../../market/candle-series.js';
import { INSPECTION_LIMITS } from '../../market/quality/import-faults.js';
import { simulateMarket } from '../../market/simulated-market.js';
import { type CandleFileOptions, readCandleFile } from './read-candle-file.js';

const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 0, 1);
const HEADER = 'open_time,open,high,low,close,volume';
let folder: string;
let market: CandleSeries;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-file-'));
  const options = {
    symbol: 'BTCUSDT',
    interval: '1h',
    rowCount: 120,
    seed: 5,
    firstOpenTimeMs: FIRST_MS,
    plantedR2: 0,
  } as const;
  market = simulateMarket(options).series;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The market as lines; `time` writes the open time. */
function linesOf(
  series: CandleSeries,
  time: (openTimeMs: number, row: number) => string | number = (ms) => ms,
): string[] {
  const { openTimeMs, open, high, low, close, volume } = series;
  return Array.from(openTimeMs, (ms, row) =>
    [time(ms, row), open[row], high[row], low[row], close[row], volume[row]].join(','),
  );
}

async function read(text: string | Uint8Array, options: CandleFileOptions = {}, name = 'BTCUSDT_1h.csv') {
  const path = join(folder, name);
  await writeFile(path, text);
  return readCandleFile(path, options);
}

const text = (lines: readonly string[], header = HEADER) => [header, ...lines, ''].join('\n');

test('reads the plain header, and says what it read', async () => {
  const bytes = text(linesOf(market));
  const result = await read(bytes);
  expect(result.series).toEqual(market);
  expect(result).toMatchObject({
    symbolSource: 'file name',
    fileRowCount: 120,
    duplicateRows: 0,
    conflicts: { count: 0, firstTimesMs: [] },
    rowOrder: 'ascending',
    ignoredColumns: [],
    notices: [],
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
});

test('reads gzip whatever the name says', async () => {
  expect((await read(gzipSync(text(linesOf(market))))).series).toEqual(market);
});

test('reads columns in any order, with quotes, CRLF, semicolons and a byte order mark', async () => {
  const { openTimeMs, open, high, low, close, volume } = market;
  const rows = Array.from(openTimeMs, (ms, row) =>
    [`"${volume[row]}"`, close[row], ms, low[row], high[row], open[row]].join(';'),
  );
  const result = await read(`\ufeff"Volume";Close;Open time;Low;High;OPEN\r\n${rows.join('\r\n')}\r\n`);
  expect(result.series).toEqual(market);
});

test.each([
  ['seconds', (ms: number) => ms / 1000],
  ['seconds as decimals', (ms: number) => `${ms / 1000}.0`],
  ['microseconds', (ms: number) => ms * 1000],
  ['nanoseconds', (ms: number) => `${ms}000000`],
  ['ISO text', (ms: number) => new Date(ms).toISOString()],
  ['ISO text without a zone, which is UTC', (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')],
  ['ISO text with an offset', (ms: number) => `${new Date(ms + 2 * HOUR_MS).toISOString().slice(0, 19)}+02:00`],
])('reads times in %s', async (_, time) => {
  expect((await read(text(linesOf(market, time), HEADER.replace('open_time', 'time')))).series).toEqual(market);
});

test('decides the unit of each row by its magnitude', async () => {
  const units = [(ms: number) => ms / 1000, (ms: number) => ms, (ms: number) => ms * 1000];
  const result = await read(text(linesOf(market, (ms, row) => units[row % 3](ms))));
  expect(result.series).toEqual(market);
  expect(result.notices).toEqual(['times in s and ms and µs were each read in their own unit']);
});

test("reads Binance's twelve columns with and without a header, in milliseconds and microseconds", async () => {
  const rows = linesOf(market, (ms, row) => (row < 60 ? ms : ms * 1000)).map((line, row) => {
    const closeMs = market.openTimeMs[row] + HOUR_MS - 1;
    return `${line},${row < 60 ? closeMs : `${closeMs}999`},${market.volume[row] * market.close[row]},7,1.5,2.5,0`;
  });
  const header =
    'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
  const bare = await read(rows.join('\n'));
  const headed = await read(text(rows, header));
  expect(bare.series).toEqual(headed.series);
  expect(bare.series.close).toEqual(market.close);
  expect(bare.series.openTimeMs).toEqual(market.openTimeMs);
  expect(Object.keys(bare.series.extras)).toEqual([
    'quote_volume',
    'count',
    'taker_buy_volume',
    'taker_buy_quote_volume',
  ]);
  expect(bare.series.extras.count[3]).toBe(7);
});

test("reads Kraken's seven columns without a header", async () => {
  const result = await read(
    linesOf(market, (ms) => ms / 1000)
      .map((line) => `${line},9`)
      .join('\n'),
  );
  expect(result.series).toEqual({ ...market, extras: { trades: new Float64Array(120).fill(9) } });
});

test("reads Coinbase's order without a header, newest first, and says so", async () => {
  const rows = market.openTimeMs.map((ms) => ms / 1000);
  const lines = [...market.open.keys()].map((row) =>
    [rows[row], market.low[row], market.high[row], market.open[row], market.close[row], market.volume[row]].join(','),
  );
  const result = await read(lines.toReversed().join('\n'));
  expect(result.series).toEqual(market);
  expect(result.notices).toEqual([
    'the columns have no names; their values fit time, low, high, open, close, volume, as Coinbase writes them',
    'the rows stood newest first and were turned round',
  ]);
  const error = await read(text(lines, 'time,open,high,low,close,volume'), { limits: INSPECTION_LIMITS }).catch(
    (e) => e,
  );
  expect(error).toMatchObject({ code: 'CANDLE_VALUE_INVALID' });
  expect(error.message).toContain('its prices fit the order low, high, open, close, as Coinbase writes them');
});

test("says in what Yahoo's volume is", async () => {
  const rows = [...market.open.keys()].map((row) =>
    [market.openTimeMs, market.open, market.high, market.low, market.close, market.close, market.volume]
      .map((values) => values[row])
      .join(','),
  );
  const { notices } = await read(['Date,Open,High,Low,Close,Adj Close,Volume', ...rows, ''].join('\n'));
  expect(notices).toEqual([
    'the file has Adj Close, as Yahoo writes it, whose volume of a crypto pair is in the quote currency',
  ]);
});

test("refuses opens and closes under each other's names, which lows and highs cannot tell", async () => {
  const { open, close } = market;
  const rows = [...open.keys()].map((row) =>
    [market.openTimeMs, close, market.high, market.low, open, market.volume].map((values) => values[row]).join(','),
  );
  const text = ['time,open,high,low,close,volume', ...rows, ''].join('\n');
  const error = await read(text).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'CANDLE_VALUE_INVALID' });
  expect(error.message).toContain('its prices fit the order close, high, low, open, not the names of their columns');
});

test("leaves out the row that OKX has not confirmed, and names an exchange's symbol", async () => {
  const rows = [...market.open.keys()].map((row) => [
    ...[market.openTimeMs, market.open, market.high, market.low, market.close, market.volume].map((of) =>
      String(of[row]),
    ),
    ...Array(2).fill(String(market.volume[row] * market.close[row])),
    row === 119 ? '0' : '1',
  ]);
  const answer = { code: '0', msg: '', data: rows.toReversed() };
  const result = await read(JSON.stringify(answer));
  expect(result.series.close).toEqual(market.close.slice(0, 119));
  expect(Object.keys(result.series.extras)).toEqual(['quote_volume']);
  expect(result).toMatchObject({ unclosedRows: 1, faults: { unclosedRows: 1 } });
  expect(result.notices).toContain('candles left out because their exchange had not confirmed them yet: 1');
  const bybit = { result: { symbol: 'BTCUSDT', category: 'linear', list: rows.map((row) => row.slice(0, 7)) } };
  const named = await read(JSON.stringify(bybit), {}, 'answer.json');
  expect(named).toMatchObject({ symbolSource: 'symbol column', series: { symbol: 'BTCUSDT_PERP' } });
});

test('turns a newest-first file with a banner round, and takes the symbol from its column', async () => {
  const rows = linesOf(market, (ms) => `${ms / 1000},${new Date(ms).toISOString().slice(0, 10)},BTC/USDT`).reverse();
  const header = 'unix,date,symbol,open,high,low,close,Volume BTC';
  const result = await read(`https://www.example.com\n${text(rows, header)}`, {}, 'export.csv');
  expect(result.series).toEqual(market);
  expect(result).toMatchObject({ symbolSource: 'symbol column', rowOrder: 'descending' });
  expect(result.notices).toEqual([
    'the time was taken from unix, not from date',
    'the rows stood newest first and were turned round',
  ]);
});

test('sorts rows that are out of order and says so', async () => {
  const lines = linesOf(market);
  const result = await read(text([...lines.slice(50), ...lines.slice(0, 50)]));
  expect(result.series).toEqual(market);
  expect(result.rowOrder).toBe('mixed');
  expect(result.notices).toEqual(['the rows were not in the order of time and were sorted']);
});

test('keeps numeric extra columns, NaN where they are empty, and names text columns', async () => {
  const rows = linesOf(market).map((line, row) => `${line},${row === 3 ? 'NULL' : row},note ${row},`);
  const result = await read(text(rows, `${HEADER},funding rate,note,nothing`));
  const expected = Float64Array.from({ length: 120 }, (_, row) => (row === 3 ? Number.NaN : row));
  expect(result.series.extras).toEqual({ 'funding rate': expected });
  expect(result.ignoredColumns).toEqual(['note', 'nothing']);
  expect(result.notices).toEqual(['columns without numbers were left out: note, nothing']);
});

test('drops identical copies, and keeps the copy written last of the few that disagree', async () => {
  const long = simulateMarket({
    symbol: 'BTCUSDT',
    interval: '1h',
    rowCount: 2000,
    seed: 5,
    firstOpenTimeMs: FIRST_MS,
    plantedR2: 0,
  }).series;
  const lines = linesOf(long);
  const early = linesOf(long)[700].replace(/[^,]*$/, '0.001');
  const copies = [...lines.slice(0, 700), early, ...lines.slice(700, 901), ...lines.slice(900)];
  const result = await read(text(copies));
  expect(result.series).toEqual(long);
  expect(result.duplicateRows).toBe(1);
  expect(result.conflicts).toEqual({ count: 1, firstTimesMs: [FIRST_MS + 700 * HOUR_MS] });
  const reversed = await read(text([...copies].reverse()));
  expect(reversed.series).toEqual(long);
});

test('leaves out the candle that has not closed', async () => {
  const result = await read(text(linesOf(market)), { nowMs: FIRST_MS + 119.5 * HOUR_MS });
  expect(rowCountOf(result.series)).toBe(119);
  expect(result.unclosedRows).toBe(1);
  expect(result.notices).toEqual(['candles left out because they have not closed yet: 1']);
});

test('leaves out a few rows off the grid, and says so', async () => {
  const long = simulateMarket({
    symbol: 'X',
    interval: '1h',
    rowCount: 300,
    seed: 1,
    firstOpenTimeMs: FIRST_MS,
    plantedR2: 0,
  });
  const lines = linesOf(long.series, (ms, row) => (row === 5 ? ms + 854_789 : ms));
  const result = await read(text(lines));
  expect(result.offGridRows).toBe(1);
  expect(rowCountOf(result.series)).toBe(299);
  expect(result.notices).toEqual([
    'rows left out because they are off the 1h grid: 1, the first 2024-01-01T05:14:14.789Z',
  ]);
});

test('keeps gaps as absent rows', async () => {
  const lines = linesOf(market).filter((_, row) => row < 40 || row >= 100);
  expect(rowCountOf((await read(text(lines))).series)).toBe(60);
});

test('takes the symbol of the option before that of the name, and says that they differ', async () => {
  const result = await read(text(linesOf(market)), { symbol: 'ETHUSDT' });
  expect(result).toMatchObject({ symbolSource: 'option', series: { symbol: 'ETHUSDT' } });
  expect(result.notices).toEqual(['the file speaks of BTCUSDT, its candles are taken for ETHUSDT']);
});

test.each([
  ['TIMESTAMP', 'make_timestamp(open_time * 1000)'],
  ['TIMESTAMP WITH TIME ZONE', 'make_timestamptz(open_time * 1000)'],
  ['TIMESTAMP_NS', 'make_timestamp(open_time * 1000)::TIMESTAMP_NS'],
  ['TIMESTAMP_S', 'make_timestamp(open_time * 1000)::TIMESTAMP_S'],
  ['BIGINT', 'open_time'],
  ['VARCHAR', "strftime(make_timestamp(open_time * 1000), '%Y-%m-%d %H:%M:%S')"],
])('reads Parquet with times of type %s', async (_, time) => {
  const csv = join(folder, 'parquet-source.csv');
  await writeFile(csv, text(linesOf(market)));
  const path = join(folder, "it's [1] BTCUSDT_1h.parquet");
  await withDuckDb((connection) =>
    connection.run(`COPY (SELECT ${time} AS "Open time", * EXCLUDE (open_time, volume), volume::DECIMAL(18, 6) AS volume, 'x' AS note, [1, 2] AS list
      FROM read_csv('${csv}')) TO '${path.replace("'", "''")}' (FORMAT parquet)`),
  );
  const { series, ignoredColumns, sha256 } = await readCandleFile(path, { symbol: 'BTCUSDT' });
  expect(series.openTimeMs).toEqual(market.openTimeMs);
  expect(series.close).toEqual(market.close);
  expect(series.volume[7]).toBeCloseTo(market.volume[7], 5);
  expect(ignoredColumns).toEqual(['note', 'list']);
  expect(sha256).toBe(
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  );
});

test("reads Parquet's timestamps of a zone's clock, and leaves those of UTC as they are", async () => {
  const csv = join(folder, 'parquet-zone.csv');
  await writeFile(csv, text(linesOf(market)));
  for (const [type, hoursAhead] of [
    ['TIMESTAMP', 5.5],
    ['TIMESTAMP WITH TIME ZONE', 0],
  ] as const) {
    const path = join(folder, 'BTCUSDT_zone.parquet');
    await withDuckDb((connection) =>
      connection.run(`COPY (SELECT make_timestamp((open_time + ${hoursAhead * HOUR_MS}) * 1000)::${type} AS time, * EXCLUDE (open_time)
        FROM read_csv('${csv}')) TO '${path}' (FORMAT parquet)`),
    );
    const { series } = await readCandleFile(path, { timeZone: 'Asia/Kolkata' });
    expect(series.openTimeMs).toEqual(market.openTimeMs);
  }
});
