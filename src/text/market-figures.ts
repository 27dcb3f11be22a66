/** The tick size and the effective spread of a market, as people read them. */

import { countOf, formatNumber, formatPercent, formatStep, SPACE } from './numbers.js';

interface Tick {
  readonly size: number;
  /** Of the price. */
  readonly share: number;
}

interface Spread {
  /** Of the price. */
  readonly share: number;
  readonly ci95: readonly [number, number];
  readonly estimator: string;
  readonly rows: number;
}

const DIGITS = 3;
/** What would be written as nothing. */
const SMALLEST_SHARE = 0.5 * 10 ** -(DIGITS + 2);
const ESTIMATORS: Readonly<Record<string, string>> = { edge: 'EDGE', 'abdi-ranaldo': 'Abdi–Ranaldo' };

/** `0.01 (0.113 % of the price)` */
export function describeTickSize(tick: Tick | null | undefined): string {
  return tick == null ? 'not known' : `${formatStep(tick.size)} (${formatShare(tick.share)} of the price)`;
}

/** `0.068 % (0.054 to 0.079 %)`; `below 0.028 %` where none was found. */
export function describeSpread(spread: Spread | null | undefined): string {
  if (spread == null) return 'not known';
  const range = describeSpreadRange(spread);
  return range === undefined ? formatSpread(spread) : `${formatSpread(spread)} (${range})`;
}

/** `0.068 %`, or `below 0.028 %`. */
export function formatSpread({ share, ci95: [, high] }: Spread): string {
  return share < SMALLEST_SHARE ? `below ${formatShare(high)}` : formatShare(share);
}

/** `0.054 to 0.079 %`, or `at most 0.023 %`; `undefined` where none was found. */
export function describeSpreadRange({ share, ci95: [low, high] }: Spread): string | undefined {
  if (share < SMALLEST_SHARE) return undefined;
  if (low < SMALLEST_SHARE) return `at most ${formatShare(high)}`;
  return `${formatNumber(100 * low, DIGITS)} to ${formatShare(high)}`;
}

/** `EDGE, the newest 10,000 candles` */
export function describeEstimate({ estimator, rows }: Spread): string {
  return `${ESTIMATORS[estimator] ?? estimator}, the newest ${countOf(rows, 'candle')}`;
}

/** A share of a price; `< 0.001 %` for what would be written as nothing. */
export function formatShare(share: number): string {
  return share < SMALLEST_SHARE
    ? `<${SPACE}${formatPercent(10 ** -(DIGITS + 2), DIGITS)}`
    : formatPercent(share, DIGITS);
}
