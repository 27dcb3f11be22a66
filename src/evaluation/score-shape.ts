/** How forecasts and outcomes go together: by size of the forecast, and over time. N rows, in order of time. */

import { correlation, mean } from '../core/statistics.js';
import type { DecileReport, DetectableEdge, TestReport } from './report.js';

const DECILES = 10;

/**
 * Mean score and mean outcome of each tenth of the rows by score, lowest first.
 *
 * @param scores shape `[N]`; `outcomes` likewise, both in volatility units
 */
export function measureDeciles(scores: Float64Array, outcomes: Float64Array): DecileReport[] {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b] || a - b);
  return Array.from({ length: DECILES }, (_, decile) => {
    const start = Math.floor((decile * order.length) / DECILES);
    const part = order.slice(start, Math.floor(((decile + 1) * order.length) / DECILES));
    return {
      meanScore: mean(part.map((i) => scores[i])),
      meanOutcome: mean(part.map((i) => outcomes[i])),
      count: part.length,
    };
  }).filter(({ count }) => count > 0);
}

/** Points of the rolling curve. */
const ROLLING_POINTS = 200;
/** Share of the rows in one window of the rolling curve. */
const ROLLING_SHARE = 0.1;

/** IC within a window of a tenth of the rows, moving along. */
export function measureRollingIc(
  scores: Float64Array,
  outcomes: Float64Array,
  timeMs: Float64Array,
): TestReport['rollingIc'] {
  const windowRows = Math.max(2, Math.round(scores.length * ROLLING_SHARE));
  const step = Math.max(1, Math.floor((scores.length - windowRows) / ROLLING_POINTS));
  const times: number[] = [];
  const ic: (number | null)[] = [];
  for (let end = windowRows; end <= scores.length; end += step) {
    times.push(timeMs[end - 1]);
    ic.push(correlation(scores.subarray(end - windowRows, end), outcomes.subarray(end - windowRows, end)));
  }
  return { windowRows, timeMs: times, ic };
}

/** Quantiles of the standard normal: one-sided 5 % and a power of 80 %. */
const LEVEL_QUANTILE = 1.6448536269514722;
const POWER_QUANTILE = 0.8416212335729143;

/**
 * The smallest IC that this many rows can show: a correlation of n independent pairs has standard error 1 / √n, and
 * labels that look h rows ahead overlap, so that only every h-th is independent.
 */
export function measureDetectableEdge(rowCount: number, horizonSteps: number): DetectableEdge {
  const independentLabels = Math.floor(rowCount / horizonSteps);
  return { independentLabels, smallestIc: (LEVEL_QUANTILE + POWER_QUANTILE) / Math.sqrt(independentLabels) };
}
