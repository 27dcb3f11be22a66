/**
 * Intervals for statistics of dependent rows by the stationary bootstrap: Politis and Romano 1994
 * (https://doi.org/10.1080/01621459.1994.10476870). Rows are drawn in blocks of geometric length that wrap around the
 * end, so what depends on its neighbours keeps them. N rows.
 *
 * Every statistic here is a function of means of columns (a correlation of five, a Sharpe ratio of two). A block then
 * adds a difference of running sums, whatever its length: a thousand resamples of years of hours take a second.
 */

import { RANDOM_STREAM, Random } from '../core/random.js';
import { mean, quantile } from '../core/statistics.js';
import { type Measured, measured, undefinedBecause } from './measured.js';

export interface BootstrapOptions {
  readonly seed: number;
  readonly resamples?: number;
  /** Share of resamples inside the interval. */
  readonly level?: number;
  /** Mean length of a block; by Politis and White's rule when absent. */
  readonly blockRows?: number;
  /**
   * A floor for that rule. Labels that look h rows ahead hang together over h rows; 5 rows cost a thousand rows nothing
   * and keep what a rule made for linear dependence overlooks.
   */
  readonly minimumBlockRows?: number;
}

export interface BootstrapInterval {
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly resamples: number;
  readonly blockRows: number;
}

/** Keeps these draws apart from those of a market simulated with the same seed. */
const SUBSTREAM = 0xb007;
const MINIMUM_ROWS = 10;

/**
 * A percentile interval of the information coefficient, Pearson's correlation of score and outcome.
 *
 * @param scores shape `[N]`
 * @param outcomes shape `[N]`
 */
export function bootstrapIc(
  scores: Float64Array,
  outcomes: Float64Array,
  options: BootstrapOptions,
): Measured<BootstrapInterval> {
  const x = standardise(scores);
  const y = standardise(outcomes);
  if (x === null || y === null) {
    return undefinedBecause(`the ${x === null ? 'scores' : 'outcomes'} do not vary: there is no correlation`);
  }
  const product = x.map((value, i) => value * y[i]);
  const ic = mean(product);
  // What a row contributes to the correlation; its dependence over time is what the blocks must keep.
  const influence = product.map((value, i) => value - (ic / 2) * (x[i] ** 2 + y[i] ** 2));
  const columns = [x, y, x.map((value) => value ** 2), y.map((value) => value ** 2), product];
  return interval(columns, influence, options, ([meanX, meanY, squareX, squareY, meanProduct]) => {
    const varianceX = squareX - meanX ** 2;
    const varianceY = squareY - meanY ** 2;
    return (meanProduct - meanX * meanY) / Math.sqrt(orNotANumber(varianceX) * orNotANumber(varianceY));
  });
}

/**
 * A percentile interval of the annualised Sharpe ratio.
 *
 * @param returns shape `[N]`, one per period, as fractions
 */
export function bootstrapSharpe(
  returns: Float64Array,
  periodsInYear: number,
  options: BootstrapOptions,
): Measured<BootstrapInterval> {
  const z = standardise(returns);
  if (z === null) return undefinedBecause('all returns are equal: there is no Sharpe ratio');
  const rows = returns.length;
  const center = mean(returns);
  const deviation = Math.sqrt(mean(returns.map((value) => (value - center) ** 2)));
  const sharpe = center / deviation;
  const influence = z.map((value) => value - (sharpe / 2) * (value ** 2 - 1));
  const scale = Math.sqrt((periodsInYear * (rows - 1)) / rows);
  return interval([z, z.map((value) => value ** 2)], influence, options, ([meanZ, squareZ]) => {
    return (scale * (sharpe + meanZ)) / Math.sqrt(orNotANumber(squareZ - meanZ ** 2));
  });
}

/**
 * Chooses the mean block length of the stationary bootstrap: Politis and White 2004
 * (https://doi.org/10.1081/ETC-120028836) as corrected by Patton, Politis and White 2009
 * (https://doi.org/10.1080/07474930802459016). The bandwidth is twice the first lag from which on 5 (or log₁₀ N)
 * autocorrelations in a row are within ±2 √(log₁₀ N / N), as in the authors' program.
 *
 * @param values shape `[N]`
 * @returns 1 at least, 3 √N and N / 3 at most
 */
export function chooseBlockRows(values: Float64Array): number {
  const rows = values.length;
  const center = mean(values);
  const deviations = values.map((value) => value - center);
  const quietLags = Math.max(5, Math.floor(Math.log10(rows)));
  const maximumLag = Math.min(rows - 1, Math.ceil(Math.sqrt(rows)) + quietLags);
  const band = 2 * Math.sqrt(Math.log10(rows) / rows);
  const covariances: number[] = [];
  let bandwidth = maximumLag;
  let quiet = 0;
  for (let lag = 0; lag <= maximumLag && lag <= bandwidth; lag++) {
    let sum = 0;
    for (let i = lag; i < rows; i++) sum += deviations[i] * deviations[i - lag];
    covariances.push(sum / rows);
    quiet = Math.abs(covariances[lag]) < band * covariances[0] ? quiet + 1 : 0;
    if (quiet === quietLags && bandwidth === maximumLag) {
      bandwidth = Math.min(maximumLag, 2 * (lag - quietLags + 1));
    }
  }
  let slope = 0;
  let variance = covariances[0];
  for (let lag = 1; lag <= bandwidth; lag++) {
    const flatTop = Math.min(1, 2 * (1 - lag / bandwidth));
    slope += 2 * flatTop * lag * covariances[lag];
    variance += 2 * flatTop * covariances[lag];
  }
  const blockRows = Math.cbrt((slope / variance) ** 2 * rows);
  const limit = Math.ceil(Math.min(3 * Math.sqrt(rows), rows / 3));
  return Math.max(1, Math.min(limit, blockRows));
}

/**
 * Draws the means of columns over stationary-bootstrap resamples.
 *
 * @param columns K columns of shape `[N]`
 * @returns shape `[resamples, K]`, row-major
 */
export function resampleMeans(
  columns: readonly Float64Array[],
  { seed, resamples, blockRows }: { seed: number; resamples: number; blockRows: number },
): Float64Array {
  const rows = columns[0].length;
  const width = columns.length;
  const sums = runningSums(columns);
  const random = new Random(seed, RANDOM_STREAM.simulation, SUBSTREAM);
  const logContinue = Math.log(1 - 1 / blockRows);
  const means = new Float64Array(resamples * width);
  for (let resample = 0; resample < resamples; resample++) {
    const at = resample * width;
    for (let drawn = 0; drawn < rows; ) {
      // Uniform to one part in 2³² / N: no interval shows it, and an unbiased draw costs twice the time.
      const start = Math.floor((random.nextUint32() / 0x1_0000_0000) * rows);
      // Geometric by inversion; 32 bits cut off blocks of more than 22 mean lengths.
      const wished = 1 + Math.floor(Math.log((random.nextUint32() + 1) / 0x1_0000_0000) / logContinue);
      const length = Math.min(wished, rows - drawn);
      const end = start + length;
      addSums(means, at, sums, start, Math.min(end, rows), width);
      if (end > rows) addSums(means, at, sums, 0, end - rows, width);
      drawn += length;
    }
  }
  return means.map((sum) => sum / rows);
}

/** @returns shape `[N + 1, K]`, row-major: sums of the rows before */
function runningSums(columns: readonly Float64Array[]): Float64Array {
  const rows = columns[0].length;
  const width = columns.length;
  const sums = new Float64Array((rows + 1) * width);
  for (let k = 0; k < width; k++) {
    for (let i = 0; i < rows; i++) sums[(i + 1) * width + k] = sums[i * width + k] + columns[k][i];
  }
  return sums;
}

function addSums(out: Float64Array, at: number, sums: Float64Array, start: number, end: number, width: number): void {
  for (let k = 0; k < width; k++) out[at + k] += sums[end * width + k] - sums[start * width + k];
}

function interval(
  columns: readonly Float64Array[],
  influence: Float64Array,
  { seed, resamples = 1000, level = 0.95, blockRows: asked, minimumBlockRows = 5 }: BootstrapOptions,
  statistic: (means: Float64Array) => number,
): Measured<BootstrapInterval> {
  const rows = influence.length;
  if (rows < MINIMUM_ROWS)
    return undefinedBecause(`${MINIMUM_ROWS} rows are needed for an interval, there are ${rows}`);
  const blockRows = asked ?? Math.max(chooseBlockRows(influence), Math.min(minimumBlockRows, rows / 3));
  const means = resampleMeans(columns, { seed, resamples, blockRows });
  const width = columns.length;
  const values = Float64Array.from({ length: resamples }, (_, i) => {
    return statistic(means.subarray(i * width, (i + 1) * width));
  }).filter(Number.isFinite);
  // A few flat resamples of rare trades are no harm; many make the interval one of the others only.
  if (values.length < 0.9 * resamples) {
    return undefinedBecause('too many resamples do not vary: the rows that differ are too few for an interval');
  }
  const low = quantile(values, (1 - level) / 2);
  const high = quantile(values, (1 + level) / 2);
  return measured({ low, high, level, resamples, blockRows });
}

/** To mean 0 and variance 1 (divisor N); `null` where the values do not vary. */
function standardise(values: Float64Array): Float64Array | null {
  const center = mean(values);
  const variance = mean(values.map((value) => (value - center) ** 2));
  // Equal values leave rounding dust behind, which is not variation.
  if (!(variance > (center * 1e-12) ** 2)) return null;
  return values.map((value) => (value - center) / Math.sqrt(variance));
}

/** A resample that drew one value only has rounding dust for a variance. */
function orNotANumber(variance: number): number {
  return variance > 1e-12 ? variance : Number.NaN;
}
