/** The Sharpe ratio, and how much of it is left after the number of trials, fat tails and few rows. */

import { normalCdf, normalQuantile } from '../core/distributions.js';
import { mean } from '../core/statistics.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import { type Measured, measured, undefinedBecause } from './measured.js';

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const EULER_MASCHERONI = 0.5772156649015329;

/** Candles of a year of 365 days: crypto markets never close. */
export function periodsPerYear(interval: Interval): number {
  return YEAR_MS / INTERVAL_MS[interval];
}

/** The shape of returns that the Sharpe ratio and its uncertainty depend on. */
export interface ReturnMoments {
  readonly count: number;
  /** Mean over standard deviation (divisor N − 1) of one period, not annualised. */
  readonly sharpe: number;
  readonly skewness: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
}

/** @param returns shape `[N]`, one per period, as fractions */
export function measureReturns(returns: Float64Array): Measured<ReturnMoments> {
  const count = returns.length;
  if (count < 2) return undefinedBecause(`a Sharpe ratio needs 2 returns, there are ${count}`);
  const center = mean(returns);
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (const value of returns) {
    const deviation = value - center;
    second += deviation ** 2 / count;
    third += deviation ** 3 / count;
    fourth += deviation ** 4 / count;
  }
  // Equal values leave rounding dust behind, which is not variation.
  if (second <= (center * 1e-12) ** 2) return undefinedBecause('all returns are equal: there is no risk to divide by');
  return measured({
    count,
    sharpe: center / Math.sqrt((second * count) / (count - 1)),
    skewness: third / second ** 1.5,
    kurtosis: fourth / second ** 2,
  });
}

/**
 * The probability that the true Sharpe ratio exceeds `threshold`, given the length and shape of the record: Bailey and
 * López de Prado 2012, "The Sharpe ratio efficient frontier" (https://ssrn.com/abstract=1821643).
 *
 * @param threshold of one period, not annualised
 */
export function probabilisticSharpe(moments: ReturnMoments, threshold = 0): Measured<number> {
  const { count, sharpe, skewness, kurtosis } = moments;
  const variance = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe ** 2;
  if (!(variance > 0))
    return undefinedBecause('the returns are too few or too skewed for an error of their Sharpe ratio');
  return measured(normalCdf(((sharpe - threshold) * Math.sqrt(count - 1)) / Math.sqrt(variance)));
}

/**
 * The largest Sharpe ratio of one period to expect from `trialCount` trials that know nothing: Bailey and López de
 * Prado 2014, "The deflated Sharpe ratio" (https://doi.org/10.3905/jpm.2014.40.5.094, https://ssrn.com/abstract=2460551).
 *
 * @param trialVariance variance of the Sharpe ratios (of one period) across the trials
 */
export function expectedMaximumSharpe(trialCount: number, trialVariance: number): number {
  if (trialCount <= 1) return 0;
  const first = normalQuantile(1 - 1 / trialCount);
  const second = normalQuantile(1 - 1 / (trialCount * Math.E));
  return Math.sqrt(trialVariance) * ((1 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second);
}

export interface DeflatedSharpe {
  /** The probability that the true Sharpe ratio is above 0 after allowing for the best of `trialCount` being shown. */
  readonly probability: number;
  /** What the best of that many trials without skill would show, of one period. */
  readonly threshold: number;
  readonly trialCount: number;
}

/**
 * Deflates a Sharpe ratio by the number of trials on the same rows (Bailey and López de Prado 2014).
 *
 * The trials' own spread is seldom on record. Where it is not given, trials are taken to differ by chance alone: a
 * Sharpe ratio of N returns without skill has variance 1 / (N − 1). One trial deflates nothing.
 */
export function deflateSharpe(
  moments: ReturnMoments,
  trialCount: number,
  trialVariance = 1 / (moments.count - 1),
): Measured<DeflatedSharpe> {
  const threshold = expectedMaximumSharpe(trialCount, trialVariance);
  const probability = probabilisticSharpe(moments, threshold);
  return probability.value === null ? probability : measured({ probability: probability.value, threshold, trialCount });
}
