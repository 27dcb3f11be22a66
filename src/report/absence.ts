/** Why a value is not defined. */

/**
 * The reason the warnings give for a missing value: warnings of the form `test.calibration.brier is null: reason` or
 * `test.calibration.brier and .ece are null: reason` name the values they speak of by their place in the JSON.
 *
 * @param field last part of the value's place, such as `brier`
 * @param otherwise what holds where no warning names it
 */
export function whyAbsent(field: string, warnings: readonly string[], otherwise: string): string {
  for (const warning of warnings) {
    const match = /^([\w., ]+) (?:is|are) null: (.+)$/s.exec(warning);
    if (match?.[1].split(/[., ]+/).includes(field)) return match[2];
  }
  return otherwise;
}
