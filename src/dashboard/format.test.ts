import { expect, test } from 'vitest';
import {
  changeDigits,
  formatAge,
  formatBytes,
  formatChance,
  formatChange,
  formatChangeRange,
  formatClock,
  formatDuration,
  formatNumber,
  formatPercent,
  formatPrice,
  formatShortAge,
  formatTime,
  makeSentence,
  precisionOf,
} from './format.js';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const NOW = Date.UTC(2026, 1, 19, 3, 0);

test.each([
  [97_123.456, '97,123.46'],
  [3.15159, '3.152'],
  [0.000012345, '0.00001235'],
  [0, '0.00'],
  [null, '–'],
])('writes the price %s as %s: enough digits to tell neighbours apart', (price, text) => {
  expect(formatPrice(price)).toBe(text);
});

test('writes changes with a true minus, a sign and a unit', () => {
  expect(plain(formatChange(0.012))).toBe('+1.20 %');
  expect(plain(formatChange(-0.0034))).toBe('−0.34 %');
  expect(plain(formatChangeRange([-0.0094, 0.0089]))).toBe('−0.94 to +0.89 %');
});

test('gives what rounds to zero no sign, and what is not known no number', () => {
  expect(plain(formatChange(-0.000001))).toBe('0.00 %');
  expect(formatNumber(Number.NaN, 2)).toBe('–');
  expect(formatPercent(null)).toBe('–');
});

test.each([
  [NOW - 4_000, 'now'],
  [NOW + 4_000, 'now'],
  [NOW - 30_000, '30 s ago'],
  [NOW - 12 * 60_000, '12 min ago'],
  [NOW - 47 * 3_600_000, '47 h ago'],
  [NOW - 48 * 3_600_000, '2 d ago'],
  [NOW + 43 * 60_000, 'in 43 min'],
])('says how far %s is from now: %s', (timeMs, text) => {
  expect(plain(formatAge(timeMs, NOW))).toBe(text);
});

test.each([
  [[0.0094, -0.0089], 2],
  [[0.000139, -0.0000031], 4],
  [[0.0000061], 6],
  [[0], 2],
])('changes of %j take %i digits: the largest decides, so that neighbours line up', (changes, digits) => {
  expect(changeDigits(...changes)).toBe(digits);
});

test('shows the small changes of short candles', () => {
  expect(plain(formatChange(0.0000031, changeDigits(0.000139)))).toBe('+0.0003 %');
  expect(plain(formatChangeRange([-0.000139, 0.000078]))).toBe('−0.0139 to +0.0078 %');
});

test('a chance is never nothing', () => {
  expect([0.0004, 0.042, null].map((chance) => plain(formatChance(chance)))).toEqual(['< 0.001', '0.042', '–']);
});

test('says seconds where candles have them', () => {
  expect(plain(formatTime(NOW, precisionOf('1s')))).toBe('19 Feb 2026, 03:00:00 UTC');
  expect(plain(formatTime(NOW, precisionOf('1h')))).toBe('19 Feb 2026, 03:00 UTC');
  expect(formatClock(NOW + 7_000, 'second')).toBe('03:00:07');
});

test('an age below what clocks can tell is not counted in seconds', () => {
  expect([3_000, 30_000].map((ageMs) => plain(formatShortAge(NOW - ageMs, NOW)))).toEqual(['< 10 s', '30 s']);
});

test('says times in UTC, whatever the zone of the machine', () => {
  expect(plain(formatTime(NOW))).toBe('19 Feb 2026, 03:00 UTC');
});

test('writes spans and sizes in the unit that fits', () => {
  expect([45, 200, 7_500].map((seconds) => plain(formatDuration(seconds)))).toEqual([
    '45 s',
    '3 min 20 s',
    '2 h 5 min',
  ]);
  expect([812, 4_200, 1_300_000].map((size) => plain(formatBytes(size)))).toEqual(['812 B', '4.2 kB', '1.3 MB']);
});

test('makes sentences, and leaves names as they are', () => {
  expect(makeSentence('the server did not answer')).toBe('The server did not answer.');
  expect(makeSentence('api.binance.com did not answer')).toBe('api.binance.com did not answer.');
  expect(makeSentence('is it running?')).toBe('Is it running?');
});
