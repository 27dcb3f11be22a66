import { describe, expect, test } from 'vitest';
import { deflateSharpe, expectedMaximumSharpe, measureReturns, periodsPerYear, probabilisticSharpe } from './sharpe.js';

function noise(a: number): Float64Array {
  return Float64Array.from({ length: 200 }, (_, t) => ((t * a + ((t * t * 31) % 1009)) % 997) / 997 - 0.5);
}

const [shock, fatTail, gate] = [7919, 104729, 31].map(noise);
const returns = shock.map((value, i) => 0.01 * value + (gate[i] > 0 ? 0.02 * fatTail[i] ** 3 : 0) + 0.0004);

describe('the Sharpe ratio', () => {
  test('and its moments agree with scipy', () => {
    // numpy 2, scipy 1.17.1: r.mean() / r.std(ddof=1), scipy.stats.skew(r), scipy.stats.kurtosis(r, fisher=False)
    const moments = measureReturns(returns).value!;
    expect(moments.sharpe).toBeCloseTo(0.1284097799493894, 13);
    expect(moments.skewness).toBeCloseTo(0.07700701910893179, 12);
    expect(moments.kurtosis).toBeCloseTo(1.7759124767960075, 12);
    expect(probabilisticSharpe(moments).value).toBeCloseTo(0.9654322034118153, 12);
    expect(probabilisticSharpe(moments, 0.05).value).toBeCloseTo(0.8664626962592806, 12);
  });

  test('counts every candle of a year', () => {
    expect([periodsPerYear('1h'), periodsPerYear('1d'), periodsPerYear('15m')]).toEqual([8760, 365, 35040]);
  });

  test.each([
    ['one return', Float64Array.of(0.1), 'needs 2 returns, there are 1'],
    ['no return', new Float64Array(0), 'needs 2 returns, there are 0'],
    ['equal returns', new Float64Array(9).fill(0.1), 'all returns are equal'],
    ['no movement', new Float64Array(9), 'all returns are equal'],
  ])('is undefined, with the reason, for %s', (_, values, reason) => {
    const result = measureReturns(values);
    expect(result.value).toBeNull();
    expect(result.reason).toContain(reason);
  });
});

describe('the deflated Sharpe ratio', () => {
  // The worked example of the paper, "A numerical example": five years of daily returns, annualised Sharpe ratio 2.5,
  // variance of the trials' annualised ratios 1/2, skewness −3, kurtosis 10: SR₀ = 0.1132 and DSR = 0.9004 for 100
  // trials, 0.9505 for 46; 88 trials give 0.9505 when returns are normal (https://ssrn.com/abstract=2460551)
  const sharpe = 2.5 / Math.sqrt(250);
  const trialVariance = 0.5 / 250;

  test.each([
    [100, -3, 10, 0.9004],
    [46, -3, 10, 0.9505],
    [88, 0, 3, 0.9505],
  ])('agrees with the paper for %i trials, skewness %d, kurtosis %d', (trialCount, skewness, kurtosis, expected) => {
    const result = deflateSharpe({ count: 1250, sharpe, skewness, kurtosis }, trialCount, trialVariance);
    expect(result.value!.probability).toBeCloseTo(expected, 4);
  });

  test('has the threshold of the paper', () => {
    expect(expectedMaximumSharpe(100, trialVariance)).toBeCloseTo(0.1132, 4);
  });

  test('is the probabilistic one for a single trial, and falls with every further one', () => {
    const moments = measureReturns(returns).value!;
    const deflate = (trialCount: number) => deflateSharpe(moments, trialCount).value!;
    expect(deflate(1)).toMatchObject({ threshold: 0, probability: probabilisticSharpe(moments).value });
    expect(deflate(2).probability).toBeLessThan(deflate(1).probability);
    expect(deflate(20).probability).toBeLessThan(deflate(2).probability);
  });

  test('is undefined where the error of the ratio is', () => {
    const result = deflateSharpe({ count: 3, sharpe: 1, skewness: 3, kurtosis: 3 }, 5);
    expect(result.value).toBeNull();
    expect(result.reason).toContain('too skewed');
  });
});
