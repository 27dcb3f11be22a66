/**
 * Is a mean below what was claimed? A test that may be looked at after every value, for ever.
 *
 * A gambler who doubts the claim bets on every value before it is known: the capital, 1 at first, is multiplied by
 * 1 + λ (m − X), X in [0, 1], m the claimed mean. Where the claim holds no bet pays on average, so the capital is a
 * nonnegative supermartingale, and by Ville's inequality it ever reaches 1 / α with probability α at most, however often
 * anyone looks: an e-process (Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting",
 * https://doi.org/10.1093/jrsssb/qkad009; Howard, Ramdas, McAuliffe and Sekhon 2021, "Time-uniform, nonparametric,
 * nonasymptotic confidence sequences", https://doi.org/10.1214/20-AOS1991). The claim must hold for every value given
 * the ones before; the values need not be independent.
 *
 * The best λ depends on how far below the mean lies. The capital is spread over seven of them, from a sixty-fourth of the
 * largest possible to nearly all of it: a mixture, which costs a factor of seven at most against the best of them.
 */

/** Shares of the largest bet, 1 / (1 − m): at that one a single value of 1 would take everything. */
const BET_SHARES = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 0.9];
/** More capital decides nothing more. */
const ENOUGH_CAPITAL = 1e100;

/**
 * Bets against the claim, value by value.
 *
 * @param values shape `[N]`, each in [0, 1], in order of time
 * @param claimedMean in [0, 1)
 * @returns the largest capital reached, 1 at least; 1 / it is a p-value at every look
 * @example 1 / betAgainstMean(hits, 0.53) <= 0.01
 */
export function betAgainstMean(values: ArrayLike<number>, claimedMean: number): number {
  const bets = BET_SHARES.map((share) => share / (1 - claimedMean));
  const capitals = BET_SHARES.map(() => 1 / BET_SHARES.length);
  let highest = 1;
  for (let i = 0; i < values.length; i++) {
    const gain = claimedMean - values[i];
    let capital = 0;
    for (let j = 0; j < bets.length; j++) {
      capitals[j] *= 1 + bets[j] * gain;
      capital += capitals[j];
    }
    if (capital > highest) highest = capital;
    if (capital > ENOUGH_CAPITAL) break;
  }
  return highest;
}
