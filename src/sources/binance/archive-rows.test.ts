import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { needsRecordedBinance, RECORDED_BINANCE } from '../../../test/support/needs.js';
import type { Interval } from '../../market/interval.js';
import { createArchiveParser } from './archive-rows.js';
import { DecimalReader } from './decimal-reader.js';

const RECORDED = join(RECORDED_BINANCE, 'archive');

/** As Binance writes a row: first in milliseconds, since 2025 in microseconds. */
const ROW = '1735689540000,93562.9,93610.93,93537.5,93576,8.21827,1735689599999,769076.17,1953,4.25,397989.5,0';
const MICRO_ROW =
  '1735689600000000,93576,93610.93,93537.5,93610.93,8.21827000,1735689659999999,769076.1,1953,4.25,9.5,0';

function parse(text: string, options: { interval?: Interval; startMs?: number; endMs?: number; parts?: number } = {}) {
  const { interval = '1m', startMs = Date.UTC(2024, 11), endMs = Date.UTC(2025, 1), parts = 1 } = options;
  const parser = createArchiveParser({ symbol: 'BTCUSDT', interval, startMs, endMs });
  const bytes = Buffer.from(text);
  const size = Math.ceil(bytes.length / parts);
  for (let start = 0; start < bytes.length; start += size) parser.push(bytes.subarray(start, start + size));
  return parser.finish();
}

test('both units in one file are one series of milliseconds', () => {
  const series = parse(`${ROW}\n${MICRO_ROW}\n`);
  expect(series.openTimeMs).toEqual(Float64Array.of(1735689540000, 1735689600000));
  expect(series.close).toEqual(Float64Array.of(93576, 93610.93));
  expect(series.extras).toEqual({
    quote_volume: Float64Array.of(769076.17, 769076.1),
    count: Float64Array.of(1953, 1953),
    taker_buy_volume: Float64Array.of(4.25, 4.25),
    taker_buy_quote_volume: Float64Array.of(397989.5, 9.5),
  });
});

test('a header is known by its content, and so is its absence', () => {
  const header =
    'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
  expect(parse(`${header}\r\n${ROW}\r\n`).openTimeMs).toHaveLength(1);
  expect(() => parse(`${ROW}\n${header}\n`)).toThrow('line 2: column 1: expected a decimal number, was "open_time"');
});

test('it does not matter where the parts are cut', () => {
  const text = `${ROW}\n${MICRO_ROW}\n`;
  for (let parts = 1; parts <= text.length; parts += 7) expect(parse(text, { parts })).toEqual(parse(text));
});

const changed = (field: number, value: string) =>
  `${ROW}\n${MICRO_ROW.split(',')
    .map((cell, index) => (index === field ? value : cell))
    .join(',')}\n`;

test.each([
  ['a missing column', `${ROW.slice(0, -2)}\n`, 'line 1: expected 12 columns'],
  ['a column too many', `${ROW},0\n`, 'line 1: expected 12 columns'],
  ['a spliced line', `${ROW.slice(0, 30)}${ROW}\n`, 'line 1'],
  ['an empty line', `${ROW}\n\n`, 'line 2: column 1: expected a decimal number, was ""'],
  ['an empty cell', changed(1, ''), 'line 2: column 2: expected a decimal number, was ""'],
  ['an exponent', changed(2, '1e5'), 'line 2: column 3: expected a decimal number, was "1e5"'],
  ['a sign', changed(3, '-1'), 'line 2: column 4: expected a decimal number, was "-1"'],
  ['a point without digits', changed(4, '5.'), 'line 2: column 5'],
  ['a space', changed(5, ' 5'), 'line 2: column 6'],
  ['a time of another month', changed(0, '1738368000000'), 'line 2: expected an open time of 2024-12-01 to 2025-02-01'],
  ['a time of 1970', changed(0, '1735689600'), 'line 2: expected an open time'],
  ['the same time twice', `${ROW}\n${ROW}\n`, 'line 2: open times do not ascend'],
  ['a candle of another length', changed(6, '1735693199999999'), 'line 2: expected a 1m candle'],
  ['a cut file', ROW, 'line 1: the line has no end'],
  ['one endless line', '1'.repeat(5000), 'longer than 1000 bytes'],
])('%s is refused with its line', (_, text, message) => {
  const failing = () => parse(text);
  expect(failing).toThrow(message);
  expect(failing).toThrow(expect.objectContaining({ code: 'EXCHANGE_RESPONSE_INVALID', kind: 'exchange' }));
});

test('more rows than the period can hold are refused', () => {
  const lines = Array.from({ length: 500 }, (_, row) => ROW.replace('1735689540000', String(1735689540000 + row)));
  const period = { startMs: 1735689540000, endMs: 1735689600000 };
  expect(() => parse(`${lines.join('\n')}\n`, period)).toThrow('expected at most 101 candles');
});

test('impossible prices are left for the store to set aside', () => {
  expect(parse(changed(2, '1')).high[1]).toBe(1);
});

test('numbers are read as the language reads them, to the last bit', () => {
  const digits = (max: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max });
  const decimal = fc.oneof(
    fc.tuple(digits(20), digits(30)).map(([whole, part]) => `${whole}.${part}`),
    digits(25),
    fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value.toFixed(8)),
  );
  fc.assert(
    fc.property(decimal, (text) => {
      const bytes = Buffer.from(text);
      expect(new DecimalReader().read(bytes, 0, bytes.length)).toBe(Number(text));
    }),
    { numRuns: 20_000 },
  );
});

describe('files of the archive', needsRecordedBinance, () => {
  test.each(['2021-11-27', '2021-11-28'])('ADABTC-1m-%s is parsed whole', (day) => {
    const text = readFileSync(join(RECORDED, `ADABTC-1m-${day}.csv`), 'utf8');
    const startMs = Date.parse(day);
    const series = parse(text, { startMs, endMs: startMs + 86_400_000 });
    const lines = text.trimEnd().split('\n');
    expect(series.openTimeMs).toHaveLength(lines.length);
    const [, open, , , close, volume] = lines[7].split(',');
    expect([series.open[7], series.close[7], series.volume[7]]).toEqual([open, close, volume].map(Number));
  });

  test('seconds in microseconds', () => {
    const text = readFileSync(join(RECORDED, 'DOGEUSDT-1s-2025-01-01.first3rows.csv'), 'utf8');
    const startMs = Date.UTC(2025, 0, 1);
    const { openTimeMs } = parse(text, { interval: '1s', startMs, endMs: startMs + 86_400_000 });
    expect([...openTimeMs]).toEqual([startMs, startMs + 1000, startMs + 2000]);
  });
});
