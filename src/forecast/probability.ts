/**
 * The confidence of a forecast: the probability that its direction is right, calibrated on rows the model was not
 * trained on and that are older than the ones it is used for. Plain JSON.
 *
 * Everything rests on p(up | score), which never falls as the score rises. Symmetric, the default, p(up | −s) =
 * 1 − p(up | s): up and down moves teach one curve, it passes through ½ at a score of 0, and confidence is ½ at least.
 *
 * Logistic: Platt 1999, "Probabilistic outputs for support vector machines". Isotonic: Zadrozny and Elkan 2002
 * (https://doi.org/10.1145/775047.775151).
 */

import { z } from 'zod';
import { mean, meanSquare } from '../core/statistics.js';
import { quantity } from '../wire/parts.js';

const logisticSchema = z.object({
  method: z.literal('logistic'),
  /** 0 when symmetric. */
  intercept: quantity,
  slope: quantity.nonnegative(),
  rows: z.int().nonnegative(),
});

const isotonicSchema = z
  .object({
    method: z.literal('isotonic'),
    /** Of |score|, ascending; the curve is linear between knots, flat outside, and passes through ½ at 0. */
    sizes: z.array(quantity.nonnegative()).min(1),
    /** That the direction is right, ½ to 1, never falling. */
    probabilities: z.array(z.number().min(0.5).max(1)).min(1),
    rows: z.int().nonnegative(),
  })
  .refine(({ sizes, probabilities }) => sizes.length === probabilities.length, 'expected a probability for each size');

export const confidenceModelSchema = z.discriminatedUnion('method', [logisticSchema, isotonicSchema]);
export type ConfidenceModel = z.infer<typeof confidenceModelSchema>;
export type LogisticModel = z.infer<typeof logisticSchema>;
export type IsotonicModel = z.infer<typeof isotonicSchema>;

/** Fewer independent rows never get an isotonic curve: its steps would be chance. */
export const ISOTONIC_MINIMUM_ROWS = 1_000;
/** Independent rows averaged before the isotonic fit: no step rests on fewer, the most confident one neither. */
const CELL_ROWS = 200;
/** Share of the rows, the newest, that the choice between the two curves is made on. */
const CHOICE_SHARE = 1 / 3;
const NEWTON_ITERATIONS = 50;
/** Pulls both logistic parameters to 0 with the weight of about four rows: without it one class alone has no fit. */
const RIDGE = 1;

/**
 * Fits the confidence curve, symmetric. It is logistic, unless there are 1,000 independent rows and an isotonic curve
 * fitted on the older two thirds has a Brier score on the newest third that is lower by more than one standard error.
 * Labels that overlap over h rows count as one. (On ridge forecasts of Bitcoin and Ether hours the logistic curve is the
 * better one: expected calibration error 0.005 and 0.009 out of sample, isotonic 0.008 and 0.012.)
 *
 * Rows whose score or outcome is 0 have no direction and are left out.
 *
 * @param scores shape `[N]`, volatility units, in order of time
 * @param outcomes shape `[N]`
 */
export function fitConfidence(
  scores: Float64Array,
  outcomes: Float64Array,
  { horizonSteps }: { horizonSteps: number },
): ConfidenceModel {
  const { sizes, isRight } = foldDirections(scores, outcomes);
  const logistic = fitLogistic(sizes, isRight, { isSymmetric: true });
  const rows = sizes.length;
  if (rows < ISOTONIC_MINIMUM_ROWS * horizonSteps) return logistic;
  const cut = Math.floor(rows * (1 - CHOICE_SHARE));
  const older = [sizes.subarray(0, cut), isRight.subarray(0, cut)] as const;
  const straight = fitLogistic(...older, { isSymmetric: true });
  const stepped = fitIsotonic(...older, { horizonSteps });
  const gains = sizes.slice(cut).map((size, i) => {
    const right = isRight[cut + i];
    return (probabilityUp(straight, size) - right) ** 2 - (probabilityUp(stepped, size) - right) ** 2;
  });
  const gain = mean(gains);
  const variance = meanSquare(gains) - gain ** 2;
  const isBetter = gain > Math.sqrt((variance * horizonSteps) / gains.length);
  return isBetter ? fitIsotonic(sizes, isRight, { horizonSteps }) : logistic;
}

/** P(the price rises) for a score in volatility units. */
export function probabilityUp(model: ConfidenceModel, score: number): number {
  if (model.method === 'logistic') return sigmoid(model.intercept + model.slope * score);
  const right = interpolate(model, Math.abs(score));
  return score < 0 ? 1 - right : right;
}

/** P(the direction of the score is right), ½ at least: a direction that is more often wrong is no bet. */
export function confidenceOf(model: ConfidenceModel, score: number): number {
  if (score === 0) return 0.5;
  const up = probabilityUp(model, score);
  return Math.max(0.5, score > 0 ? up : 1 - up);
}

/**
 * Fits p = 1 / (1 + exp(−a − b·score)) by Newton's method with a ridge on a and on b times the root mean square of the
 * scores. The slope is 0 where scores point the wrong way.
 *
 * @param scores shape `[N]`; sizes of scores when symmetric
 * @param isUp shape `[N]`, 1 or 0; whether the direction was right when symmetric
 * @param isSymmetric holds a at 0
 */
export function fitLogistic(
  scores: Float64Array,
  isUp: Float64Array,
  { isSymmetric }: { isSymmetric: boolean },
): LogisticModel {
  const rows = scores.length;
  const scale = Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0) / rows) || 1;
  const x = scores.map((score) => score / scale);
  let { intercept, slope } = solveLogistic(x, isUp, !isSymmetric, true);
  if (slope < 0) ({ intercept, slope } = solveLogistic(x, isUp, !isSymmetric, false));
  return { method: 'logistic', intercept, slope: slope / scale, rows };
}

/**
 * Fits P(direction right | |score|) as a curve that never falls: rows are averaged in cells of equal count, and cells
 * that fall are pooled.
 *
 * @param sizes shape `[N]`, N at least 1, of |score|
 * @param isRight shape `[N]`, 1 or 0
 */
export function fitIsotonic(
  sizes: Float64Array,
  isRight: Float64Array,
  { horizonSteps }: { horizonSteps: number },
): IsotonicModel {
  const rows = sizes.length;
  const order = Array.from(sizes.keys()).sort((a, b) => sizes[a] - sizes[b] || a - b);
  const cellCount = Math.max(1, Math.floor(rows / (CELL_ROWS * horizonSteps)));
  const cells = Array.from({ length: cellCount }, (_, i) => {
    return order.slice(Math.floor((i * rows) / cellCount), Math.floor(((i + 1) * rows) / cellCount));
  });
  const meanOver = (values: Float64Array, cell: number[]) => mean(cell.map((i) => values[i]));
  const shares = cells.map((cell) => meanOver(isRight, cell));
  const counts = cells.map((cell) => cell.length);
  return {
    method: 'isotonic',
    sizes: cells.map((cell) => meanOver(sizes, cell)),
    probabilities: poolAdjacentViolators(shares, counts).map((share) => Math.max(0.5, share)),
    rows,
  };
}

/**
 * The least-squares fit that never falls: neighbours that fall are replaced by their weighted mean until none does.
 * Source: Barlow et al. 1972; https://scikit-learn.org/stable/modules/isotonic.html
 *
 * @returns of the length of `values`
 */
export function poolAdjacentViolators(values: readonly number[], weights: readonly number[]): number[] {
  const pools: { value: number; weight: number; count: number }[] = [];
  for (const [i, value] of values.entries()) {
    let pool = { value, weight: weights[i], count: 1 };
    for (let last = pools.at(-1); last !== undefined && last.value >= pool.value; last = pools.at(-1)) {
      pools.pop();
      const weight = last.weight + pool.weight;
      const sum = last.value * last.weight + pool.value * pool.weight;
      pool = { value: sum / weight, weight, count: last.count + pool.count };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ value, count }) => new Array<number>(count).fill(value));
}

/** Sizes of scores, and whether their direction was right, of the rows that have a direction. */
function foldDirections(scores: Float64Array, outcomes: Float64Array): { sizes: Float64Array; isRight: Float64Array } {
  const rows = Array.from(scores.keys()).filter((i) => scores[i] !== 0 && outcomes[i] !== 0);
  return {
    sizes: Float64Array.from(rows, (i) => Math.abs(scores[i])),
    isRight: Float64Array.from(rows, (i) => (Math.sign(scores[i]) === Math.sign(outcomes[i]) ? 1 : 0)),
  };
}

interface Line {
  readonly intercept: number;
  readonly slope: number;
}

/** Newton's method on the penalised log likelihood; a parameter that is not free stays 0. */
function solveLogistic(x: Float64Array, y: Float64Array, hasIntercept: boolean, hasSlope: boolean): Line {
  const free = [hasIntercept ? 1 : 0, hasSlope ? 1 : 0];
  let line: Line = { intercept: 0, slope: 0 };
  let loss = penalisedLoss(line, x, y);
  for (let iteration = 0; iteration < NEWTON_ITERATIONS; iteration++) {
    const gradient = [RIDGE * line.intercept, RIDGE * line.slope];
    const curvature = [RIDGE, 0, RIDGE];
    for (let i = 0; i < x.length; i++) {
      const p = sigmoid(line.intercept + line.slope * x[i]);
      const weight = p * (1 - p);
      gradient[0] += p - y[i];
      gradient[1] += (p - y[i]) * x[i];
      curvature[0] += weight;
      curvature[1] += weight * x[i];
      curvature[2] += weight * x[i] * x[i];
    }
    const [g0, g1] = [gradient[0] * free[0], gradient[1] * free[1]];
    const cross = curvature[1] * free[0] * free[1];
    const determinant = curvature[0] * curvature[2] - cross * cross;
    const step = [(curvature[2] * g0 - cross * g1) / determinant, (curvature[0] * g1 - cross * g0) / determinant];
    // Halved until it descends, but for rounding: far from the minimum a full step can overshoot.
    let next = line;
    let nextLoss = loss;
    for (let share = 1; share > 1e-6; share /= 2) {
      next = { intercept: line.intercept - share * step[0], slope: line.slope - share * step[1] };
      nextLoss = penalisedLoss(next, x, y);
      if (nextLoss <= loss * (1 + 1e-12)) break;
    }
    [line, loss] = [next, nextLoss];
    if (Math.hypot(step[0], step[1]) < 1e-12) break;
  }
  return line;
}

function penalisedLoss({ intercept, slope }: Line, x: Float64Array, y: Float64Array): number {
  let loss = (RIDGE / 2) * (intercept ** 2 + slope ** 2);
  for (let i = 0; i < x.length; i++) {
    const margin = (2 * y[i] - 1) * (intercept + slope * x[i]);
    loss += margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
  }
  return loss;
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

function interpolate({ sizes, probabilities }: IsotonicModel, size: number): number {
  const above = sizes.findIndex((knot) => size < knot);
  if (above === -1) return probabilities[probabilities.length - 1];
  const [startSize, start] = above === 0 ? [0, 0.5] : [sizes[above - 1], probabilities[above - 1]];
  const share = (size - startSize) / (sizes[above] - startSize);
  return start + share * (probabilities[above] - start);
}
