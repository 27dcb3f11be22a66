import { expect, test } from 'vitest';
import { correlation, mean, quantile, wilsonInterval } from './statistics.js';

test('correlation agrees with the published value of Anscombe’s first set', () => {
  // Anscombe 1973, "Graphs in Statistical Analysis": r = 0.816 (https://en.wikipedia.org/wiki/Anscombe%27s_quartet)
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
  expect(correlation(x, y)).toBeCloseTo(0.81642, 5);
  expect(mean(y)).toBeCloseTo(7.5009, 4);
});

test('correlation is null where a side is constant', () => {
  expect(correlation([0.1, 0.1, 0.1], [1, 2, 3])).toBeNull();
  expect(correlation([0, 0, 0], [1, 2, 3])).toBeNull();
});

test('quantile is linear between neighbours, as numpy.quantile', () => {
  // numpy.quantile([1, 2, 3, 4], [0, 0.25, 0.8, 1]) = [1, 1.75, 3.4, 4]
  expect([0, 0.25, 0.8, 1].map((q) => quantile([4, 1, 3, 2], q))).toEqual([1, 1.75, 3.4000000000000004, 4]);
});

test('wilsonInterval agrees with Newcombe’s table', () => {
  // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3 (score):
  // 81/263: 0.2553–0.3662, 15/148: 0.0624–0.1605, 0/20: 0–0.1611, 1/29: 0.0061–0.1718
  const rounded = (hits: number, count: number) => wilsonInterval(hits, count).map((x) => Math.round(x * 1e4) / 1e4);
  expect(rounded(81, 263)).toEqual([0.2553, 0.3662]);
  expect(rounded(15, 148)).toEqual([0.0624, 0.1605]);
  expect(rounded(0, 20)).toEqual([0, 0.1611]);
  expect(rounded(1, 29)).toEqual([0.0061, 0.1718]);
});
