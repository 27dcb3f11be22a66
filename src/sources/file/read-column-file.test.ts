import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import type { TradeAiError } from '../../core/errors.js';
import { quoteText, withDuckDb } from '../../duckdb/connection.js';
import { readColumnFile } from './read-column-file.js';

const OPTIONS = { time: 'time', value: 'rate' };
const T0 = Date.UTC(2024, 0, 1);
const HOUR_MS = 3_600_000;

function write(content: string | Uint8Array, name = 'funding.csv'): string {
  const folder = mkdtempSync(join(tmpdir(), 'tradeai-column-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(content: string | Uint8Array, options = OPTIONS) {
  const { records, notices } = await readColumnFile(write(content), options);
  return { times: [...records.timeMs], values: [...records.value], notices };
}

async function errorOf(content: string, options = OPTIONS): Promise<TradeAiError> {
  return read(content, options).then(
    () => expect.fail('expected an error'),
    (error: TradeAiError) => error,
  );
}

test.each([
  ['ISO text in UTC', ['2024-01-01T00:00:00Z', '2024-01-01T08:00:00.000Z']],
  ['ISO text without an offset', ['2024-01-01 00:00', '2024-01-01T08:00:00']],
  ['ISO text with an offset', ['2024-01-01T05:45:00+05:45', '2024-01-01T03:00:00-05:00']],
  ['seconds', [T0 / 1e3, T0 / 1e3 + 8 * 3600]],
  ['milliseconds', [T0, T0 + 8 * HOUR_MS]],
  ['microseconds', [T0 * 1e3, (T0 + 8 * HOUR_MS) * 1e3]],
])('times as %s', async (_, [first, second]) => {
  const { times, values } = await read(`time,other,rate\n${first},x,0.0001\n${second},y,-2e-4\n`);
  expect(times).toEqual([T0, T0 + 8 * HOUR_MS]);
  expect(values).toEqual([1e-4, -2e-4]);
});

test.each([
  ['gzipped', gzipSync('time,rate\n2024-01-01,1\n')],
  ['with semicolons and CRLF', 'time;rate\r\n2024-01-01;1\r\n'],
  ['with a byte order mark and quotes', '\ufeff"time","rate"\n"2024-01-01","1"\n'],
])('a file %s', async (_, content) => {
  expect(await read(content)).toEqual({ times: [T0], values: [1], notices: [] });
});

test('Parquet with a timestamp', async () => {
  const path = write('', 'funding.parquet');
  await withDuckDb((connection) =>
    connection
      .run(
        `COPY (SELECT TIMESTAMP '2024-01-01 00:00:00' + INTERVAL (i) HOUR AS time, i * 0.5 AS rate FROM range(3) t(i)) TO ${quoteText(path)} (FORMAT parquet)`,
      )
      .then(() => undefined),
  );
  const { records } = await readColumnFile(path, OPTIONS);
  expect([...records.timeMs]).toEqual([T0, T0 + HOUR_MS, T0 + 2 * HOUR_MS]);
  expect([...records.value]).toEqual([0, 0.5, 1]);
});

test('disorder, empty cells and repeated rows are treated and told', async () => {
  const found = await read('time,rate\n2024-01-03,3\n2024-01-01,1\n2024-01-02,\n2024-01-04,NaN\n2024-01-01,1\n');
  expect(found.values).toEqual([1, 3]);
  expect(found.notices.join('; ')).toBe(
    '2 rows without a value left out; 1 row left out as a repetition of another; rows were out of order and have been sorted',
  );
});

test.each([
  ['a day first', 'time,rate\n2024-01-01,1\n01/02/2024,2\n', 'line 3: time is no time'],
  ['no such day', 'time,rate\n2024-02-31,1\n', 'line 2: time is no time'],
  ['a small number as a time', 'time,rate\n17,1\n', 'line 2: time is no time'],
  ['text as a value', 'time,rate\n\n2024-01-01,high\n', 'line 3: rate is no number'],
  ['an infinite value', 'time,rate\n2024-01-01,inf\n', 'line 2: rate is no number'],
  ['two values of one time', 'time,rate\n2024-01-01,1\n2024-01-02,1\n2024-01-01,2\n', 'line 2 and line 4: 1 and 2 at'],
  ['no values', 'time,rate\n2024-01-01,\n', 'holds no value of rate'],
])('%s is refused with its line', async (_, content, message) => {
  const error = await errorOf(content);
  expect(error.code).toBe('COLUMN_INVALID');
  expect(error.message).toContain(message);
});

test('a column that is not there is named with the nearest one', async () => {
  const error = await errorOf('time,rates\n2024-01-01,1\n');
  expect(error.message).toContain('no column "rate"');
  expect(error.hint).toContain('did you mean rates?');
});

test('a file that is not there is named', async () => {
  await expect(readColumnFile('/nowhere/funding.csv', OPTIONS)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});
