/** Ridge regression by its normal equations. N rows, F features. */

/** A linear model of standardised features. */
export interface RidgeModel {
  readonly intercept: number;
  /** Shape `[F]`. */
  readonly coefficients: Float64Array;
}

/**
 * Fits min ‖y − a − Xb‖² + λ‖b‖², the intercept unpenalised: scikit-learn's Ridge(alpha = λ).
 * Source: https://scikit-learn.org/stable/modules/linear_model.html#ridge-regression
 *
 * @param x shape `[T, F]`, row-major
 * @param y shape `[T]`
 * @param rows the rows to fit on
 */
export function fitRidge(
  x: Float64Array,
  y: Float64Array,
  rows: Int32Array,
  featureCount: number,
  penalty: number,
): RidgeModel {
  const meanX = new Float64Array(featureCount);
  let meanY = 0;
  for (const row of rows) {
    meanY += y[row] / rows.length;
    for (let f = 0; f < featureCount; f++) meanX[f] += x[row * featureCount + f] / rows.length;
  }
  const gram = new Float64Array(featureCount * featureCount);
  const moment = new Float64Array(featureCount);
  const centred = new Float64Array(featureCount);
  for (const row of rows) {
    for (let f = 0; f < featureCount; f++) centred[f] = x[row * featureCount + f] - meanX[f];
    const outcome = y[row] - meanY;
    for (let f = 0; f < featureCount; f++) {
      moment[f] += centred[f] * outcome;
      for (let g = 0; g <= f; g++) gram[f * featureCount + g] += centred[f] * centred[g];
    }
  }
  for (let f = 0; f < featureCount; f++) gram[f * featureCount + f] += penalty;
  const coefficients = solvePositiveDefinite(gram, moment);
  let intercept = meanY;
  for (let f = 0; f < featureCount; f++) intercept -= coefficients[f] * meanX[f];
  return { intercept, coefficients };
}

/** @returns shape `[rows.length]` */
export function predictRidge({ intercept, coefficients }: RidgeModel, x: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => {
    let sum = intercept;
    for (let f = 0; f < coefficients.length; f++) sum += coefficients[f] * x[row * coefficients.length + f];
    return sum;
  });
}

/** Solves A·s = v by Cholesky; A `[n, n]` symmetric positive definite, its lower half is read and overwritten. */
function solvePositiveDefinite(a: Float64Array, v: Float64Array): Float64Array {
  const n = v.length;
  const solution = v.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) solution[i] -= a[i * n + k] * solution[k];
    solution[i] /= a[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) solution[i] -= a[k * n + i] * solution[k];
    solution[i] /= a[i * n + i];
  }
  return solution;
}
