/**
 * Champion and challenger side by side: both forecast every candle, and what came of it decides.
 *
 * Looking again after every candle until the challenger happens to be ahead would promote any challenger in the end. So
 * the promotion rule looks once: at the first `minimumRows` candles that both have scored, whenever it is asked and
 * however many there are by then. Before that only a lead that holds at every look decides (a bet on the differences of
 * the squared errors, see evaluation/sequential-bet.ts, at 2.5 % for either side).
 */

import { meanSquare } from '../core/statistics.js';
import { TARGET_CLIP } from '../dataset/target.js';
import { scaledOutcomeOf } from '../evaluation/drift.js';
import { hasOutcome } from '../evaluation/ledger.js';
import type { RecordEntry, ResolvedRecordEntry } from '../evaluation/record-entries.js';
import { betAgainstMean } from '../evaluation/sequential-bet.js';
import { compareSquaredErrors, testDieboldMariano } from '../evaluation/significance.js';
import { decidePromotion } from '../registry/promotion.js';
import { formatPValue } from '../text/sentences.js';
import type { Verdict } from '../wire/vocabulary.js';

export interface ShadowDecision {
  readonly state: 'undecided' | 'promote' | 'dismiss';
  /** Candles that both have scored. */
  readonly rows: number;
  readonly reasons: readonly string[];
}

export interface ShadowCase {
  readonly championVersion: number;
  /** Of the challenger. */
  readonly verdict: Verdict;
  readonly requiresSkill: boolean;
  readonly horizonSteps: number;
  /** Shared candles at which the promotion rule decides. */
  readonly minimumRows?: number;
}

/** Three weeks of hours. */
const DEFAULT_MINIMUM_ROWS = 500;
const EARLY_LEVEL = 0.025;

/**
 * Decides between two versions by what the ledger says of both.
 *
 * @param champion its entries, in any order
 * @param challenger its entries, in any order
 */
export function decideShadow(
  champion: readonly RecordEntry[],
  challenger: readonly RecordEntry[],
  { championVersion, verdict, requiresSkill, horizonSteps, minimumRows = DEFAULT_MINIMUM_ROWS }: ShadowCase,
): ShadowDecision {
  const pairs = pairEntries(champion, challenger);
  const rows = pairs.length;
  const decide = (count: number): ShadowDecision => {
    const { isPromoted, reasons } = decidePromotion({
      verdict,
      requiresSkill,
      champion: {
        version: championVersion,
        isExpired: false,
        comparison: compare(pairs.slice(0, count), horizonSteps),
      },
    });
    return { state: isPromoted ? 'promote' : 'dismiss', rows, reasons };
  };
  if (rows >= minimumRows) return decide(minimumRows);
  const gains = pairs.map(gainOf);
  const isWorse = leadPValue(gains, horizonSteps);
  if (isWorse <= EARLY_LEVEL) {
    return {
      state: 'dismiss',
      rows,
      reasons: [
        `champion ${championVersion} stays: it is better on ${rows} live candles (${formatPValue(isWorse)} at every look)`,
      ],
    };
  }
  const isBetter = leadPValue(
    gains.map((gain) => 1 - gain),
    horizonSteps,
  );
  if (isBetter <= EARLY_LEVEL) {
    const decision = decide(rows);
    const lead = `better on ${rows} live candles (${formatPValue(isBetter)} at every look)`;
    return { ...decision, reasons: [lead, ...decision.reasons] };
  }
  return {
    state: 'undecided',
    rows,
    reasons: [`${rows} of the ${minimumRows} live candles are scored at which the rule decides`],
  };
}

/** One candle that both have scored, in the champion's volatility units. */
interface ScoredPair {
  readonly asOfMs: number;
  readonly outcome: number;
  readonly champion: number;
  readonly challenger: number;
}

/** The candles that both have scored, oldest first; those with another horizon are none. */
function pairEntries(champion: readonly RecordEntry[], challenger: readonly RecordEntry[]): ScoredPair[] {
  const theirs = new Map(champion.filter(hasOutcome).map((entry) => [entry.asOfMs, entry]));
  const pairs: ScoredPair[] = [];
  for (const entry of challenger.filter(hasOutcome)) {
    const other: ResolvedRecordEntry | undefined = theirs.get(entry.asOfMs);
    if (other === undefined || other.targetTimeMs !== entry.targetTimeMs) continue;
    pairs.push({
      asOfMs: entry.asOfMs,
      outcome: scaledOutcomeOf(other),
      champion: other.score,
      challenger: (entry.score * entry.volatility) / other.volatility,
    });
  }
  return pairs.sort((a, b) => a.asOfMs - b.asOfMs);
}

function compare(pairs: readonly ScoredPair[], horizonSteps: number) {
  const outcomes = Float64Array.from(pairs, ({ outcome }) => outcome);
  const theirs = Float64Array.from(pairs, ({ champion }) => champion);
  const ours = Float64Array.from(pairs, ({ challenger }) => challenger);
  const test = testDieboldMariano(compareSquaredErrors(outcomes, theirs, ours), { horizonSteps });
  return {
    rows: pairs.length,
    challengerMse: meanSquare(outcomes, ours),
    championMse: meanSquare(outcomes, theirs),
    championBetterPValue: test.value?.pValue ?? null,
  };
}

/** The challenger's gain in squared error over the champion, from its largest possible loss (0) to the same gain (1). */
function gainOf({ outcome, champion, challenger }: ScoredPair): number {
  const apart = challenger - champion;
  if (apart === 0) return 0.5;
  const most = Math.abs(apart) * (2 * TARGET_CLIP + Math.abs(challenger + champion));
  return 0.5 + (0.5 * apart * (2 * outcome - challenger - champion)) / most;
}

/** Whether gains are below those of equals, valid at every look; overlapping rows are dealt to streams as in drift.ts. */
function leadPValue(gains: readonly number[], horizonSteps: number): number {
  const streams = Array.from({ length: horizonSteps }, (_, k) => gains.filter((_gain, i) => i % horizonSteps === k));
  const capital = Math.max(...streams.map((stream) => betAgainstMean(stream, 0.5)));
  return Math.min(1, horizonSteps / capital);
}
