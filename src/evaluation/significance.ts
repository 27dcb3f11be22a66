/**
 * Is one forecast better than another, or is it luck? Tests for overlapping, autocorrelated errors. N rows, in order
 * of time.
 *
 * Overlap: labels of neighbouring rows share candles when they look `horizonSteps` ahead, so errors are correlated
 * over horizonSteps − 1 rows even for a perfect model; a variance that ignored it would call luck skill.
 */

import { normalUpperTail, studentTUpperTail } from '../core/distributions.js';
import { mean } from '../core/statistics.js';
import { type Measured, measured, undefinedBecause } from './measured.js';

/**
 * Weights of the autocovariances in a long-run variance: `rectangular` counts each of the first `lag` in full, as
 * Diebold–Mariano and Harvey–Leybourne–Newbold do, and may come out negative; `bartlett` (Newey–West) weighs them
 * 1 − k / (lag + 1) and cannot.
 */
export type LagKernel = 'rectangular' | 'bartlett';

export interface SignificanceOptions {
  readonly horizonSteps: number;
  /** Autocovariances counted, horizonSteps − 1 at least. */
  readonly lag?: number;
  readonly kernel?: LagKernel;
}

export interface SignificanceTest {
  /** Positive when the challenger is better. */
  readonly statistic: number;
  /** One-sided: the chance of such a statistic or a larger one when the challenger is no better. */
  readonly pValue: number;
  readonly meanDifference: number;
  readonly lag: number;
  /** The kernel used: `bartlett` too where the rectangular variance came out negative. */
  readonly kernel: LagKernel;
}

/** Fewer rows say nothing. */
const MINIMUM_ROWS = 10;

/**
 * Squared error of the benchmark minus squared error of the challenger: positive where the challenger is better.
 *
 * @param outcomes shape `[N]`
 * @param challenger shape `[N]`
 * @param benchmark shape `[N]`; "no change" when absent
 * @returns shape `[N]`
 */
export function compareSquaredErrors(
  outcomes: Float64Array,
  challenger: Float64Array,
  benchmark?: Float64Array,
): Float64Array {
  return outcomes.map((outcome, i) => (outcome - (benchmark?.[i] ?? 0)) ** 2 - (outcome - challenger[i]) ** 2);
}

/**
 * Tests whether the mean loss difference is above 0: Diebold–Mariano 1995 (https://doi.org/10.1080/07350015.1995.10524599)
 * with the small-sample factor and Student's t(N − 1) of Harvey, Leybourne and Newbold 1997
 * (https://doi.org/10.1016/S0169-2070(96)00719-4).
 *
 * @param differences shape `[N]`, loss of the benchmark minus loss of the challenger
 * @example testDieboldMariano(compareSquaredErrors(outcomes, lstm, ridge), { horizonSteps: 1 })
 */
export function testDieboldMariano(
  differences: Float64Array,
  options: SignificanceOptions,
): Measured<SignificanceTest> {
  const rows = differences.length;
  const h = options.horizonSteps;
  const test = testMean(differences, options);
  if (test.value === null) return test;
  const correction = Math.sqrt((rows + 1 - 2 * h + (h * (h - 1)) / rows) / rows);
  const statistic = test.value.statistic * correction;
  return measured({ ...test.value, statistic, pValue: studentTUpperTail(statistic, rows - 1) });
}

/**
 * Tests whether a model that contains the benchmark as a special case predicts better than it: Clark and West 2007
 * (https://doi.org/10.1016/j.jeconom.2006.05.023). Under the null the larger model's error is inflated by the noise of
 * its own estimates; the test adds back (benchmark − challenger)². Standard normal, one-sided, as the paper advises.
 *
 * @param outcomes shape `[N]`
 * @param challenger shape `[N]`
 * @param benchmark shape `[N]`; "no change" when absent
 */
export function testClarkWest(
  outcomes: Float64Array,
  challenger: Float64Array,
  options: SignificanceOptions,
  benchmark?: Float64Array,
): Measured<SignificanceTest> {
  const adjusted = compareSquaredErrors(outcomes, challenger, benchmark).map(
    (difference, i) => difference + ((benchmark?.[i] ?? 0) - challenger[i]) ** 2,
  );
  return testMean(adjusted, options);
}

/** The mean over its autocorrelation-robust standard error, judged by the standard normal. */
function testMean(values: Float64Array, options: SignificanceOptions): Measured<SignificanceTest> {
  const { horizonSteps, lag = horizonSteps - 1, kernel: asked = 'rectangular' } = options;
  const rows = values.length;
  const neededRows = Math.max(MINIMUM_ROWS, 2 * (lag + 1));
  if (rows < neededRows) return undefinedBecause(`${neededRows} rows are needed for a test, there are ${rows}`);
  const center = mean(values);
  // Equal values leave rounding dust behind, which is not variation.
  const isPositive = (variance: number) => variance > (center * 1e-12) ** 2;
  let kernel = asked;
  let variance = estimateLongRunVariance(values, lag, kernel);
  if (!isPositive(variance) && kernel === 'rectangular') {
    kernel = 'bartlett';
    variance = estimateLongRunVariance(values, lag, kernel);
  }
  if (!isPositive(variance)) return undefinedBecause('the two forecasts differ by the same loss in every row');
  const statistic = center / Math.sqrt(variance / rows);
  return measured({ statistic, pValue: normalUpperTail(statistic), meanDifference: center, lag, kernel });
}

/**
 * Estimates the variance of √N times the mean of an autocorrelated series: γ₀ + 2 Σ wₖ γₖ over `lag` autocovariances
 * with divisor N (Newey and West 1987, https://doi.org/10.2307/1913610).
 *
 * @param values shape `[N]`
 */
export function estimateLongRunVariance(values: Float64Array, lag: number, kernel: LagKernel): number {
  const rows = values.length;
  const center = mean(values);
  const deviations = values.map((value) => value - center);
  let variance = 0;
  for (let k = 0; k <= Math.min(lag, rows - 1); k++) {
    let covariance = 0;
    for (let i = k; i < rows; i++) covariance += deviations[i] * deviations[i - k];
    const weight = kernel === 'bartlett' ? 1 - k / (lag + 1) : 1;
    variance += ((k === 0 ? 1 : 2 * weight) * covariance) / rows;
  }
  return variance;
}

/**
 * Adjusts p-values of several tests at once, so that the chance of even one false claim stays at its level: Holm 1979
 * (https://www.jstor.org/stable/4615733). A test that could not be computed claims nothing: it stays `null` and is not
 * counted.
 *
 * @returns in the order given
 */
export function adjustHolm(pValues: readonly (number | null)[]): (number | null)[] {
  const order = Array.from(pValues.keys())
    .filter((i) => pValues[i] !== null)
    .sort((a, b) => Number(pValues[a]) - Number(pValues[b]));
  const adjusted: (number | null)[] = pValues.map(() => null);
  let highest = 0;
  for (const [rank, i] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (order.length - rank) * Number(pValues[i])));
    adjusted[i] = highest;
  }
  return adjusted;
}
