/** How far apart the candles of a series open: one length throughout, gaps aside, or candles of several lengths. */

import { INTERVAL_MS, type Interval, intervalOfMs } from '../interval.js';

/** A part of a series whose candles are of another length than the rest. */
export interface SpacingChange {
  /** The rows [rowStart, rowEnd) of the part. */
  readonly rowStart: number;
  readonly rowEnd: number;
  /** The most frequent spacing of the part. */
  readonly lengthMs: number;
}

/**
 * How sure it has to be that the spacings of a part share a divisor by no chance, in bits: where nobody trades, an exchange
 * leaves out candles at random too, and half of such gaps are odd, a twelfth multiples of twelve.
 */
const FEWEST_BITS = 30;
const FEWEST_SPACINGS = 7;
/** Less than this of the rows and of the time is a quirk of a quiet night. */
const SMALLEST_SHARE = 0.01;
/** Every longer length has one of these as a factor. */
const FACTORS = [2, 3, 5, 7];

/** How often each spacing occurs, in milliseconds. */
export function countSpacings(openTimeMs: Float64Array): Map<number, number> {
  const counts = new Map<number, number>();
  let runMs = Number.NaN;
  let runCount = 0;
  // By runs: nearly every spacing is the one before it, and a map is slow.
  for (let row = 1; row <= openTimeMs.length; row++) {
    const spacingMs = row < openTimeMs.length ? openTimeMs[row] - openTimeMs[row - 1] : Number.NaN;
    if (spacingMs === runMs) {
      runCount += 1;
      continue;
    }
    if (runCount > 0) counts.set(runMs, (counts.get(runMs) ?? 0) + runCount);
    runMs = spacingMs;
    runCount = 1;
  }
  return counts;
}

/**
 * The longest part whose candles are of another length: they open farther apart throughout, always by multiples of it,
 * or nearer.
 *
 * @param openTimeMs ascending and unique
 * @param lengthMs that of the candles around it
 */
export function findSpacingChange(openTimeMs: Float64Array, lengthMs: number): SpacingChange | undefined {
  const isShorter = (spacingMs: number) => spacingMs < lengthMs;
  const tests = [isShorter, ...FACTORS.map((factor) => (spacingMs: number) => spacingMs % (factor * lengthMs) === 0)];
  let found: Omit<SpacingChange, 'lengthMs'> = { rowStart: 0, rowEnd: 0 };
  /** For each test, the first row of the part that it goes on with. */
  const starts = tests.map(() => 0);
  const endPart = (at: number, rowEnd: number) => {
    const rowStart = starts[at];
    if (rowEnd - rowStart <= Math.max(FEWEST_SPACINGS, found.rowEnd - found.rowStart)) return;
    const bits = Math.log2(divisorOf(openTimeMs.subarray(rowStart, rowEnd)) / lengthMs);
    // Shorter spacings than the length are no gaps at all.
    if ((rowEnd - rowStart - 1) * (at === 0 ? 1 : bits) >= FEWEST_BITS) found = { rowStart, rowEnd };
  };
  let isInPart = false;
  for (let row = 1; row <= openTimeMs.length; row++) {
    const spacingMs = row < openTimeMs.length ? openTimeMs[row] - openTimeMs[row - 1] : lengthMs;
    // Settles nearly every row at once.
    if (spacingMs === lengthMs) {
      if (isInPart) for (let at = 0; at < tests.length; at++) endPart(at, row);
      isInPart = false;
      continue;
    }
    if (!isInPart) starts.fill(row - 1);
    isInPart = true;
    for (let at = 0; at < tests.length; at++) {
      if (tests[at](spacingMs)) continue;
      endPart(at, row);
      starts[at] = row;
    }
  }
  const { rowStart, rowEnd } = found;
  const spacingCount = rowEnd - rowStart - 1;
  const spanOf = (start: number, end: number) => openTimeMs[end - 1] - openTimeMs[start];
  const isLarge =
    spacingCount >= SMALLEST_SHARE * openTimeMs.length ||
    spanOf(rowStart, rowEnd) >= SMALLEST_SHARE * spanOf(0, openTimeMs.length);
  if (rowEnd === 0 || !isLarge) return undefined;
  const [otherMs] = mostFrequent(countSpacings(openTimeMs.subarray(rowStart, rowEnd)));
  return { rowStart, rowEnd, lengthMs: otherMs };
}

/** The greatest length that divides all spacings of a few rows. */
function divisorOf(openTimeMs: Float64Array): number {
  let divisor = 0;
  for (let row = 1; row < openTimeMs.length; row++) {
    divisor = greatestDivisor(openTimeMs[row] - openTimeMs[row - 1], divisor);
  }
  return divisor;
}

export function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** The most frequent spacing and its count. */
export function mostFrequent(counts: ReadonlyMap<number, number>): [number, number] {
  return [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
}

const UNITS = [
  ['day', INTERVAL_MS['1d']],
  ['hour', INTERVAL_MS['1h']],
  ['minute', INTERVAL_MS['1m']],
] as const;

/** A length as people write it before candles: `4h`, where it is an interval, else `3-hour`. */
export function nameLength(lengthMs: number): string {
  const interval = intervalOfMs(lengthMs);
  if (interval) return interval;
  const [unit, unitMs] = UNITS.find(([, ms]) => lengthMs % ms === 0) ?? ['second', INTERVAL_MS['1s']];
  return `${lengthMs / unitMs}-${unit}`;
}

/** The longest interval of which candles of that length can be made. */
export function longestDivisor(lengthMs: number): Interval | undefined {
  const shorter = (Object.keys(INTERVAL_MS) as Interval[]).filter(
    (interval) => INTERVAL_MS[interval] < lengthMs && lengthMs % INTERVAL_MS[interval] === 0,
  );
  return shorter.at(-1);
}
