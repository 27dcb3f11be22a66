import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TradeAiError } from '../core/errors.js';
import { joinAsOf } from './as-of-join.js';
import { parseDuration } from './duration.js';

const HOUR_MS = 3_600_000;
const hours = (...values: number[]) => Float64Array.from(values, (value) => value * HOUR_MS);
const records = { timeMs: hours(0, 8, 16), value: Float64Array.of(1, 2, 3) };

test('a record is used from its time plus the delay on, to the millisecond', () => {
  const closes = Float64Array.of(7 * HOUR_MS - 1, 7 * HOUR_MS, 15 * HOUR_MS - 1, 15 * HOUR_MS, 23 * HOUR_MS);
  expect([...joinAsOf(closes, records, { delayMs: 7 * HOUR_MS })]).toEqual([Number.NaN, 1, 1, 2, 3]);
});

test('a record is no longer used once it is older than its greatest age', () => {
  const joined = joinAsOf(hours(16, 24, 25), records, { delayMs: 0, maxAgeMs: 8 * HOUR_MS });
  expect([...joined]).toEqual([3, 3, Number.NaN]);
});

test('it is the newest known record, whatever the times', () => {
  const times = fc
    .uniqueArray(fc.integer({ min: 0, max: 500 }), { maxLength: 40 })
    .map((list) => list.sort((a, b) => a - b));
  const run = (timeMs: number[], closes: number[], delayMs: number, maxAgeMs: number) => {
    const value = timeMs.map((time) => time * 10);
    const found = joinAsOf(
      Float64Array.from(closes),
      { timeMs: Float64Array.from(timeMs), value: Float64Array.from(value) },
      { delayMs, maxAgeMs },
    );
    for (const [row, close] of closes.entries()) {
      const known = timeMs.filter((time) => time + delayMs <= close);
      const newest = known[known.length - 1];
      const expected = newest === undefined || close - newest > maxAgeMs ? Number.NaN : newest * 10;
      expect(found[row]).toBe(expected);
    }
  };
  fc.assert(fc.property(times, times, fc.nat(50), fc.nat(200), run), { numRuns: 300 });
});

test.each([
  ['90s', 90_000],
  ['0s', 0],
  ['15m', 900_000],
  ['8h', 8 * HOUR_MS],
  ['2d', 48 * HOUR_MS],
  ['1w', 168 * HOUR_MS],
])('%s is %i milliseconds', (text, expected) => expect(parseDuration(text)).toBe(expected));

test.each(['', '8', '8 h', '-8h', '1.5h', '8H', '8 hours', '9999999h'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(TradeAiError);
});
