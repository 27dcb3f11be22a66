import { expect, test } from 'vitest';
import {
  incompleteBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  normalUpperTail,
  studentTUpperTail,
} from './distributions.js';

// Expected values: scipy 1.17.1, e.g. `scipy.stats.norm.cdf(-20)`, `scipy.stats.t.sf(5, 99)`
// (https://docs.scipy.org/doc/scipy/reference/stats.html).

function expectRelative(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual / expected - 1), `${actual} against ${expected}`).toBeLessThan(tolerance);
}

test.each([
  [-20, 2.7536241186061556e-89],
  [-8, 6.22096057427174e-16],
  [-7.1, 6.237844463331586e-13],
  [-5, 2.866515718791933e-7],
  [-3, 0.0013498980316300933],
  [-1.959963984540054, 0.025],
  [-0.1, 0.460172162722971],
  [0.5, 0.6914624612740131],
  [2.5, 0.9937903346742238],
])('normalCdf(%d) agrees with scipy', (z, expected) => {
  expectRelative(normalCdf(z), expected, 3e-14);
  expectRelative(normalUpperTail(-z), expected, 3e-14);
});

test.each([
  [1e-20, -9.262340089798409],
  [1e-6, -4.753424308822899],
  [0.05, -1.6448536269514729],
  [0.3, -0.5244005127080409],
  [0.9, 1.2815515655446004],
  [0.975, 1.959963984540054],
  [0.9999, 3.719016485455709],
])('normalQuantile(%d) agrees with scipy', (probability, expected) => {
  expectRelative(normalQuantile(probability), expected, 1e-13);
});

test.each([
  [1, 1, 0.25],
  [2.5, 1, 0.12111894159084341],
  [-3, 2, 0.9522670168666454],
  [1.7, 30, 0.04973893779425843],
  [-0.3, 99, 0.6175969191298714],
  [5, 99, 1.2406980065204744e-6],
  [40, 3, 1.7190340394579253e-5],
  [1.645, 22000, 0.04999204875747579],
  [12, 22000, 2.2535337025338584e-33],
])('studentTUpperTail(%d, %d) agrees with scipy', (t, degreesOfFreedom, expected) => {
  expectRelative(studentTUpperTail(t, degreesOfFreedom), expected, 1e-10);
});

test('studentTUpperTail agrees with the printed table of quantiles', () => {
  // https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm: rows 1, 2, 9, 30, 100; columns 0.95, 0.975, 0.995
  const table = [
    [1, 6.314, 12.706, 63.657],
    [2, 2.92, 4.303, 9.925],
    [9, 1.833, 2.262, 3.25],
    [30, 1.697, 2.042, 2.75],
    [100, 1.66, 1.984, 2.626],
  ];
  const tails = [0.05, 0.025, 0.005];
  for (const [df, ...row] of table) {
    // The table rounds to three digits: the true quantile lies within half of the last one.
    for (const [column, quantile] of row.entries()) {
      expect(studentTUpperTail(quantile - 0.0005, df)).toBeGreaterThan(tails[column]);
      expect(studentTUpperTail(quantile + 0.0005, df)).toBeLessThan(tails[column]);
    }
  }
});

test('the median is 0, the ends are 0 and 1', () => {
  expect([normalCdf(0), studentTUpperTail(0, 5)]).toEqual([0.5, 0.5]);
  expect(normalQuantile(0.5)).toBe(0);
  expect([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY].map((t) => studentTUpperTail(t, 5))).toEqual([1, 0]);
  expect([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY].map(normalCdf)).toEqual([0, 1]);
});

test.each([
  [0.5, 0.5723649429247],
  [3.7, 1.428072326665388],
  [10.5, 13.940625219403763],
  [11000.5, 91363.0750043309],
])('logGamma(%d) agrees with scipy', (x, expected) => {
  expectRelative(logGamma(x), expected, 1e-13);
});

test('logGamma of whole numbers is the log of a factorial', () => {
  expect(logGamma(1)).toBeCloseTo(0, 14);
  expect(logGamma(6)).toBeCloseTo(Math.log(120), 13);
});

test.each([
  [0.2, 2, 3, 0.1808],
  [0.5, 0.5, 0.5, 0.5],
  [0.9, 10, 0.5, 0.15164090963470994],
  [0.999, 11000, 0.5, 2.711619558692684e-6],
])('incompleteBeta(%d, %d, %d) agrees with scipy', (x, a, b, expected) => {
  expectRelative(incompleteBeta(x, a, b), expected, 1e-10);
});
