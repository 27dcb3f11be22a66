/** Small statistics that several modules need. */

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Mean of squares; of differences when `b` is given. */
export function meanSquare(a: ArrayLike<number>, b?: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (b ? a[i] - b[i] : a[i]) ** 2;
  return sum / a.length;
}

/** Pearson's correlation; `null` where one side does not vary. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const meanA = mean(a);
  const meanB = mean(b);
  let covariance = 0;
  let varianceA = 0;
  let varianceB = 0;
  for (let i = 0; i < a.length; i++) {
    const deviationA = a[i] - meanA;
    const deviationB = b[i] - meanB;
    covariance += deviationA * deviationB;
    varianceA += deviationA * deviationA;
    varianceB += deviationB * deviationB;
  }
  // Equal values leave rounding dust behind, which is not variation.
  const isFlat = (variance: number, center: number) => variance <= a.length * (center * 1e-12) ** 2;
  if (isFlat(varianceA, meanA) || isFlat(varianceB, meanB)) return null;
  return covariance / Math.sqrt(varianceA * varianceB);
}

/** The value below which the share `q` of the values lies, linear between neighbours (numpy's default, type 7). */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/** Quantile of the standard normal for a two-sided 95 % interval. */
export const NORMAL_95 = 1.959963984540054;

/**
 * Wilson's score interval of a share, 95 %.
 * Source: https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
 */
export function wilsonInterval(hits: number, count: number): [number, number] {
  const z = NORMAL_95;
  const share = hits / count;
  const center = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const half = (z / (1 + (z * z) / count)) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return [center - half, center + half];
}

/** A part as a fraction of the whole; 0 of nothing. */
export function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
