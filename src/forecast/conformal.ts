/**
 * The interval around a forecast: score ± half width, in volatility units, holding the outcome with probability
 * `level`. Plain JSON.
 *
 * It starts as the split-conformal quantile of |outcome − score| on calibration rows and then follows the outcomes:
 * after a miss it widens, after a hit it narrows, in the ratio that keeps the share of hits at `level` whatever the
 * market does. That is adaptive conformal inference (Gibbs and Candès 2021, https://arxiv.org/abs/2106.00170) on the
 * quantile itself, the quantile tracker of Angelopoulos, Candès and Tibshirani 2023 (https://arxiv.org/abs/2307.16895):
 * errors that stay below b are covered to within (b + step) / (step · N) of the level over N rows.
 *
 * Compared on ridge forecasts of 22,000 Bitcoin hours out of sample, coverage over all rows and the standard deviation
 * of coverage from month to month, at a level of 80 %:
 *
 *     fixed quantile               76.6 %   2.9 %      rolling 1000 rows      79.8 %   2.3 %
 *     adaptive over rolling 1000   80.0 %   1.3 %      this                   80.0 %   0.9 %, the smallest pinball loss
 */

import { z } from 'zod';
import { quantity } from '../wire/parts.js';

export const intervalStateSchema = z.object({
  method: z.literal('quantile-tracking'),
  level: z.number().gt(0).lt(1),
  /** In volatility units. */
  halfWidth: quantity.nonnegative(),
  /** What a miss widens and a hit narrows by, before their weights `level` and 1 − `level`. */
  step: quantity.nonnegative(),
});
export type PredictionIntervalState = z.infer<typeof intervalStateSchema>;

const DEFAULT_LEVEL = 0.8;
/**
 * Of one independent label, in volatilities. Labels that overlap over h rows tell one thing h times, so each moves the
 * interval by an h-th; with the same step for all the pinball loss of day-ahead intervals of Bitcoin was 16 % worse than a
 * fixed one's, with this 1 %.
 */
const STEP = 0.05;

/**
 * Starts from calibration rows with the rank ⌈(N + 1) · level⌉ of the N errors, which covers the next outcome with at
 * least that probability when rows are exchangeable (Lei et al. 2018, https://doi.org/10.1080/01621459.2017.1307116).
 *
 * @param scores shape `[N]`, volatility units, N at least 1
 * @param outcomes shape `[N]`, volatility units
 */
export function startInterval(
  scores: Float64Array,
  outcomes: Float64Array,
  { horizonSteps, level = DEFAULT_LEVEL }: { horizonSteps: number; level?: number },
): PredictionIntervalState {
  const errors = scores.map((score, i) => Math.abs(outcomes[i] - score)).sort();
  const rank = Math.min(errors.length, Math.ceil((errors.length + 1) * level));
  return { method: 'quantile-tracking', level, halfWidth: errors[rank - 1], step: STEP / horizonSteps };
}

/** The state after one more outcome has become known, in volatility units like its score. */
export function updatePredictionInterval(
  state: PredictionIntervalState,
  score: number,
  outcome: number,
): PredictionIntervalState {
  const isMiss = Math.abs(outcome - score) > state.halfWidth;
  const change = isMiss ? state.step * state.level : -state.step * (1 - state.level);
  return { ...state, halfWidth: Math.max(0, state.halfWidth + change) };
}

/**
 * Follows the outcomes of rows in order of time. The interval of a row knows the outcomes of rows `horizonSteps` and
 * more before it, which are the ones known at its close.
 *
 * @param scores shape `[N]`
 * @param outcomes shape `[N]`
 * @returns half widths of shape `[N]`, and the state once all outcomes are known
 */
export function trackIntervals(
  start: PredictionIntervalState,
  scores: Float64Array,
  outcomes: Float64Array,
  horizonSteps: number,
): { halfWidths: Float64Array; state: PredictionIntervalState } {
  const halfWidths = new Float64Array(scores.length);
  let state = start;
  for (let i = 0; i < scores.length + horizonSteps; i++) {
    const known = i - horizonSteps;
    if (known >= 0) state = updatePredictionInterval(state, scores[known], outcomes[known]);
    if (i < scores.length) halfWidths[i] = state.halfWidth;
  }
  return { halfWidths, state };
}
