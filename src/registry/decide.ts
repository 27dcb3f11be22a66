/** What is decided about versions that were asked for together. Pure: what it is given is what was measured. */

import { adjustHolm } from '../evaluation/significance.js';
import { decideVerdict, type SkillTests, type VerdictDecision } from '../evaluation/verdict.js';
import { type ChampionCase, decidePromotion, type PromotionDecision } from './promotion.js';

/** A version that was trained and tested. */
export interface DecisionCase {
  readonly skill: SkillTests;
  /** Promote on the verdict `skill` only. */
  readonly requiresSkill: boolean;
  /** The champion in force; none when the name has none yet. */
  readonly champion: ChampionCase | undefined;
}

export interface CaseDecision {
  /** Of the test against no change, by itself and adjusted over all; `null` where it is undefined. */
  readonly pValue: number | null;
  readonly adjustedPValue: number | null;
  readonly verdict: VerdictDecision;
  readonly promotion: PromotionDecision;
}

/**
 * Decides on versions that were asked for together. Their p-values against no change are adjusted together (Holm), so
 * that twenty pairs do not find one lucky champion; a single one is what it is.
 *
 * @returns in the order given
 */
export function decide(batch: readonly DecisionCase[]): CaseDecision[] {
  const pValues = batch.map(({ skill }) => skill.againstZero.value?.pValue ?? null);
  const adjusted = adjustHolm(pValues);
  return batch.map(({ skill, requiresSkill, champion }, index) => {
    const verdict = decideVerdict(skill, adjusted[index] ?? undefined);
    return {
      pValue: pValues[index],
      adjustedPValue: adjusted[index],
      verdict,
      promotion: decidePromotion({ verdict: verdict.verdict, requiresSkill, champion }),
    };
  });
}

/**
 * The verdict that one of `nameCount` names can be given before the others are tested: its p-value times their number
 * (Bonferroni), which Holm's is never above. Testing the others can turn "no demonstrated skill" into "skill", and never
 * the other way.
 */
export function decideEarly(skill: SkillTests, nameCount: number): VerdictDecision {
  const pValue = skill.againstZero.value?.pValue;
  return decideVerdict(skill, pValue === undefined ? undefined : Math.min(1, pValue * nameCount));
}
