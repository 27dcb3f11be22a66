import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CandleSeries } from '../../market/candle-series.js';
import { simulateMarket } from '../../market/simulated-market.js';
import { isStyledNumber } from './number-styles.js';
import { type CandleFileResult, readCandleFile } from './read-candle-file.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-styles-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string): Promise<CandleFileResult> {
  const path = join(folder, 'BTCUSDT.csv');
  await writeFile(path, text);
  return readCandleFile(path);
}

async function refusal(text: string) {
  return read(text).then(
    () => undefined,
    (error) => error,
  );
}

/** How a program writes a number. */
interface Writing {
  readonly decimal: '.' | ',';
  readonly group: string;
  readonly delimiter: ',' | ';' | '\t';
}

function writeNumber(value: number, { decimal, group, delimiter }: Writing): string {
  const [whole, fraction] = String(value).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  const text = fraction === undefined ? grouped : grouped + decimal + fraction;
  return text.includes(delimiter) ? `"${text}"` : text;
}

function fileOf({ openTimeMs, open, high, low, close, volume }: CandleSeries, writing: Writing): string {
  const header = ['open_time', 'open', 'high', 'low', 'close', 'volume'].join(writing.delimiter);
  const lines = Array.from(openTimeMs, (time, row) =>
    [time, ...[open, high, low, close, volume].map((values) => writeNumber(values[row], writing))].join(
      writing.delimiter,
    ),
  );
  return [header, ...lines, ''].join('\n');
}

/** Candles whose prices have so many decimals, as an exchange's have. */
function candlesOf(seed: number, decimals: number, factor: number): CandleSeries {
  const { series } = simulateMarket({
    symbol: 'BTCUSDT',
    interval: '1h',
    rowCount: 40,
    seed,
    firstOpenTimeMs: Date.UTC(2024, 0, 1),
    plantedR2: 0,
  });
  const round = (values: Float64Array) =>
    values.map((value) => Number((value * factor).toFixed(decimals)) || 10 ** -decimals);
  const { open, high, low, close, volume } = series;
  return {
    ...series,
    open: round(open),
    high: round(high),
    low: round(low),
    close: round(close),
    volume: volume.map((value) => Number(value.toFixed(3))),
  };
}

const writings = fc.constantFrom<Writing>(
  { decimal: '.', group: '', delimiter: ',' },
  { decimal: '.', group: ',', delimiter: ',' },
  { decimal: '.', group: ',', delimiter: ';' },
  { decimal: '.', group: ' ', delimiter: '\t' },
  { decimal: '.', group: "'", delimiter: ';' },
  { decimal: ',', group: '', delimiter: ';' },
  { decimal: ',', group: '', delimiter: ',' },
  { decimal: ',', group: '.', delimiter: ';' },
  { decimal: ',', group: '.', delimiter: ',' },
  { decimal: ',', group: '\u00a0', delimiter: ';' },
  { decimal: ',', group: '\u202f', delimiter: '\t' },
);

test('reads the candles back bit for bit in whatever style they were written, or refuses them as having two readings', async () => {
  await fc.assert(
    fc.asyncProperty(
      writings,
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 0, max: 6 }),
      fc.constantFrom(0.01, 1, 37, 1000),
      async (writing, seed, decimals, factor) => {
        const series = candlesOf(seed, decimals, factor);
        const text = fileOf(series, writing);
        const error = await refusal(text);
        if (error === undefined) expect((await read(text)).series).toEqual(series);
        else expect(error.message).toContain('its numbers have two readings');
        // Decimals that are not three tell a comma from one between thousands.
        if (decimals > 0 && decimals !== 3) expect(error).toBeUndefined();
      },
    ),
    { numRuns: 40, seed: 1 },
  );
});

const HEADER = 'open_time,open,high,low,close,volume';
const START_S = Date.UTC(2024, 0, 1) / 1000;

function rowsOf(cells: readonly (readonly string[])[]): string {
  return [HEADER, ...cells.map((row, at) => [START_S + at * 3600, ...row].map((cell) => `"${cell}"`).join()), ''].join(
    '\n',
  );
}

test('refuses numbers that are thousands or decimals, and says what each would be', async () => {
  const error = await refusal(rowsOf([...Array(5)].map(() => ['16,541', '16,628', '16,499', '16,616', '96,925'])));
  expect(error).toMatchObject({ code: 'CANDLE_VALUE_INVALID' });
  expect(error.message).toContain('"16,541" is 16541 or 16.541, and nothing else in the file tells which');
  expect(error.hint).toContain('decimal points');
});

test('tells them by another cell of the file, and by what a candle can be', async () => {
  const open = ['16,541', '16,628', '16,499', '16,616'];
  const read0 = async (...rows: string[][]) => (await read(rowsOf(rows))).series;
  expect((await read0([...open, '1'], [...open, '1.5'])).open[0]).toBe(16_541);
  expect((await read0([...open, '1'], [...open, '1,5'])).open[0]).toBe(16.541);
  expect((await read0([...open, '1'], [...open, '1,000,000'])).open[0]).toBe(16_541);
  expect((await read0(['998', '1,002', '995', '1,001', '1'], ['998', '1,002', '995', '1,001', '1'])).high[0]).toBe(
    1002,
  );
});

test('finds the style also where the first rows are plain', async () => {
  const plain = [...Array(30)].map(() => ['998', '999', '997', '998', '5']);
  const { series } = await read(rowsOf([...plain, ['998', '1,002.5', '995', '1,001', '5']]));
  expect(series.high[30]).toBe(1002.5);
});

test('reads volumes in thousands and millions, says that they have lost digits, and takes no such prices', async () => {
  const rows = ['25.66K', '1.5M', '2B', '12.345K'].map((volume) => [
    '29,909.2',
    '30,000.5',
    '29,800',
    '29,900',
    volume,
  ]);
  const { series, notices } = await read(rowsOf(rows));
  expect([...series.volume]).toEqual([25_660, 1_500_000, 2e9, 12_345]);
  expect(notices).toContain(
    'volumes written in K, M or B have lost their last digits, and were read with those they have',
  );
  const error = await refusal(rowsOf(rows.map(([, ...cells]) => ['29.9K', ...cells])));
  expect(error.message).toContain('line 2: expected a number as open, was "29.9K"');
});

test('names a cell of another style with its line', async () => {
  const rows = [...Array(20)].map(() => ['16541,77', '16628,5', '16499', '16616,7', '9']);
  rows[7] = ['16541,77', '16628.5.1', '16499', '16616,7', '9'];
  expect((await refusal(rowsOf(rows))).message).toContain('line 9: expected a number as high, was "16628.5.1"');
});

test("reads investing.com's export, whose price is the close", async () => {
  const header = '\ufeff"Date","Price","Open","High","Low","Vol.","Change %"';
  const lines = [...Array(20)].map(
    (_, at) => `"07/${20 - at}/2023","29,909.${at}","29,859.1","30,189.1","29,762.0","25.66K","0.10%"`,
  );
  const { series } = await read([header, ...lines, ''].join('\n'));
  expect(series.close[19]).toBe(29_909);
  expect(series.open[0]).toBe(29_859.1);
  const other = await refusal([header.replace('Change %', 'Note'), ...lines, ''].join('\n'));
  expect(other.message).toContain('close missing');
});

test('refuses decimal commas between cells that commas separate, by what they are', async () => {
  const series = candlesOf(1, 2, 1);
  const text = fileOf(series, { decimal: ',', group: '', delimiter: ',' }).replaceAll('"', '');
  const error = await refusal(text);
  expect(error).toMatchObject({ code: 'CANDLE_FILE_UNREADABLE' });
  expect(error.message).toContain('its numbers have decimal commas, and commas separate its cells too');
});

test('recognises numbers of each style, and nothing else', () => {
  for (const cell of ['1', '1.5', '1,5', '1.000,5', '1,000.5', '1 000,5', "1'000.5", '-3', '1e-5', '2.5K', '.5']) {
    expect(isStyledNumber(cell), cell).toBe(true);
  }
  for (const cell of ['', ',', 'K', '1,00,000', '1.000.0', '1,5,5', 'abc', '12:30', '2024-01-01', '1 00']) {
    expect(isStyledNumber(cell), cell).toBe(false);
  }
});

/** Rows `open;high;low;close;volume` with points between thousands. */
function pointRows(rows: readonly (readonly number[])[], options: { decimals?: number } = {}): string {
  const write = (value: number) =>
    options.decimals === undefined
      ? String(value).replace(/\B(?=(\d{3})+$)/g, '.')
      : String(Number(value.toFixed(options.decimals)));
  return rowsOf(rows.map((row) => row.map(write)));
}

const crossing = [...Array(200)].map((_, at) => {
  const close = 900 + at;
  return [close - 1, close, close - 1, close, 50];
});

test('reads thousands of prices by their neighbours, however few of them have points', async () => {
  const falling = [...crossing].reverse().map(([open, high, low, close, volume]) => [close, high, low, open, volume]);
  for (const rows of [crossing, crossing.slice(0, 102), falling]) {
    const { series } = await read(pointRows(rows));
    expect([...series.close].sort((a, b) => a - b)).toEqual(rows.map((row) => row[3]).sort((a, b) => a - b));
  }
  const thousandfold = crossing.map((row) => [...row.slice(0, 4), row[3] * 2]);
  expect((await read(pointRows(thousandfold))).series.volume[150]).toBe(2100);
});

test('reads three decimals among whole prices as decimals', async () => {
  const rows = [...Array(40)].map((_, at) => [3 + at, 3.001 + at, 3 + at, 3.001 + at, 50]);
  expect((await read(pointRows(rows, { decimals: 3 }))).series.close[1]).toBe(4.001);
});

test('refuses prices whose points neither reading explains better', async () => {
  const error = await refusal(rowsOf([['7', '1.002', '999', '8', '1'], [...Array(5).fill('8')]]));
  expect(error.message).toContain('"1.002" is 1002 or 1.002, and nothing else in the file tells which');
});

test('refuses volumes that are thousands or decimals, unless the quote volume tells', async () => {
  const price = ['500.00', '508.00', '499.00', '507.00'];
  const volumes = ['1.305', '754', '2.117', '706', '1.048', '382'];
  const error = await refusal(rowsOf(volumes.map((volume) => [...price, volume])));
  expect(error).toMatchObject({ code: 'CANDLE_VALUE_INVALID' });
  expect(error.message).toContain(
    'its volumes have two readings: "1.305" beside "754" is 1305 with a point between thousands, or 1.305 with three decimals',
  );
  expect(error.hint).toContain('1.305 and 754.000');
  const withQuote = (factor: number) =>
    rowsOf(volumes.map((volume) => [...price, volume, String(Number(volume) * 507 * factor)])).replace(
      'volume',
      'volume,quote_volume',
    );
  expect((await read(withQuote(1))).series.volume[0]).toBe(1.305);
  expect((await refusal(withQuote(1000))).message).toContain('its volumes have two readings');
});

test('takes volumes of three decimals throughout, and those without their last zeros', async () => {
  const price = ['500', '508', '499', '507'];
  for (const volumes of [
    ['1.305', '754.000', '2.000', '7.060', '1.000'],
    ['1.305', '754', '12.5', '706', '3.125', '9', '2.117'],
    ['1.305', '2.117', '0', '3.125', '0', '0', '0'],
    ['1.305', '2.117', '1305', '3.125', '754', '12', '9'],
    ['0.305', '2.117', '130', '3.125', '754', '12', '9'],
  ]) {
    const { series } = await read(rowsOf(volumes.map((volume) => [...price, volume])));
    expect([...series.volume]).toEqual(volumes.map(Number));
  }
});

test("names a currency's sign in prices", async () => {
  for (const open of ['$30000.5', '$30,000.00', '30000 €']) {
    const error = await refusal(rowsOf([[open, '30001', '29999', '30000', '5']]));
    expect(error.message).toContain(
      `its numbers have the currency sign ${open.at(0) === '$' ? '$' : '€'}: "${open}" as open`,
    );
    expect(error.hint).toContain('export the numbers without');
  }
});
