/** Does the model say anything, or the same for every candle? And if so, whose fault is it? */

import { correlation, mean, meanSquare } from '../core/statistics.js';
import { describeWeights } from '../lstm/weights.js';
import { counted, figure, percent } from '../text/sentences.js';
import type { ExaminedData } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';
import { trainCommand } from './fix-command.js';
import type { GateSurvey } from './lstm-gate-survey.js';
import { type CheckResult, fault, pass, skip } from './report.js';
import { retrainCommand } from './retrain-command.js';
import type { ScalingResult } from './scaling-check.js';

/** Forecasts of some rows. Shape `[rows.length]`, volatility units. */
export interface ScoredRows {
  readonly rows: Int32Array;
  readonly scores: Float64Array;
}

/**
 * Standard deviation of the forecasts over that of the outcomes. The best forecast of a share R² of the variance varies
 * by √R² = its IC: one that varies less than this claims an edge that a century of hours could not show.
 */
const CONSTANT_RATIO = 0.002;
/** A final hidden state that varies less is the same for every window. */
const DEAD_HIDDEN = 1e-3;
/** Initial head weights are uniform on ±1/√H; a hundredth of their size is nothing. */
const VANISHED_HEAD = 0.01;
const MINIMUM_ROWS = 30;
const MAXIMUM_HORIZON = 1_000;

export function checkForecasts(
  model: ExaminedModel,
  data: ExaminedData,
  { rows, scores }: ScoredRows,
  scaling: ScalingResult,
  surveys: readonly GateSurvey[],
): CheckResult {
  if (rows.length < MINIMUM_ROWS) {
    return skip('forecasts', `${MINIMUM_ROWS} rows after the train rows are needed, there are ${rows.length}`);
  }
  const { config, place, lstm, report } = model;
  const outcomes = Float64Array.from(rows, (row) => data.dataset.target.scaled[row]);
  const deviation = deviationOf(scores);
  const ratio = deviation / deviationOf(outcomes);
  const hiddenDeviation = Math.max(...surveys.map((survey) => survey.hiddenDeviation));
  const headSize = Math.max(...lstm.memberWeights.map((weights) => headSizeOf(model, weights)));
  const ic = correlation(scores, outcomes);
  const evidence = {
    rows: rows.length,
    forecastDeviation: deviation,
    outcomeDeviation: deviationOf(outcomes),
    ratio,
    ic,
    meanForecast: mean(scores),
    hiddenDeviation,
    headSize,
    testIc: report?.test?.ic ?? null,
  };
  const finding = `over ${counted(rows.length, 'row')} forecasts vary by ${percent(ratio)} of what outcomes do (${figure(deviation)} volatilities around ${figure(mean(scores))})`;
  if (ratio >= CONSTANT_RATIO) {
    const attainable = `a forecast with an IC of ${figure(ratio)} would vary as much; this one has ${ic === null ? 'none' : figure(ic)} there`;
    return pass('forecasts', `${finding}; ${attainable}`, evidence);
  }
  const constant = (cause: string, command: string | null) =>
    fault('forecasts', {
      status: 'problem',
      finding: `${finding}: the same for every candle`,
      evidence,
      cause,
      command,
    });
  const retrain = retrainCommand(model, data);
  if (scaling.fault !== undefined) {
    return constant(`${scaling.check.cause} (see scaling)`, scaling.check.command);
  }
  if (scaling.constant.length === config.features.length) {
    return constant('every feature has one value only, so every window is the same', scaling.check.command);
  }
  if (config.weightDecay > 0 && (headSize < VANISHED_HEAD || hiddenDeviation < DEAD_HIDDEN)) {
    return constant(
      `the output has collapsed: a weight decay of ${config.weightDecay} shrank the weights (head ${percent(headSize)} of its first size)`,
      trainCommand(config, { weightDecay: 0 }, place),
    );
  }
  if (hiddenDeviation < DEAD_HIDDEN) {
    return constant(
      `the output has collapsed: no unit of the last layer answers to its window (${figure(hiddenDeviation)})`,
      retrain,
    );
  }
  if (headSize < VANISHED_HEAD) {
    return constant(
      `the output has collapsed: the weights of the dense layer are ${percent(headSize)} of their first size`,
      retrain,
    );
  }
  const horizon = Math.min(MAXIMUM_HORIZON, config.horizon * 4);
  return fault('forecasts', {
    status: 'warning',
    finding,
    evidence,
    cause:
      'scaling, features and network are sound: these features hardly say anything about the next candle, and the honest forecast of that is no change; longer horizons often hold more',
    command: trainCommand(config, { horizon }, place),
  });
}

function deviationOf(values: Float64Array): number {
  const center = mean(values);
  return Math.sqrt(meanSquare(values.map((value) => value - center)));
}

/** Root mean square of the head's weights over that of its first ones, 1/√(3H). */
function headSizeOf({ lstm }: ExaminedModel, weights: Float64Array): number {
  const { offset, length } = describeWeights(lstm.architecture).find(({ name }) => name === 'head.w')!;
  return Math.sqrt(3 * length * meanSquare(weights.subarray(offset, offset + length)));
}
