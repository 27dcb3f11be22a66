import fc from 'fast-check';
import { expect, test } from 'vitest';
import { counted, figure, formatPValue, listed, makeSentence, percent, utcTime } from './sentences.js';

test.each([
  [0, '0'],
  [0.0421, '0.0421'],
  [12.345, '12.3'],
  [999.6, '1,000'],
  [-2_000.4, '-2,000'],
  [0.0000811, '8.1e-5'],
])('writes %s as %s', (value, text) => {
  expect(figure(value)).toBe(text);
});

test('a figure that is something never looks like nothing, and is right to three digits', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-4, max: 1e9, noNaN: true }), (value) => {
      expect(Math.abs(Number(figure(value).replaceAll(',', '')) / value - 1)).toBeLessThanOrEqual(0.0051);
    }),
  );
});

test('says shares, counts, lists and times', () => {
  expect(percent(0.0421)).toBe('4.21 %');
  expect([counted(1, 'candle'), counted(2_000, 'candle')]).toEqual(['1 candle', '2,000 candles']);
  expect([listed(['a', 'b']), listed(['a', 'b', 'c', 'd', 'e', 'f'])]).toEqual(['a, b', 'a, b, c, d and 2 more']);
  expect(utcTime(Date.UTC(2024, 0, 31, 12))).toBe('2024-01-31 12:00 UTC');
  expect(utcTime(Date.UTC(2024, 0, 31, 12, 0, 7))).toBe('2024-01-31 12:00:07 UTC');
  expect(utcTime(Number.NaN)).toBe('time NaN');
});

test('a p-value is never nothing', () => {
  expect([0.031, 0.0004, 0].map(formatPValue)).toEqual(['p = 0.031', 'p < 0.001', 'p < 0.001']);
});

test('makes sentences once, and leaves names as they are', () => {
  expect(makeSentence('the server did not answer')).toBe('The server did not answer.');
  expect(makeSentence('champion 3 stays')).toBe('Champion 3 stays.');
  expect(makeSentence('api.binance.com did not answer')).toBe('api.binance.com did not answer.');
  expect(makeSentence('is it running?')).toBe('Is it running?');
  expect(makeSentence('Done.')).toBe('Done.');
});
