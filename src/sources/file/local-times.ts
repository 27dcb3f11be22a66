/**
 * Times of a clock on the wall as times of UTC. In spring an hour of the clock is left out; in autumn one stands twice, and
 * is told apart by the order of the rows. Pure.
 */

import { type ZoneSpan, zoneSpans } from '../../core/time-zone.js';

export interface LocalTimes {
  /** UTC milliseconds; NaN for the rows below and for times that were NaN. Shape [rows]. */
  readonly timeMs: Float64Array;
  /** Rows whose time the clock never showed. */
  readonly impossibleRows: readonly number[];
  /** Rows of an hour that stands twice, of which neither order nor neighbours tell which of the two they are of. */
  readonly openRows: readonly number[];
}

/** Farther from a change of the clock than this, there is one reading. */
const MARGIN_MS = 2 * 86_400_000;

/**
 * Reads the times.
 *
 * @param wallMs what the clock showed, as if it were UTC, in the file's order; shape [rows]
 * @param zone a zone of the IANA database
 */
export function resolveLocalTimes(wallMs: Float64Array, zone: string): LocalTimes {
  const spans = spansOf(wallMs, zone);
  const timeMs = new Float64Array(wallMs.length).fill(Number.NaN);
  const impossibleRows: number[] = [];
  const twofold: TwofoldRow[] = [];
  const isDescending = isNewestFirst(wallMs);
  let span = 0;
  for (let at = 0; at < wallMs.length; at++) {
    const row = isDescending ? wallMs.length - 1 - at : at;
    if (Number.isNaN(wallMs[row])) continue;
    span = spanOf(spans, wallMs[row], span);
    const readings = readingsOf(spans, wallMs[row], span);
    if (readings.length === 0) impossibleRows.push(row);
    else if (readings.length === 1) timeMs[row] = readings[0];
    else twofold.push({ at, row, wallMs: wallMs[row], readings });
  }
  const openRows = settleTwofold(twofold, timeMs, isDescending, wallMs);
  return { timeMs, impossibleRows: impossibleRows.sort((a, b) => a - b), openRows };
}

/** A row of an hour that stands twice. */
interface TwofoldRow {
  /** Its place, oldest first as far as the file is in order. */
  readonly at: number;
  readonly row: number;
  readonly wallMs: number;
  /** Before and after the clock was set back. */
  readonly readings: readonly number[];
}

/**
 * Settles the rows of hours that stand twice: where the clock goes back from one row to the next, the second hour begins.
 * Where it does not, because candles are long or missing, the reading counts that leaves its neighbours at the usual
 * distance, else the one that leaves them on the grid.
 *
 * @returns the rows that remain open, whose time stays NaN
 */
function settleTwofold(
  twofold: readonly TwofoldRow[],
  timeMs: Float64Array,
  isDescending: boolean,
  wallMs: Float64Array,
): number[] {
  if (twofold.length === 0) return [];
  const rowAt = (at: number) => (isDescending ? timeMs.length - 1 - at : at);
  const stepMs = usualStep(timeMs);
  const isOrdered = isInOrder(wallMs, rowAt, new Set(twofold.map(({ at }) => at)));
  const openRows: number[] = [];
  for (const run of runsOf(twofold)) {
    const before = timeMs[rowAt(run[0].at - 1)];
    const after = timeMs[rowAt(run[run.length - 1].at + 1)];
    const falls = run.flatMap((row, at) => (at > 0 && row.wallMs <= run[at - 1].wallMs ? [at] : []));
    const candidates =
      falls.length === 1
        ? [run.map(({ readings }, at) => readings[at < falls[0] ? 0 : 1])]
        : falls.length === 0
          ? [0, 1].map((side) => run.map(({ readings }) => readings[side]))
          : [];
    const gaps = (times: readonly number[]) =>
      [times[0] - before, after - times[times.length - 1]].filter((gap) => !Number.isNaN(gap));
    const contiguous = candidates.filter((times) => gaps(times).every((gap) => gap === stepMs));
    const onGrid = candidates.filter((times) => gaps(times).every((gap) => gap > 0 && gap % stepMs === 0));
    // Rows in no order are next to each other by chance.
    const fitting =
      falls.length === 1 && isOrdered ? candidates : contiguous.length > 0 || !isOrdered ? contiguous : onGrid;
    if (fitting.length === 1) for (const [at, { row }] of run.entries()) timeMs[row] = fitting[0][at];
    else openRows.push(...run.map(({ row }) => row));
  }
  return openRows.sort((a, b) => a - b);
}

/** Rows next to each other, of one hour that stands twice. */
function runsOf(twofold: readonly TwofoldRow[]): TwofoldRow[][] {
  const runs: TwofoldRow[][] = [];
  for (const row of twofold) {
    const last = runs.at(-1)?.at(-1);
    const isNext = last !== undefined && row.at === last.at + 1 && Math.abs(row.wallMs - last.wallMs) < MARGIN_MS;
    if (isNext) runs.at(-1)!.push(row);
    else runs.push([row]);
  }
  return runs;
}

/** Whether no row but one of an hour that stands twice is older than the one before it. */
function isInOrder(wallMs: Float64Array, rowAt: (at: number) => number, twofold: ReadonlySet<number>): boolean {
  for (let at = 1; at < wallMs.length; at++) {
    if (wallMs[rowAt(at)] < wallMs[rowAt(at - 1)] && !(twofold.has(at) && twofold.has(at - 1))) return false;
  }
  return true;
}

function isNewestFirst(wallMs: Float64Array): boolean {
  let balance = 0;
  for (let row = 1; row < wallMs.length; row++) balance += Math.sign(wallMs[row] - wallMs[row - 1]) || 0;
  return balance < 0;
}

/** The distance at which most neighbours stand; NaN where they have no usual one. */
function usualStep(timeMs: Float64Array): number {
  const counts = new Map<number, number>();
  let total = 0;
  for (let row = 1; row < timeMs.length; row++) {
    const stepMs = Math.abs(timeMs[row] - timeMs[row - 1]);
    if (!(stepMs > 0)) continue;
    counts.set(stepMs, (counts.get(stepMs) ?? 0) + 1);
    total += 1;
  }
  return [...counts].find(([, count]) => count > total / 2)?.[0] ?? Number.NaN;
}

function spansOf(wallMs: Float64Array, zone: string): ZoneSpan[] {
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const time of wallMs) {
    if (time < firstMs) firstMs = time;
    if (time > lastMs) lastMs = time;
  }
  // Times that no candle can have are refused by whoever looks at all of them.
  const [earliestMs, latestMs] = [Date.UTC(1990, 0, 1), Date.UTC(2200, 0, 1)];
  const start = Math.max(firstMs, earliestMs) - MARGIN_MS;
  return zoneSpans(zone, start, Math.min(lastMs, latestMs) + MARGIN_MS);
}

/** The span of a time, by the clock; next to a change one of the two. `near` is where the row before it was. */
function spanOf(spans: readonly ZoneSpan[], wallMs: number, near: number): number {
  let span = near;
  while (span > 0 && wallMs - spans[span].offsetMs < spans[span].startMs) span -= 1;
  while (span + 1 < spans.length && wallMs - spans[span + 1].offsetMs >= spans[span + 1].startMs) span += 1;
  return span;
}

function readingsOf(spans: readonly ZoneSpan[], wallMs: number, span: number): number[] {
  const readings: number[] = [];
  for (let at = Math.max(0, span - 1); at <= Math.min(spans.length - 1, span + 1); at++) {
    const timeMs = wallMs - spans[at].offsetMs;
    const endMs = spans[at + 1]?.startMs ?? Number.POSITIVE_INFINITY;
    if (timeMs >= spans[at].startMs && timeMs < endMs) readings.push(timeMs);
  }
  return readings;
}
