/** The interval of a file's candles, from the spacing of their open times. */

import { TradeAiError } from '../../core/errors.js';
import { INTERVAL_MS, type Interval, intervalOfMs } from '../../market/interval.js';

export interface DetectedInterval {
  readonly interval: Interval;
  /** No spacing was in the majority, so the longest interval that fits was taken. */
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
/** Without a majority, an interval fits when it divides this share of the spacings. */
const FITTING_SHARE = 0.99;

/**
 * Finds the interval: the most frequent spacing, or in a file with more holes than candles (an exchange without trades
 * writes no row) the longest interval that divides the spacings.
 *
 * @param openTimeMs ascending and unique
 * @throws TradeAiError `CANDLES_INVALID` when no known interval fits, or another than the required one does
 */
export function detectInterval(
  openTimeMs: Float64Array,
  { name, required, suggested }: IntervalClues,
): DetectedInterval {
  const spacings = countSpacings(openTimeMs);
  const total = openTimeMs.length - 1;
  const expected = required ?? suggested;
  if (total < 1) {
    if (expected) return { interval: expected, isSparse: false };
    throw new TradeAiError('CANDLES_INVALID', `${name}: the interval of a single candle cannot be seen`, {
      commandHint: 'name it with --interval 1h',
    });
  }
  const [mostFrequentMs, count] = [...spacings].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
  const regular = count >= MAJORITY * total ? intervalOfMs(mostFrequentMs) : undefined;
  const fitting = regular ? [regular] : intervalsFitting(spacings, total);
  const interval = expected && fitting.includes(expected) ? expected : fitting.at(-1);
  if (!interval) {
    throw new TradeAiError(
      'CANDLES_INVALID',
      `${name}: no known interval fits the open times; the most frequent spacing is ${mostFrequentMs / 1000} s (${count} of ${total})`,
      { hint: `candles must be of one of ${Object.keys(INTERVAL_MS).join(' ')}` },
    );
  }
  if (required && interval !== required) {
    throw new TradeAiError('CANDLES_INVALID', `${name}: expected ${required} candles, the file's are ${interval}`, {
      commandHint: `use --interval ${interval}, or a file of ${required} candles`,
    });
  }
  return { interval, isSparse: regular === undefined };
}

function countSpacings(openTimeMs: Float64Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (let row = 1; row < openTimeMs.length; row++) {
    const spacingMs = openTimeMs[row] - openTimeMs[row - 1];
    counts.set(spacingMs, (counts.get(spacingMs) ?? 0) + 1);
  }
  return counts;
}

function intervalsFitting(spacings: ReadonlyMap<number, number>, total: number): Interval[] {
  const fitting: Interval[] = [];
  for (const interval of Object.keys(INTERVAL_MS) as Interval[]) {
    let divided = 0;
    for (const [spacingMs, count] of spacings) if (spacingMs % INTERVAL_MS[interval] === 0) divided += count;
    if (divided >= FITTING_SHARE * total) fitting.push(interval);
  }
  return fitting;
}
