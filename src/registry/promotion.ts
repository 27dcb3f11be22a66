/** When a new version takes charge. Pure: what it decided and why is recorded with the pointer. */

import type { Verdict } from '../wire/vocabulary.js';

export interface PromotionCase {
  readonly verdict: Verdict;
  /** Promote on the verdict `skill` only. */
  readonly requiresSkill: boolean;
  /** The champion in force; none when the name has none yet. */
  readonly champion?: ChampionCase;
}

export interface ChampionCase {
  readonly version: number;
  readonly isExpired: boolean;
  /** What a challenger of a much shorter history is told of it; absent for any other. */
  readonly shorterHistory?: string;
  /** Both on the same rows, out of sample for both; `undefined` when there are none. */
  readonly comparison?: {
    readonly rows: number;
    readonly challengerMse: number;
    readonly championMse: number;
    /** One-sided Diebold–Mariano: the chance of such a lead of the champion where it is no better; `null` if undefined. */
    readonly championBetterPValue: number | null;
  };
}

export interface PromotionDecision {
  readonly isPromoted: boolean;
  readonly reasons: readonly string[];
}

const SIGNIFICANCE_LEVEL = 0.05;

/**
 * Decides on promotion: the first version of a name always becomes champion. A challenger does when its out-of-sample
 * loss on the same rows is lower; an expired champion loses to any challenger that is not significantly worse.
 */
export function decidePromotion(promotion: PromotionCase): PromotionDecision {
  const { isPromoted, reasons } = decideByLoss(promotion);
  const { shorterHistory } = promotion.champion ?? {};
  return { isPromoted, reasons: shorterHistory === undefined ? reasons : [...reasons, shorterHistory] };
}

function decideByLoss({ verdict, requiresSkill, champion }: PromotionCase): PromotionDecision {
  if (champion === undefined) return promote('the first version of its name');
  if (requiresSkill && verdict !== 'skill') {
    return keep(`champion ${champion.version} stays: skill is required, and this version has not demonstrated it`);
  }
  const { version, isExpired, comparison } = champion;
  if (comparison === undefined) {
    return isExpired
      ? promote(`champion ${version} has expired and cannot be compared on the same rows`)
      : keep(`champion ${version} stays: there are no rows on which both can be compared`);
  }
  const { rows, challengerMse, championMse, championBetterPValue } = comparison;
  const figures = `loss ${challengerMse.toPrecision(5)} against ${championMse.toPrecision(5)} of champion ${version} on the same ${rows} rows`;
  if (challengerMse < championMse) return promote(`lower ${figures}`);
  const isWorse = championBetterPValue !== null && championBetterPValue < SIGNIFICANCE_LEVEL;
  if (isExpired && !isWorse)
    return promote(`champion ${version} has expired, and this version is not significantly worse: ${figures}`);
  return keep(`champion ${version} stays: ${figures} is not lower`);
}

function promote(reason: string): PromotionDecision {
  return { isPromoted: true, reasons: [reason] };
}

function keep(reason: string): PromotionDecision {
  return { isPromoted: false, reasons: [reason] };
}
