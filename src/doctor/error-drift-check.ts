/** Is the model worse on candles that came after its training than it was out of sample? */

import { normalUpperTail } from '../core/distributions.js';
import { mean } from '../core/statistics.js';
import { compareSquaredErrors, estimateLongRunVariance, testDieboldMariano } from '../evaluation/significance.js';
import { counted, figure, ratio } from '../text/sentences.js';
import type { ExaminedData } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';
import type { ScoredRows } from './forecasts-check.js';
import { type CheckResult, fault, pass, skip } from './report.js';
import { retrainCommand } from './retrain-command.js';

/** Fewer rows than these have a mean loss that says nothing. */
const MINIMUM_ROWS = 100;
/** Chance at which a model that is as good as ever is called worse; each model is asked twice, whenever someone looks. */
const SIGNIFICANCE_LEVEL = 0.01;

/**
 * Compares the loss, less that of predicting no change on the same rows: a market that moves more is not the model's
 * fault. Two tests: no change against the model on the new rows (Diebold–Mariano), and the mean of the new rows against
 * that of the test rows (Welch's statistic with the autocorrelation-robust variance of each).
 *
 * @param newer forecasts of rows after everything the version has seen
 * @param tested its out-of-sample forecasts of then; `undefined` where it kept none
 */
export function checkErrorDrift(
  model: ExaminedModel,
  data: ExaminedData,
  newer: ScoredRows,
  tested: ScoredRows | undefined,
): CheckResult {
  if (newer.rows.length < MINIMUM_ROWS) {
    return skip(
      'error-drift',
      `${MINIMUM_ROWS} rows after the training with a known outcome are needed, there are ${newer.rows.length}`,
      { newerRows: newer.rows.length },
    );
  }
  const { target } = data.dataset;
  const { horizonSteps } = target;
  const outcomesOf = ({ rows }: ScoredRows) => Float64Array.from(rows, (row) => target.scaled[row]);
  const excessOf = (scored: ScoredRows) => compareSquaredErrors(outcomesOf(scored), scored.scores).map((lead) => -lead);
  const now = describeLoss(excessOf(newer), outcomesOf(newer));
  const then =
    tested && tested.rows.length >= MINIMUM_ROWS ? describeLoss(excessOf(tested), outcomesOf(tested)) : undefined;
  const worseThanZero = testDieboldMariano(now.excess, { horizonSteps });
  const worseThanThen = then && compareMeans(now.excess, then.excess, horizonSteps);
  const evidence = {
    newerRows: newer.rows.length,
    newerLossRatio: now.ratio,
    testRows: tested?.rows.length ?? null,
    testLossRatio: then?.ratio ?? null,
    worseThanNoChangePValue: worseThanZero.value?.pValue ?? null,
    worseThanTestPValue: worseThanThen ?? null,
  };
  const was = then === undefined ? '' : `, it was ${ratio(then.ratio)} in the test`;
  const finding = `on ${counted(newer.rows.length, 'row')} after the training the loss is ${ratio(now.ratio)} of that of predicting no change${was}`;
  const isWorseThanZero = worseThanZero.value !== null && worseThanZero.value.pValue < SIGNIFICANCE_LEVEL;
  const isWorseThanThen = worseThanThen !== undefined && worseThanThen < SIGNIFICANCE_LEVEL;
  if (!isWorseThanZero && !isWorseThanThen) return pass('error-drift', finding, evidence);
  return fault('error-drift', {
    status: isWorseThanZero ? 'problem' : 'warning',
    finding: isWorseThanZero
      ? `${finding}: worse than predicting no change, by more than chance (p ${figure(worseThanZero.value!.pValue)})`
      : `${finding}: worse than then, by more than chance (p ${figure(worseThanThen!)})`,
    evidence,
    cause: 'what the model learned holds no longer',
    command: retrainCommand(model, data),
  });
}

/** @param excess shape `[N]`: squared error of the model less that of no change */
function describeLoss(excess: Float64Array, outcomes: Float64Array): { excess: Float64Array; ratio: number } {
  return { excess, ratio: 1 + mean(excess) / mean(outcomes.map((outcome) => outcome * outcome)) };
}

/** One-sided: the chance of so much larger a mean of `a` where both have the same. */
function compareMeans(a: Float64Array, b: Float64Array, horizonSteps: number): number {
  const varianceOfMean = (values: Float64Array) =>
    estimateLongRunVariance(values, horizonSteps - 1, 'bartlett') / values.length;
  const error = Math.sqrt(varianceOfMean(a) + varianceOfMean(b));
  return error > 0 ? normalUpperTail((mean(a) - mean(b)) / error) : 1;
}
