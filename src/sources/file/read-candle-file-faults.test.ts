import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withDuckDb } from '../../duckdb/connection.js';
import { INSPECTION_LIMITS } from '../../market/quality/import-faults.js';
import { type CandleFileOptions, readCandleFile } from './read-candle-file.js';

const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 0, 1);
const HEADER = 'open_time,open,high,low,close,volume';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-faults-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Lines of sound candles; row 0 stands in line 2 of `fileOf`. */
function soundLines(count = 40): string[] {
  return Array.from({ length: count }, (_, row) => `${FIRST_MS + row * HOUR_MS},100,${102 + row},99,101,${row}`);
}

const fileOf = (lines: readonly string[], header = HEADER) => `${[header, ...lines].join('\n')}\n`;

/** Gzip ends with a checksum and a length of four bytes each (https://datatracker.ietf.org/doc/html/rfc1952). */
function withoutChecksum(gzip: Buffer): Buffer {
  return gzip.fill(0, gzip.length - 8);
}

function withLine(row: number, line: string): string[] {
  return soundLines().map((sound, at) => (at === row ? line : sound));
}

function withCells(row: number, cells: string): string[] {
  return withLine(row, `${FIRST_MS + row * HOUR_MS},${cells}`);
}

async function refusal(content: string | Uint8Array, options: CandleFileOptions = {}, name = 'BTCUSDT_1h.csv') {
  const path = join(folder, name);
  await writeFile(path, content);
  return readCandleFile(path, options).then(
    () => undefined,
    (error) => error,
  );
}

test('a missing file, a folder and a broken path are told apart', async () => {
  await expect(readCandleFile(join(folder, 'none.csv'))).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    kind: 'not-found',
  });
  await mkdir(join(folder, 'sub'));
  await expect(readCandleFile(join(folder, 'sub'))).rejects.toMatchObject({
    code: 'CANDLE_FILE_UNREADABLE',
    message: 'sub is not a file',
  });
});

test.each([
  ['an empty file', '', 'is empty'],
  ['an empty gzip', gzipSync(''), 'is empty once unpacked'],
  ['blank lines', '\n\n \n', 'holds only blank lines'],
  ['cut gzip', gzipSync(fileOf(soundLines(500))).subarray(0, 1200), 'is cut off: the gzip data ends too early'],
  ['damaged gzip', withoutChecksum(gzipSync(fileOf(soundLines()))), 'is damaged gzip'],
  [
    'a picture',
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d]),
    'is binary or UTF-16 text',
  ],
  ['UTF-16', Buffer.from(`\ufeff${fileOf(soundLines())}`, 'utf16le'), 'is binary or UTF-16 text'],
  ['noise', Buffer.from(Array.from({ length: 3000 }, (_, at) => 128 + ((at * 37) % 127))), 'is binary'],
  ['a zip archive', 'PK\u0003\u0004more', 'is a zip archive'],
  [
    'a Git LFS pointer',
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
    'is a Git LFS pointer',
  ],
  ['a web page', '<!DOCTYPE html><html>', 'is a web page or XML'],
  ['JSON of another layout', '{"data":{"price":"0.1"}}', 'is JSON, but no list of rows'],
  ['damaged feather', Buffer.concat([Buffer.from('ARROW1'), Buffer.alloc(100)]), 'is damaged feather'],
  ['damaged Parquet', Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(2000, 7)]), 'is damaged Parquet'],
  ['a header and nothing else', `${HEADER}\n`, 'holds no candles'],
])('%s is refused by its name', async (_, content, message) => {
  const error = await refusal(content);
  expect(error).toMatchObject({ code: 'CANDLE_FILE_UNREADABLE', kind: 'data' });
  expect(error.message).toContain(`BTCUSDT_1h.csv ${message}`);
  expect(error.hint).toBeTruthy();
});

test('a header without close names what is there', async () => {
  const error = await refusal(fileOf(['1,2,3,4,5'], 'open_time,open,high,low,volume'));
  expect(error).toMatchObject({ code: 'CANDLE_COLUMNS_MISSING' });
  expect(error.message).toContain('close missing, there are open_time, open, high, low, volume');
});

test('no header and an unknown number of columns shows the first line', async () => {
  const error = await refusal('1704067200000,1,2,3\n1704070800000,1,2,3\n');
  expect(error).toMatchObject({ code: 'CANDLE_COLUMNS_MISSING' });
  expect(error.message).toContain('the first line was "1704067200000,1,2,3"');
});

test.each([
  ['text', withCells(15, '100,abc,99,101,1'), 'line 17, high: "abc"'],
  ['a number with two decimal points', withCells(15, '1.000.0,102,99,101,1'), 'line 17, open: "1.000.0"'],
  ['too few columns', withLine(15, '...'), 'line 17: expected 6 columns, was 1'],
  ['too many columns', withCells(15, '100,102,99,101,1,5,5'), 'line 17: expected 6 columns, was 8'],
  ['an empty cell', withCells(15, '100,102,,101,1'), 'line 17: expected a number as low, was ""'],
  ['nan', withCells(15, '100,102,99,nan,1'), 'line 17: expected a number as close, was "nan"'],
  ['infinity', withCells(15, '100,inf,99,101,1'), 'line 17: expected a number as high, was "inf"'],
  ['high below low', withCells(15, '100,98,99,98.5,1'), 'line 17: high 98 is below low 99'],
  ['open above high', withCells(15, '103,102,99,101,1'), 'line 17: open 103 is outside low 99 to high 102'],
  ['close below low', withCells(15, '100,102,99,98,1'), 'line 17: close 98 is outside low 99 to high 102'],
  ['a price of zero', withCells(15, '0,102,0,101,1'), 'line 17: expected open above 0, was 0'],
  ['a negative price', withCells(15, '100,102,-99,101,1'), 'line 17: expected low above 0, was -99'],
  ['a negative volume', withCells(15, '100,102,99,101,-1'), 'line 17: expected volume of 0 or more, was -1'],
  ['a time before 2009', withLine(15, '42,100,102,99,101,1'), 'line 17: expected a time from 2009 to now, was "42"'],
  ['a time in the future', withLine(15, '32503680000000,100,102,99,101,1'), 'was "32503680000000" (3000-01-01'],
  ['a date that is none', withLine(15, '2024-13-45,100,102,99,101,1'), 'line 17, open_time: "2024-13-45"'],
])('%s is refused with line, column and value', async (_, lines, message) => {
  const error = await refusal(fileOf(lines));
  expect(error).toMatchObject({ code: 'CANDLE_VALUE_INVALID', kind: 'data' });
  expect(error.message).toContain(message);
  expect(error.hint).toContain('nothing was imported');
});

test('a file with two kinds of line ends is refused rather than read in part', async () => {
  const error = await refusal(`${fileOf(soundLines())}${soundLines().join('\r\n')}\r\n`);
  expect(error).toMatchObject({ code: 'CANDLE_FILE_UNREADABLE' });
  expect(error.hint).toContain('line ends');
});

test('a cell with a line break in it is refused, for it would hide a row', async () => {
  const lines = soundLines().map((line, row) => `${line},"${row === 7 ? 'two\nlines' : 'one'}"`);
  const error = await refusal(fileOf(lines, `${HEADER},note`));
  expect(error).toMatchObject({ code: 'CANDLE_FILE_UNREADABLE' });
  expect(error.message).toContain('has 41 lines of data, of which 40 rows were read');
});

test('line numbers count blank lines and what stands before the header', async () => {
  const lines = withCells(15, '100,98,99,98.5,1');
  lines.splice(10, 0, '', '');
  expect((await refusal(`banner\n${fileOf(lines)}`)).message).toContain('line 20: high 98');
  expect((await refusal(`banner\n${fileOf(lines)}`.replaceAll('\n', '\r\n'))).message).toContain('line 20: high 98');
});

test('many wrong rows are counted, the first five are shown', async () => {
  const error = await refusal(fileOf(soundLines().map((line) => line.replace(',99,', ',-99,'))));
  expect(error.message).toContain('40 rows are not candles');
  expect(error.message.match(/line \d+/g)).toEqual(['line 2', 'line 3', 'line 4', 'line 5', 'line 6']);
});

test('a wrong cell is quoted whole, the separators within it too', async () => {
  const error = await refusal(fileOf(withCells(3, '"1,234.5x",102,99,101,7')));
  expect(error.message).toContain('line 5, open: "1,234.5x"');
});

test('a look at a file without any candle says why it has none', async () => {
  const faulty = soundLines().map((line) => line.replace(',100,', ',-100,'));
  await expect(refusal(fileOf(faulty), { limits: INSPECTION_LIMITS })).resolves.toMatchObject({
    code: 'CANDLE_FILE_UNREADABLE',
    message: 'BTCUSDT_1h.csv holds no row that can be a candle: line 2: expected open above 0, was -100',
    hint: 'correct that, or export it again',
  });
});

test('text among the dates of a date column is refused', async () => {
  const lines = soundLines().map((line, row) =>
    line.replace(
      /^\d+/,
      row === 15 ? 'soon' : `2024-01-0${1 + Math.floor(row / 24)} ${String(row % 24).padStart(2, '0')}:00`,
    ),
  );
  const error = await refusal(fileOf(lines, HEADER.replace('open_time', 'date')));
  expect(error).toMatchObject({ code: 'CANDLE_VALUE_INVALID' });
  expect(error.message).toContain('line 17: expected a time from 2009 to now, was "soon"');
});

test('times that disagree with themselves are refused beyond one in a thousand', async () => {
  const lines = soundLines();
  const error = await refusal(fileOf([...lines, lines[3].replace(',101,', ',100.5,')]));
  expect(error).toMatchObject({ code: 'CANDLE_CONFLICT' });
  expect(error.message).toContain('1 of 40 times stand twice with different values (2.5 %, at most 0.1 % is accepted)');
  expect(error.message).toContain('2024-01-01T03:00:00.000Z (line 5 and line 42)');
});

test('more than one in a hundred off the grid is refused', async () => {
  const lines = soundLines().map((line, row) =>
    line.replace(/^\d+/, (ms) => String(Number(ms) + (row > 20 ? 854_789 : 0))),
  );
  const error = await refusal(fileOf(lines));
  expect(error).toMatchObject({ code: 'CANDLES_INVALID' });
  expect(error.message).toContain('19 of 40 candles do not open on the 1h grid');
});

test('another interval than the one asked for is refused', async () => {
  expect(await refusal(fileOf(soundLines()), { interval: '4h' })).toMatchObject({
    code: 'CANDLES_INVALID',
    message: "BTCUSDT_1h.csv: expected 4h candles, the file's are 1h",
  });
});

test('candles of several symbols in one file are refused', async () => {
  const lines = soundLines().map((line, row) => `${line},${row % 2 ? 'BTC/USDT' : 'ETH/USDT'}`);
  const error = await refusal(fileOf(lines, `${HEADER},symbol`));
  expect(error).toMatchObject({ code: 'CANDLES_INVALID' });
  expect(error.message).toContain('holds candles of several symbols');
});

test.each(['instId', 'instrument_name', 'market'])('so are candles that a column %s tells apart', async (column) => {
  const lines = soundLines().map((line, row) => `${line},${row < 30 ? 'BTC-USDT' : 'WBTC-USDC-SWAP'}`);
  const error = await refusal(fileOf(lines, `${HEADER},${column}`));
  expect(error.message).toContain('holds candles of several symbols');
  const swaps = soundLines().map((line) => `${line},ETH-USDT-SWAP`);
  expect((await refusal(fileOf(swaps, `${HEADER},${column}`))).message).toContain('its columns say ETHUSDT_PERP');
});

test('a file that does not say its symbol asks for it', async () => {
  expect(await refusal(fileOf(soundLines()), {}, 'export.csv')).toMatchObject({
    code: 'USAGE',
    hint: expect.stringContaining('name it with --symbol …, such as BTCUSDT for spot, BTCUSDT_PERP for'),
  });
});

test('a symbol that is a path is refused', async () => {
  expect(await refusal(fileOf(soundLines()), { symbol: '../BTCUSDT' })).toMatchObject({ code: 'NAME_INVALID' });
});

test('base and quote volume that change places are refused', async () => {
  const lines = soundLines().map((line, row) => {
    const price = 101;
    const base = 10 + row;
    return line.replace(/[^,]*$/, row < 30 ? `${base},${base * price}` : `${base * price},${base}`);
  });
  const error = await refusal(fileOf(lines, 'open_time,open,high,low,close,Volume BTC,Volume USDT'));
  expect(error).toMatchObject({ code: 'CANDLES_INVALID' });
  expect(error.message).toContain('base and quote volume have changed places in 10 of 40 rows, first in line 32');
});

test('wrong values in Parquet are named by their row', async () => {
  const path = join(folder, 'BTCUSDT_1h-bad.parquet');
  const csv = join(folder, 'source.csv');
  await writeFile(csv, fileOf(withCells(15, '100,102,99,-101,1')));
  await withDuckDb((connection) => connection.run(`COPY (FROM read_csv('${csv}')) TO '${path}' (FORMAT parquet)`));
  await expect(readCandleFile(path)).rejects.toThrow('row 16: expected close above 0, was -101');
});
