import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  changeDigits,
  countOf,
  formatBps,
  formatBytes,
  formatChance,
  formatChange,
  formatChangeRange,
  formatCount,
  formatNumber,
  formatPercent,
  formatPrice,
  formatR2,
  formatRange,
  formatSigned,
} from './numbers.js';
import { plain } from './sentences.js';

test.each([
  [97_123.456, '97,123.46'],
  [3.15159, '3.152'],
  [0.000012345, '0.00001235'],
  [8e-10, '0.0000000008000'],
  [0, '0.00'],
  [null, '–'],
])('writes the price %s as %s: enough digits to tell neighbours apart', (price, text) => {
  expect(formatPrice(price)).toBe(text);
});

const anyPrice = fc.tuple(fc.double({ min: 1, max: 9.999, noNaN: true }), fc.integer({ min: -15, max: 12 }));

test('a price of any size is read back to four figures at least, and a price that is something never looks like nothing', () => {
  fc.assert(
    fc.property(anyPrice, ([digits, exponent]) => {
      const price = digits * 10 ** exponent;
      const read = Number(formatPrice(price).replaceAll(',', ''));
      expect(Math.abs(read / price - 1)).toBeLessThanOrEqual(0.50001e-3);
    }),
  );
});

test('a change with the digits of its size never looks like nothing', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 10, noNaN: true }), fc.boolean(), (size, isFall) => {
      const change = isFall ? -size : size;
      const text = formatChange(change, changeDigits(change));
      expect(text.startsWith(isFall ? '−' : '+')).toBe(true);
      expect(text).toMatch(/[1-9]/);
    }),
  );
});

test('a minus is a minus, and what rounds to zero has no sign', () => {
  expect(formatSigned(-0.0427, 3)).toBe('−0.043');
  expect(formatSigned(0.0427, 3)).toBe('+0.043');
  expect(formatSigned(-0.0001, 3)).toBe('0.000');
  expect(formatNumber(-2, 1)).toBe('−2.0');
});

test('what is not known is a dash', () => {
  for (const text of [
    formatNumber(null, 2),
    formatNumber(Number.NaN, 2),
    formatSigned(null, 2),
    formatPercent(null),
    formatBps(null),
    formatR2(null),
    formatRange(null, String),
  ]) {
    expect(text).toBe('–');
  }
});

test('fractions are written as percent', () => {
  expect(plain(formatPercent(0.5256, 2))).toBe('52.56 %');
  expect(plain(formatChange(-0.25))).toBe('−25.00 %');
  expect(plain(formatR2(0.00231))).toBe('+0.231 %');
  expect(plain(formatR2(-1.06))).toBe('−106.0 %');
});

test('writes changes with a true minus, a sign and a unit', () => {
  expect(plain(formatChange(0.012))).toBe('+1.20 %');
  expect(plain(formatChange(-0.0034))).toBe('−0.34 %');
  expect(plain(formatChange(-0.000001))).toBe('0.00 %');
  expect(plain(formatChangeRange([-0.0094, 0.0089]))).toBe('−0.94 to +0.89 %');
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
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (chance) => {
      expect(formatChance(chance)).toMatch(/[1-9]/);
    }),
  );
});

test('costs have a digit after the point where they need it', () => {
  expect([10, 15.83, 432.1].map((cost) => plain(formatBps(cost)))).toEqual(['10 bps', '15.8 bps', '432 bps']);
});

test('counts have thousands and a plural', () => {
  expect(formatCount(26_280)).toBe('26,280');
  expect(plain(countOf(1, 'fold'))).toBe('1 fold');
  expect(plain(countOf(1_200, 'row'))).toBe('1,200 rows');
});

test('writes sizes in the unit that fits', () => {
  expect([812, 4_200, 1_300_000].map((size) => plain(formatBytes(size)))).toEqual(['812 B', '4.2 kB', '1.3 MB']);
});
