/**
 * Whether the records of columns still come as they came. A value is used until the next one, however long that takes: a file
 * that ended, or a publisher who changed the pace, gives features that look as sound as ever.
 *
 * What is usual says each column itself. Its newest hundred spacings are those of now; 95 % of them keep the *usual spacing*,
 * so that a weekend or an outage counts for nothing. A column has stopped when its newest record is older than three of them.
 */

import { quantile } from '../core/statistics.js';
import { columnOfName } from '../features/column-feature.js';
import type { JoinedInput } from '../market/as-of-join.js';
import { type CandleSeries, closeTimeMs, firstRowAt, rowCountOf } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import { plain, utcTime } from '../text/sentences.js';
import { formatSpan } from '../text/times.js';

export interface RecordsSituation {
  /** Open time of the first candle: older records are nobody's. */
  readonly fromMs: number;
  /** Close of the newest candle: later records are not known yet. */
  readonly closeMs: number;
  /** From the close of the first candle of a window to that of its last. */
  readonly windowMs: number;
}

export interface ColumnNotes {
  /** What whoever trains or forecasts is to know, one a fault. */
  readonly warnings: readonly string[];
  /** Those about a column of which a window sees one old value only: nothing may be traded on that. */
  readonly holdReasons: readonly string[];
}

const NEWEST_SPACINGS = 100;
const USUAL_SHARE = 0.95;
const STOPPED_SPACINGS = 3;
/** Fewer show no habit. */
const FEWEST_SPACINGS = 3;
/** Spacings behind a change, and before it, that make a habit each. */
const FEWEST_CHANGED = { after: 6, before: 20 } as const;
/** Spacings this near each other are one; so many of a stretch make it regular. */
const SAME_SPACING = 0.1;
const REGULAR_SHARE = 0.8;
/** A pace that was kept in less than this share of the time teaches nothing any more. */
const FORMER_TIME_SHARE = 0.1;

/**
 * Looks at the columns among what was joined to candles.
 *
 * @example examineColumns(collected.inputs, situationOf(series, config.window)).warnings
 */
export function examineColumns(inputs: readonly JoinedInput[] = [], situation: RecordsSituation): ColumnNotes {
  const warnings: string[] = [];
  const holdReasons: string[] = [];
  for (const input of inputs) {
    const column = columnOfName(input.name);
    if (column === undefined) continue;
    const timeMs = knownTimes(input, situation);
    const spacingsMs = timeMs.slice(1).map((time, i) => time - timeMs[i]);
    if (spacingsMs.length < FEWEST_SPACINGS) continue;
    const usualMs = nearestQuantile(spacingsMs.slice(-NEWEST_SPACINGS), USUAL_SHARE);
    const lastMs = timeMs[timeMs.length - 1];
    const ageMs = situation.closeMs - input.delayMs - lastMs;
    const change = findRateChange(timeMs, spacingsMs);
    if (change !== undefined) warnings.push(`column ${column}: ${describeChange(change)}`);
    if (ageMs <= STOPPED_SPACINGS * usualMs) continue;
    // A column whose values usually outlast a window is no worse than ever.
    const isConstant = ageMs >= situation.windowMs && usualMs < situation.windowMs;
    const effect = isConstant ? 'the model sees nothing but its last value' : 'its last value is used on';
    const message = `column ${column} ends at ${utcTime(lastMs)}, ${span(ageMs)} too early, though a value came every ${span(usualMs)}: ${effect}`;
    warnings.push(message);
    if (isConstant) holdReasons.push(message);
  }
  return { warnings, holdReasons };
}

/** The situation at the newest candle of a series. @param windowRows of the model */
export function situationOf(series: CandleSeries, windowRows: number): RecordsSituation {
  return {
    fromMs: series.openTimeMs[0],
    closeMs: closeTimeMs(series, rowCountOf(series) - 1),
    windowMs: (windowRows - 1) * INTERVAL_MS[series.interval],
  };
}

/** Times of the records that the candles have seen, oldest first. */
function knownTimes({ timeMs, delayMs }: JoinedInput, { fromMs, closeMs }: RecordsSituation): Float64Array {
  // The newest record before the first candle is that candle's value.
  const start = Math.max(0, firstRowAt(timeMs, fromMs - delayMs) - 1);
  return timeMs.slice(start, Math.max(start, firstRowAt(timeMs, closeMs - delayMs + 1)));
}

interface RateChange {
  readonly sinceMs: number;
  readonly formerMs: number;
  readonly spacingMs: number;
}

/**
 * Where one regular spacing gave way to another. The stretch of now is the one that parts best the spacings that are as the
 * newest from those that are not; the one before it must be as regular, and not have been forgotten.
 */
function findRateChange(timeMs: Float64Array, spacingsMs: Float64Array): RateChange | undefined {
  const spacingMs = quantile(spacingsMs.slice(-FEWEST_CHANGED.after), 0.5);
  let balance = 0;
  let best = 0;
  let start = spacingsMs.length;
  for (let i = spacingsMs.length - 1; i >= 0; i--) {
    balance += isSame(spacingsMs[i], spacingMs) ? 1 : -1;
    if (balance > best) [best, start] = [balance, i];
  }
  const after = spacingsMs.slice(start);
  const before = spacingsMs.slice(0, start);
  if (after.length < FEWEST_CHANGED.after || before.length < FEWEST_CHANGED.before) return undefined;
  const formerMs = quantile(before, 0.5);
  if (isSame(formerMs, spacingMs) || !isRegular(after, spacingMs) || !isRegular(before, formerMs)) return undefined;
  const sinceMs = timeMs[start];
  const wholeMs = timeMs[timeMs.length - 1] - timeMs[0];
  return sinceMs - timeMs[0] < FORMER_TIME_SHARE * wholeMs ? undefined : { sinceMs, formerMs, spacingMs };
}

function describeChange({ sinceMs, formerMs, spacingMs }: RateChange): string {
  return `a value every ${span(spacingMs)} since ${utcTime(sinceMs)}, every ${span(formerMs)} before: what was learned of it then means something else now`;
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= SAME_SPACING * b;
}

function isRegular(spacingsMs: Float64Array, spacingMs: number): boolean {
  return spacingsMs.filter((value) => isSame(value, spacingMs)).length >= REGULAR_SHARE * spacingsMs.length;
}

/** The smallest of the values that the share `q` of them does not exceed. */
function nearestQuantile(values: Float64Array, q: number): number {
  return values.sort()[Math.ceil(q * values.length) - 1];
}

function span(ms: number): string {
  return plain(formatSpan(ms));
}
