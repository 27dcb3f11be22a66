import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { mean } from '../core/statistics.js';
import { binEdges, countInBins, stabilityIndex } from './population-stability.js';

describe('the stability index', () => {
  test('is the sum of (q − p) ln(q / p)', () => {
    // (0.6 − 0.5) ln 1.2 + (0.4 − 0.5) ln 0.8
    expect(stabilityIndex([50, 50], [60, 40])).toBeCloseTo(0.1 * Math.log(1.2) - 0.1 * Math.log(0.8), 14);
    expect(stabilityIndex([10, 20, 30], [1, 2, 3])).toBeCloseTo(0, 14);
  });

  test('takes an empty bin for half a value', () => {
    expect(stabilityIndex([50, 50], [100, 0])).toBeCloseTo(0.5 * Math.log(2) + (0.005 - 0.5) * Math.log(0.01), 12);
  });

  test('is (B − 1)(1/N + 1/M) in the mean where nothing has changed', () => {
    // Yurdakul 2018, theorem 3.1: the index is then that times a χ² over its B − 1 degrees of freedom
    const random = new Random(1, RANDOM_STREAM.test);
    const draw = (count: number) => Float64Array.from({ length: count }, () => random.nextNormal());
    const indices = Array.from({ length: 200 }, () => {
      const earlier = draw(1_000);
      const edges = binEdges(earlier);
      return stabilityIndex(countInBins(earlier, edges), countInBins(draw(500), edges));
    });
    const expected = 9 * (1 / 1_000 + 1 / 500);
    expect(Math.abs(mean(indices) / expected - 1)).toBeLessThan(0.15);
  });
});

test('bins hold a tenth of the earlier values each; values that repeat share a bin', () => {
  const values = Float64Array.from({ length: 100 }, (_, i) => i);
  expect(countInBins(values, binEdges(values))).toEqual(new Array(10).fill(10));
  expect(binEdges(new Float64Array(50))).toEqual([0]);
  expect(countInBins([-1, 0, 1], [0])).toEqual([1, 2]);
});
