/** The interval of a file's candles, from the spacing of their open times. */

import { TradeAiError } from '../../core/errors.js';
import { INTERVAL_MS, type Interval, intervalOfMs } from '../../market/interval.js';
import {
  countSpacings,
  findSpacingChange,
  greatestDivisor,
  longestDivisor,
  mostFrequent,
  nameLength,
} from '../../market/quality/spacing.js';
import { utcTime } from '../../text/sentences.js';

export interface DetectedInterval {
  readonly interval: Interval;
  /** No spacing was in the majority, so the length that divides them was taken. */
  readonly isSparse: boolean;
}

export interface IntervalClues {
  /** For the message. */
  readonly name: string;
  /** What the user says; must agree with the file. */
  readonly required?: Interval;
  /** What the file's name says; decides where the spacing does not. */
  readonly suggested?: Interval;
}

/** The spacing that makes up at least this share of all is the interval. */
const MAJORITY = 0.5;
/** Without a majority, a length fits when it divides this share of the spacings. */
const FITTING_SHARE = 0.99;
/** Fewer spacings than these may all be multiples of a longer length by chance. */
const FEWEST_SPACINGS = 20;
/** Lengths tried, the most frequent spacings first. */
const CANDIDATES = 50;
const HOUR_MS = INTERVAL_MS['1h'];

/**
 * Finds the interval: the most frequent spacing, or in a file with more holes than candles (an exchange without trades
 * writes no row) the longest length that divides the spacings.
 *
 * @param openTimeMs ascending and unique
 * @throws TradeAiError `CANDLES_INVALID` for candles of a length that is no interval, of several lengths, of a length that
 *   cannot be told, or of another than the required one
 */
export function detectInterval(openTimeMs: Float64Array, clues: IntervalClues): DetectedInterval {
  const { name, required, suggested } = clues;
  const expected = required ?? suggested;
  if (openTimeMs.length < 2) {
    if (expected) return { interval: expected, isSparse: false };
    throw new TradeAiError('CANDLES_INVALID', `${name}: the interval of a single candle cannot be seen`, {
      commandHint: 'name it with --interval 1h',
    });
  }
  const monthCount = countMonthsApart(openTimeMs);
  if (monthCount !== undefined) throw unknownLength(name, nameMonths(monthCount), '1d');
  const spacings = countSpacings(openTimeMs);
  const total = openTimeMs.length - 1;
  const [mostFrequentMs, count] = mostFrequent(spacings);
  const isMajority = count >= MAJORITY * total;
  // A downloader that missed nine of ten pages leaves more gaps of one length than candles side by side.
  const isRegular =
    isMajority && (intervalOfMs(mostFrequentMs) !== undefined || isFitting(mostFrequentMs, spacings, total));
  const lengthMs = isRegular ? mostFrequentMs : longestFitting(spacings, total);
  if (lengthMs === undefined) {
    throw new TradeAiError(
      'CANDLES_INVALID',
      `${name}: no known interval fits the open times; the most frequent spacing is ${mostFrequentMs / 1000} s (${count} of ${total})`,
      { hint: `candles must be of one of ${Object.keys(INTERVAL_MS).join(' ')}` },
    );
  }
  refuseChange(openTimeMs, lengthMs, name);
  // A few candles with gaps between them may be of any shorter length that the name says.
  const isFew = isRegular ? total === 1 && !intervalOfMs(lengthMs) : total < FEWEST_SPACINGS;
  const isPossible = expected !== undefined && isFew && lengthMs % INTERVAL_MS[expected] === 0;
  if (!isPossible && !spacings.has(lengthMs)) throw unclearLength(name, lengthMs, isFew);
  const interval = isPossible ? expected : intervalOfMs(lengthMs);
  if (!interval) throw unknownLength(name, `${nameLength(lengthMs)} candles`, longestDivisor(lengthMs));
  if (required && interval !== required) {
    throw new TradeAiError('CANDLES_INVALID', `${name}: expected ${required} candles, the file's are ${interval}`, {
      commandHint: `use --interval ${interval}, or a file of ${required} candles`,
    });
  }
  return { interval, isSparse: !isRegular };
}

/** The longest length that divides nearly all spacings, whether there is a name for it or not. */
function longestFitting(spacings: ReadonlyMap<number, number>, total: number): number | undefined {
  const frequent = [...spacings].sort((a, b) => b[1] - a[1]).slice(0, CANDIDATES);
  const common = [...spacings.keys()].reduce(greatestDivisor);
  const candidates = [...frequent.map(([spacingMs]) => spacingMs), common, ...Object.values(INTERVAL_MS)];
  const fitting = candidates.filter(
    (lengthMs) => lengthMs >= INTERVAL_MS['1s'] && isFitting(lengthMs, spacings, total),
  );
  return fitting.length === 0 ? undefined : Math.max(...fitting);
}

function isFitting(lengthMs: number, spacings: ReadonlyMap<number, number>, total: number): boolean {
  let divided = 0;
  for (const [spacingMs, count] of spacings) if (spacingMs % lengthMs === 0) divided += count;
  return divided >= FITTING_SHARE * total;
}

/**
 * How many calendar months apart the candles open, where each opens with one, by whatever clock; `undefined` where one does
 * not.
 */
function countMonthsApart(openTimeMs: Float64Array): number | undefined {
  const apart = new Map<number, number>();
  let before = Number.NaN;
  for (const timeMs of openTimeMs) {
    // The first midnight of a month is between 14 hours before UTC's and ten behind.
    const date = new Date(timeMs + 14 * HOUR_MS);
    if (date.getUTCDate() !== 1) return undefined;
    const month = 12 * date.getUTCFullYear() + date.getUTCMonth();
    if (month === before) return undefined;
    if (!Number.isNaN(before)) apart.set(month - before, (apart.get(month - before) ?? 0) + 1);
    before = month;
  }
  return mostFrequent(apart)[0];
}

function nameMonths(count: number): string {
  if (count % 12 === 0) return count === 12 ? 'calendar years' : `candles of ${count / 12} calendar years`;
  if (count === 3) return 'calendar quarters';
  return count === 1 ? 'calendar months' : `candles of ${count} calendar months`;
}

function refuseChange(openTimeMs: Float64Array, lengthMs: number, name: string): void {
  const change = findSpacingChange(openTimeMs, lengthMs);
  if (!change || !isRound(change.lengthMs)) return;
  const isFirst = change.rowStart === 0;
  const [before, after] = isFirst ? [change.lengthMs, lengthMs] : [lengthMs, change.lengthMs];
  const atMs = openTimeMs[isFirst ? change.rowEnd - 1 : change.rowStart];
  throw new TradeAiError(
    'CANDLES_INVALID',
    `${name}: the length of its candles changes at ${utcTime(atMs)}, from ${nameLength(before)} to ${nameLength(after)} candles`,
    { hint: 'a file holds candles of one length: split it there' },
  );
}

/** Whether candles are made so long: days hold a whole number of them, or they a whole number of days. Others are gaps. */
function isRound(lengthMs: number): boolean {
  return INTERVAL_MS['1d'] % lengthMs === 0 || lengthMs % INTERVAL_MS['1d'] === 0;
}

function unknownLength(name: string, what: string, shorter: Interval | undefined): TradeAiError {
  return new TradeAiError('CANDLES_INVALID', `${name}: these are ${what}, which are no interval known here`, {
    commandHint: shorter
      ? `import candles of ${shorter} in their place; longer ones are made of them with --interval`
      : `candles must be of one of ${Object.keys(INTERVAL_MS).join(' ')}`,
  });
}

function unclearLength(name: string, lengthMs: number, isFew: boolean): TradeAiError {
  return new TradeAiError(
    'CANDLES_INVALID',
    `${name}: the length of its candles cannot be told: they open at irregular times, as ${nameLength(lengthMs)} candles would of which no two are neighbours`,
    {
      commandHint: isFew
        ? 'name the length with --interval 1h'
        : 'bring a file of shorter candles; longer ones are made of them with --interval',
    },
  );
}
