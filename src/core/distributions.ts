/**
 * The normal and Student's t distribution: what p-values and critical values are read from. Upper tails are computed
 * as such, without the loss of digits of 1 − P; quantiles invert them by bisection.
 */

/** P(Z ≤ z) of the standard normal. */
export function normalCdf(z: number): number {
  return normalUpperTail(-z);
}

/**
 * P(Z > z) of the standard normal, to 13 digits or more.
 *
 * Method: near 0 the series Σ z^(2k+1) / (2k+1)!! times the density (Marsaglia 2004, "Evaluating the normal
 * distribution", https://doi.org/10.18637/jss.v011.i04); in the tail Laplace's continued fraction
 * (https://dlmf.nist.gov/7.9).
 */
export function normalUpperTail(z: number): number {
  const size = Math.abs(z);
  const density = Math.exp((-size * size) / 2) / Math.sqrt(2 * Math.PI);
  const tail = size < TAIL_START ? 0.5 - density * normalSeries(size) : density / tailFraction(size);
  return z < 0 ? 1 - tail : tail;
}

/** The z with P(Z ≤ z) = `probability`, for 0 < probability < 1. */
export function normalQuantile(probability: number): number {
  return invertTail(normalUpperTail, probability);
}

/**
 * P(T > t) of Student's t with `degreesOfFreedom` > 0.
 * Source: https://en.wikipedia.org/wiki/Student%27s_t-distribution#Cumulative_distribution_function
 */
export function studentTUpperTail(t: number, degreesOfFreedom: number): number {
  const x = degreesOfFreedom / (degreesOfFreedom + t * t);
  const tail = incompleteBeta(x, degreesOfFreedom / 2, 0.5) / 2;
  return t < 0 ? 1 - tail : tail;
}

/**
 * The regularised incomplete beta function I_x(a, b), for x in [0, 1], a > 0, b > 0.
 * Method: the continued fraction https://dlmf.nist.gov/8.17.E22 by Lentz's algorithm.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  let change = 0;
  for (let m = 1; m < MAXIMUM_TERMS && Math.abs(change - 1) > Number.EPSILON; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const numerator of [even, odd]) {
      d = 1 / (1 + numerator * d);
      c = 1 + numerator / c;
      change = c * d;
      fraction *= change;
    }
  }
  return front * fraction;
}

/**
 * ln Γ(x) for x > 0. Method: Stirling's series https://dlmf.nist.gov/5.11.E1, after moving x above 10 by
 * Γ(x + 1) = x Γ(x).
 */
export function logGamma(x: number): number {
  let product = 1;
  let shifted = x;
  for (; shifted < 10; shifted++) product *= shifted;
  const inverse = 1 / shifted;
  const series = inverse * polynomial(STIRLING, inverse * inverse);
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** Terms needed grow with the square root of the degrees of freedom: these suffice for millions. */
const MAXIMUM_TERMS = 5_000;

const TAIL_START = 2;
/** From there on more terms of the fraction change no digit. */
const TAIL_TERMS = 150;

/** B₂ₖ / (2k (2k − 1)) for k = 8 … 1: coefficients of powers of 1/x², the highest first. */
const STIRLING = [-3617 / 122400, 1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12];

function normalSeries(size: number): number {
  let term = size;
  let sum = size;
  for (let k = 3; sum + term !== sum; k += 2) {
    term *= (size * size) / k;
    sum += term;
  }
  return sum;
}

function tailFraction(size: number): number {
  let fraction = size;
  for (let k = TAIL_TERMS; k > 0; k--) fraction = size + k / fraction;
  return fraction;
}

function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * x + coefficient;
  return value;
}

/** Finds x where a symmetric distribution has P(X ≤ x) = `probability`, to neighbouring numbers. */
function invertTail(upperTail: (x: number) => number, probability: number): number {
  if (probability === 0.5) return 0;
  const tail = Math.min(probability, 1 - probability);
  let low = 0;
  let high = 1;
  while (upperTail(high) > tail) [low, high] = [high, 2 * high];
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (upperTail(middle) > tail) low = middle;
    else high = middle;
  }
  return probability < 0.5 ? -high : high;
}
