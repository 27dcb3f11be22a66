/** Does the model know anything? One rule, decided on the out-of-sample rows, and one plain sentence. */

import { formatPValue } from '../text/sentences.js';
import { NO_SKILL, type Verdict } from '../wire/vocabulary.js';
import type { Measured } from './measured.js';
import { compareSquaredErrors, type SignificanceTest, testDieboldMariano } from './significance.js';

/** A test as far as a verdict looks at it. */
export type SkillTest = Measured<Pick<SignificanceTest, 'statistic' | 'pValue'>>;

/** The tests a verdict rests on. */
export interface SkillTests {
  /** The model against no change. */
  readonly againstZero: SkillTest;
  /** Each baseline against the model: small p-values where the baseline is better. */
  readonly baselines: ReadonlyMap<string, SkillTest>;
}

export interface VerdictDecision {
  readonly verdict: Verdict;
  /** One plain sentence. */
  readonly reason: string;
}

const SIGNIFICANCE_LEVEL = 0.05;

/**
 * Runs the one-sided Diebold–Mariano tests of a verdict.
 *
 * Errors are compared in volatility units, the units of the loss: there the differences are nearly homoscedastic, and a
 * few violent days do not decide alone.
 *
 * @param outcomes shape `[N]`, volatility units
 * @param scores shape `[N]`
 * @param baselines scores of the baselines on the same rows; `zero` is what the model is tested against, not one more rival
 */
export function testSkill(
  outcomes: Float64Array,
  scores: Float64Array,
  baselines: ReadonlyMap<string, Float64Array>,
  horizonSteps: number,
): SkillTests {
  return {
    againstZero: testDieboldMariano(compareSquaredErrors(outcomes, scores), { horizonSteps }),
    baselines: new Map(
      Array.from(baselines)
        .filter(([name]) => name !== 'zero')
        .map(([name, baseline]) => [
          name,
          testDieboldMariano(compareSquaredErrors(outcomes, baseline, scores), { horizonSteps }),
        ]),
    ),
  };
}

/**
 * Decides the verdict: `skill` when the model is better than no change at 5 %, and no baseline is better than the model
 * by the same test.
 *
 * @param adjustedPValue takes the place of the p-value against no change where several models are judged at once
 */
export function decideVerdict({ againstZero, baselines }: SkillTests, adjustedPValue?: number): VerdictDecision {
  const none = (why: string): VerdictDecision => ({
    verdict: NO_SKILL,
    reason: `no demonstrated skill: ${why}`,
  });
  if (againstZero.value === null) return none(againstZero.reason);
  const pValue = adjustedPValue ?? againstZero.value.pValue;
  if (againstZero.value.statistic <= 0) return none('out of sample it is no better than predicting no change');
  if (pValue >= SIGNIFICANCE_LEVEL) {
    return none(`its lead over predicting no change could be chance (${formatPValue(pValue)})`);
  }
  for (const [name, test] of baselines) {
    if (test.value !== null && test.value.pValue < SIGNIFICANCE_LEVEL) {
      return none(`the baseline ${name} is better (${formatPValue(test.value.pValue)})`);
    }
  }
  return {
    verdict: 'skill',
    reason: `skill: better than predicting no change by more than chance explains (${formatPValue(pValue)}), and no baseline is significantly better`,
  };
}
