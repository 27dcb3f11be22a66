import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeParquetBomb } from '../../../test/support/parquet-bomb.js';
import { effortUntil } from '../../../test/support/processor-time.js';
import { readCandleFile } from './read-candle-file.js';
import { readColumnFile } from './read-column-file.js';
import { checkTableSize, MAXIMUM_ROWS, MAXIMUM_VALUES } from './size-limits.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-size-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const refusal = (state: string) =>
  expect.objectContaining({ code: 'CANDLE_FILE_UNREADABLE', message: expect.stringContaining(state) });

describe('a Parquet file is refused by its footer, with little work', () => {
  test.each([
    ['more rows than any file may have', 100_000_000, 'holds 100,000,000 rows, more than the 33,554,432 rows accepted'],
    ['more rows than its bytes can be candles', 30_000_000, 'holds 30,000,000 rows in'],
  ])('%s', async (_what, rowCount, state) => {
    const path = await write('bomb.parquet', makeParquetBomb(rowCount));
    const readers = [
      () => readCandleFile(path, { symbol: 'BTCUSDT' }),
      () => readColumnFile(path, { time: 'open_time', value: 'open' }),
    ];
    for (const read of readers) {
      const effort = await effortUntil(() => expect(read()).rejects.toEqual(refusal(state)));
      expect(effort).toBeLessThan(50);
    }
  });

  test('more values than memory is for, in columns beside the candles', async () => {
    const more = Array.from({ length: 50 }, (_, index) => `extra_${index}`);
    const path = await write('wide.parquet', makeParquetBomb(5_000_000, more));
    await expect(readCandleFile(path, { symbol: 'BTCUSDT' })).rejects.toEqual(
      refusal('holds 280,000,000 values, more than the 268,435,456 values accepted'),
    );
  });

  test('the same few pages of an honest size are read', async () => {
    const path = await write('small.parquet', makeParquetBomb(200_000));
    const { records, notices } = await readColumnFile(path, { time: 'open_time', value: 'open' });
    expect([...records.value]).toEqual([1]);
    expect(notices).toEqual(['199999 rows left out as a repetition of another']);
  });
});

test('rows and values are counted up to their limits', () => {
  const check = (rowCount: number, valueCount: number) => () => checkTableSize({ rowCount, valueCount, fileName: 'f' });
  expect(check(MAXIMUM_ROWS, MAXIMUM_VALUES)).not.toThrow();
  expect(check(MAXIMUM_ROWS + 1, 0)).toThrow(refusal('f holds 33,554,433 rows'));
  expect(check(1, MAXIMUM_VALUES + 1)).toThrow(refusal('f holds 268,435,457 values'));
});

test('text that unpacks to far more than its size is refused before it is unpacked', async () => {
  const path = await write('bomb.csv.gz', gzipSync(Buffer.alloc(100_000_000, '0,0,0,0,0,0\n'), { level: 9 }));
  const state = refusal('is larger than 200 times its size once unpacked');
  await expect(readCandleFile(path, { symbol: 'BTCUSDT' })).rejects.toEqual(state);
  await expect(readColumnFile(path, { time: 'time', value: 'value' })).rejects.toEqual(state);
});
