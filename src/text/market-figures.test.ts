import { expect, test } from 'vitest';
import { describeEstimate, describeSpread, describeTickSize } from './market-figures.js';
import { plain } from './sentences.js';

test('a tick size has every digit, and its share of the price', () => {
  expect(plain(describeTickSize({ size: 0.01, share: 0.0011299 }))).toBe('0.01 (0.113 % of the price)');
  expect(plain(describeTickSize({ size: 1e-8, share: 0.0812 }))).toBe('0.00000001 (8.120 % of the price)');
  expect(plain(describeTickSize({ size: 2.5, share: 1.4e-7 }))).toBe('2.5 (< 0.001 % of the price)');
  expect(describeTickSize(null)).toBe('not known');
});

test('a spread has its range, or a bound where none was found', () => {
  const spread = { estimator: 'edge', rows: 10_000 };
  const told = (share: number, ci95: readonly [number, number]) => plain(describeSpread({ ...spread, share, ci95 }));
  expect(told(0.000678, [0.000537, 0.000795])).toBe('0.068 % (0.054 to 0.080 %)');
  expect(told(0.000134, [0, 0.000228])).toBe('0.013 % (at most 0.023 %)');
  expect(told(0, [0, 0.000278])).toBe('below 0.028 %');
  expect(describeSpread(undefined)).toBe('not known');
  expect(plain(describeEstimate({ ...spread, share: 0, ci95: [0, 0] }))).toBe('EDGE, the newest 10,000 candles');
});
