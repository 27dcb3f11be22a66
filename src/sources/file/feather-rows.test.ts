import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Footer } from 'apache-arrow/fb/footer';
import fc from 'fast-check';
import { ByteBuffer } from 'flatbuffers';
import { describe, expect, test } from 'vitest';
import { TradeAiError } from '../../core/errors.js';
import { readFeatherRows } from './feather-rows.js';
import { readJsonRows } from './json-rows.js';
import { readCandleFile } from './read-candle-file.js';

/** How they were made stands beside them. */
const FOLDER = join(import.meta.dirname, '../../../test/fixtures/feather');
const fileOf = (name: string) => readFileSync(join(FOLDER, name));
const FILES = ['lz4', 'zstd', 'plain'] as const;
const EXPECTED = readJsonRows(fileOf('candles.json'), 'BTCUSDT', 'candles.json').raw;
const ROWS = EXPECTED.time.length;

const read = (bytes: Buffer) => readFeatherRows(bytes, 'BTCUSDT', 'BTC_USDT-1h.feather');

/** All places of a number of eight bytes. */
function replaceEach(bytes: Buffer, number: bigint, by: bigint): Buffer {
  const [out, needle] = [Buffer.from(bytes), Buffer.alloc(8)];
  needle.writeBigInt64LE(number);
  for (let at = out.indexOf(needle); at >= 0; at = out.indexOf(needle, at + 8)) out.writeBigInt64LE(by, at);
  return out;
}

/** The same file whose footer lists its first batch so many times, as a list of blocks behind what the footer says else. */
function listBatchAgain(bytes: Buffer, times: number): Buffer {
  const [footerEnd, blockBytes] = [bytes.length - 10, 24];
  const footerStart = footerEnd - bytes.readInt32LE(footerEnd);
  const said = Buffer.from(bytes.subarray(footerStart, footerEnd));
  const footer = Footer.getRootAsFooter(new ByteBuffer(said));
  const fieldAt = footer.bb_pos + footer.bb!.__offset(footer.bb_pos, 10);
  const blocksAt = fieldAt + said.readUInt32LE(fieldAt) + 4;
  const block = said.subarray(blocksAt, blockBytes + blocksAt);
  const listLength = Buffer.alloc(4);
  listLength.writeUInt32LE(times);
  const list = Buffer.concat([listLength, ...Array.from({ length: times }, () => block)]);
  said.writeUInt32LE(said.length - fieldAt, fieldAt);
  const tail = Buffer.from(bytes.subarray(footerEnd));
  tail.writeInt32LE(said.length + list.length);
  return Buffer.concat([bytes.subarray(0, footerStart), said, list, tail]);
}

test('the file of freqtrade holds the candles that were written', async () => {
  const { series } = await readCandleFile(join(FOLDER, 'lz4.feather'), { symbol: 'BTCUSDT' });
  const json = await readCandleFile(join(FOLDER, 'candles.json'), { symbol: 'BTCUSDT' });
  expect(series).toEqual(json.series);
});

test('batches packed by Zstandard are one series, with further columns and the symbol', () => {
  const { raw } = read(fileOf('zstd.feather'));
  expect(raw.time).toEqual(EXPECTED.time.map((timeMs) => timeMs * 1000));
  expect(raw.values).toEqual(EXPECTED.values);
  expect(raw).toMatchObject({ symbols: ['BTC/USDT'], timesOf: 'wall clock' });
  expect(read(fileOf('lz4.feather')).raw.timesOf).toBe('UTC');
  expect(Object.keys(raw.extras)).toEqual(['funding', 'trades']);
  expect([...raw.extras.trades]).toEqual(Array.from({ length: ROWS }, (_, row) => row));
  expect([...raw.extras.funding]).toEqual(Array.from({ length: ROWS }, (_, row) => (row % 3 ? Number.NaN : row / 7)));
});

test('days as dates and whole volumes are read from a file that is not packed', () => {
  const { raw } = read(fileOf('plain.feather'));
  expect([...raw.time]).toEqual(Array.from({ length: ROWS }, (_, day) => Date.UTC(2024, 0, 1 + day) * 1000));
  expect(raw.values.close).toEqual(EXPECTED.values.close);
  expect(raw.values.volume.every(Number.isInteger)).toBe(true);
});

describe('is refused', () => {
  test.each([
    [
      'rows that no file of its size holds',
      replaceEach(fileOf('plain.feather'), 120n, 30_000_000n),
      'says of itself that it holds 30,000,000 rows',
    ],
    [
      'rows without end',
      replaceEach(fileOf('plain.feather'), 120n, 2n ** 40n),
      'more than the 33,554,432 rows accepted',
    ],
    ['rows below none', replaceEach(fileOf('plain.feather'), 120n, -1n), 'is damaged feather: expected at most'],
    [
      'more rows than values',
      replaceEach(fileOf('plain.feather'), 120n, 10_000n),
      'is damaged feather: expected 40000 bytes of values',
    ],
    ['packed values without end', replaceEach(fileOf('lz4.feather'), 960n, 2n ** 40n), 'is damaged feather: '],
    [
      'values outside the file',
      replaceEach(fileOf('plain.feather'), 960n, 2n ** 50n),
      'is damaged feather: values lie outside the file',
    ],
    [
      'an empty batch that is listed again and again',
      listBatchAgain(replaceEach(fileOf('plain.feather'), 120n, 0n), 1_000),
      'is damaged feather: expected at most 1 batches of 0 rows, were 1000',
    ],
    [
      'a batch of rows that is listed again and again',
      listBatchAgain(fileOf('plain.feather'), 100),
      'bytes in its batches, were',
    ],
    ['a file that is cut off', fileOf('lz4.feather').subarray(0, 5_000), 'it does not end as such a file does'],
    ['nothing but its names', Buffer.from('ARROW1\0\0\0\0\0\0ARROW1'), 'is damaged feather: '],
  ])('%s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(
      expect.objectContaining({ code: 'CANDLE_FILE_UNREADABLE', message: expect.stringContaining(message) }),
    );
  });

  test('whatever is damaged or cut, with an error that says so, and without room for what is not there', () => {
    const outcomes = { read: 0, refused: 0 };
    const largest = { bytes: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(...FILES),
        fc.array(fc.tuple(fc.nat(12_000), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (name, changes, isInFooter) => {
          const bytes = Buffer.from(fileOf(`${name}.feather`));
          for (const [place, value] of changes) {
            bytes[isInFooter ? bytes.length - 1 - (place % 3_000) : place % bytes.length] = value;
          }
          try {
            const { raw } = read(bytes);
            largest.bytes = Math.max(largest.bytes, raw.time.byteLength);
            outcomes.read += 1;
          } catch (error) {
            expect(error).toBeInstanceOf(TradeAiError);
            outcomes.refused += 1;
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(outcomes.refused).toBeGreaterThan(20);
    expect(outcomes.read).toBeGreaterThan(20);
    expect(largest.bytes).toBeLessThan(10_000_000);
  });

  test('every beginning of a file', () => {
    for (const name of FILES) {
      const bytes = fileOf(`${name}.feather`);
      for (let length = 0; length < bytes.length; length += 61) {
        expect(() => read(bytes.subarray(0, length))).toThrow(TradeAiError);
      }
    }
  });
});
