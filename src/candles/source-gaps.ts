/**
 * Holes in what is stored. A source was asked for some ranges and has no candles there: those are gaps of its own. What
 * it was never asked for is a hole that a fetch fills, such as the one between two fetches of which the earlier was killed.
 * Pure.
 */

import type { CandleSeries } from '../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import type { TimeRange } from '../market/time-range.js';

/** Holes that are no further apart are fetched in one go: a page of most exchanges has more candles. */
const JOINED_ROWS = 300;
/** What an exchange has not told by then it will not tell: after an outage candles may still appear. */
const SETTLED_MS = INTERVAL_MS['1d'];

/**
 * The ranges to ask the source for, ascending.
 *
 * @param gaps where nothing is stored between candles that are, ascending
 * @param sourceGaps where the source itself has no candles, ascending and apart
 * @param range only holes that begin in it
 */
export function planHoles(
  gaps: readonly TimeRange[],
  sourceGaps: readonly TimeRange[],
  range: TimeRange,
  interval: Interval,
): TimeRange[] {
  const joinedMs = JOINED_ROWS * INTERVAL_MS[interval];
  const holes: { fromMs: number; toMs: number }[] = [];
  let next = 0;
  for (const { fromMs, toMs } of gaps) {
    if (fromMs < range.fromMs || fromMs >= range.toMs) continue;
    while (next < sourceGaps.length && sourceGaps[next].toMs < toMs) next++;
    if (next < sourceGaps.length && sourceGaps[next].fromMs <= fromMs) continue;
    const endMs = Math.min(toMs, range.toMs);
    const last = holes.at(-1);
    if (last && fromMs - last.toMs <= joinedMs) last.toMs = endMs;
    else holes.push({ fromMs, toMs: endMs });
  }
  return holes;
}

/** Notes, page by page, where an answer to a request has no candles. */
export class GapNotes {
  readonly #lengthMs: number;
  readonly #endMs: number;
  readonly #gaps: TimeRange[] = [];
  #cursorMs: number;
  #newestMs = Number.NEGATIVE_INFINITY;

  /** The range that the source was asked for; without a beginning from the first candle there is. */
  constructor(interval: Interval, { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: Partial<TimeRange>) {
    this.#lengthMs = INTERVAL_MS[interval];
    this.#cursorMs = fromMs;
    this.#endMs = toMs;
  }

  add({ openTimeMs }: CandleSeries): void {
    for (const timeMs of openTimeMs) {
      this.#take(timeMs, timeMs + this.#lengthMs);
      this.#newestMs = timeMs;
    }
  }

  /**
   * The gaps of an answer that came to its end, without those of the newest day.
   *
   * @param knownMs an open time that the exchange is known to have passed
   */
  settled(knownMs: number): TimeRange[] {
    const newestMs = Math.max(knownMs, this.#newestMs);
    this.#take(this.#endMs, this.#endMs);
    return this.#gaps.filter(({ toMs }) => toMs + SETTLED_MS <= newestMs);
  }

  #take(timeMs: number, nextMs: number): void {
    if (timeMs > this.#cursorMs) this.#gaps.push({ fromMs: this.#cursorMs, toMs: timeMs });
    this.#cursorMs = nextMs;
  }
}

/** Both as one list, ascending, with those that touch joined. */
export function joinRanges(ranges: readonly TimeRange[]): TimeRange[] {
  const joined: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of [...ranges].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else joined.push({ fromMs, toMs });
  }
  return joined;
}
