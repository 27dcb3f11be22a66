import { expect, test } from 'vitest';
import { INTERVAL_MS, type Interval } from '../../market/interval.js';
import { detectInterval } from './interval-detection.js';

const FIRST_MS = Date.UTC(2024, 0, 1);
const name = 'x.csv';

function timesAt(steps: readonly number[], lengthMs: number): Float64Array {
  return Float64Array.from(steps, (step) => FIRST_MS + step * lengthMs);
}

test.each(Object.keys(INTERVAL_MS) as Interval[])('sees %s candles through gaps', (interval) => {
  const times = timesAt([0, 1, 2, 3, 9, 10, 11, 40, 41], INTERVAL_MS[interval]);
  expect(detectInterval(times, { name })).toEqual({ interval, isSparse: false });
});

test('of a file with more holes than candles, takes the longest interval that fits', () => {
  const times = timesAt([0, 7, 9, 10, 31, 44, 45], INTERVAL_MS['1h']);
  expect(detectInterval(times, { name })).toEqual({ interval: '1h', isSparse: true });
});

test('where the spacing leaves a choice, the name of the file or the user decides', () => {
  const times = timesAt([0, 6, 15, 30], INTERVAL_MS['1m']);
  expect(detectInterval(times, { name }).interval).toBe('3m');
  expect(detectInterval(times, { name, suggested: '1m' }).interval).toBe('1m');
  expect(detectInterval(times, { name, suggested: '1h' }).interval).toBe('3m');
  expect(detectInterval(times, { name, suggested: '3m', required: '1m' }).interval).toBe('1m');
});

test('another interval than the required one is refused', () => {
  const times = timesAt([0, 1, 2, 3], INTERVAL_MS['1h']);
  expect(() => detectInterval(times, { name, required: '4h' })).toThrow("expected 4h candles, the file's are 1h");
});

test('a spacing of no interval is refused with what it is', () => {
  const times = timesAt([0, 1, 2, 3], 90_500);
  expect(() => detectInterval(times, { name })).toThrow('the most frequent spacing is 90.5 s (3 of 3)');
});

test('a single candle needs to be told its interval', () => {
  const times = timesAt([0], 1);
  expect(() => detectInterval(times, { name })).toThrow('single candle');
  expect(detectInterval(times, { name, suggested: '1d' }).interval).toBe('1d');
});
