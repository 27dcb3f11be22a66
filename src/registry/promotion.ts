/** When a new version takes charge. Pure: what it decided and why is recorded with the pointer. */

export interface PromotionCase {
  /** Loss of the new version out of sample. */
  readonly challengerMse: number;
  /** The champion on the same rows, none when the name has no champion. */
  readonly champion?: {
    readonly version: number;
    /** `undefined` when it could not be scored on these rows. */
    readonly mse: number | undefined;
  };
}

export interface PromotionDecision {
  readonly isPromoted: boolean;
  readonly reasons: readonly string[];
}

/**
 * Decides on promotion: the first version of a name always becomes champion; a challenger does when its out-of-sample
 * loss on the same rows is lower than the champion's.
 */
export function decidePromotion({ challengerMse, champion }: PromotionCase): PromotionDecision {
  if (champion === undefined) return { isPromoted: true, reasons: ['the first version of its name'] };
  const { version, mse } = champion;
  if (mse === undefined) {
    return { isPromoted: false, reasons: [`champion ${version} could not be scored on the same rows; it stays`] };
  }
  const comparison = `test loss ${challengerMse.toExponential(4)} against ${mse.toExponential(4)} of champion ${version}`;
  return challengerMse < mse
    ? { isPromoted: true, reasons: [`lower ${comparison} on the same rows`] }
    : { isPromoted: false, reasons: [`${comparison} on the same rows is not lower; the champion stays`] };
}
