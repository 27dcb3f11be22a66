/** Wakes up when a candle closes, and again until it has come. */

import { INTERVAL_MS, type Interval } from '../market/interval.js';

export interface CandleClockOptions {
  readonly interval: Interval;
  /** UTC milliseconds of this computer. */
  readonly now: () => number;
  /** How long after the close the source has the candle; of short candles a tenth of their length, if that is less. */
  readonly settleMs: number;
  /**
   * Brings the candles up to date. @returns the close time of the newest candle there is, and this computer's clock minus the
   * exchange's
   */
  readonly update: () => Promise<{ readonly closedMs: number; readonly clockOffsetMs: number | null }>;
  readonly onProblem: (error: unknown) => void;
}

/** Waits after a candle that has not come, or a source that failed: the first, and the longest. */
const RETRY_MS = { first: 1_000, longest: 60_000 } as const;
/** What is waited for at first, as a share of the candle at most: the next one closes only so soon. */
const FIRST_WAIT_SHARE = 0.1;
/** A clock may be set, and a computer may sleep, which stops its timers: how late it is, is looked at so often. */
const LONGEST_SLEEP_MS = 30_000;

/**
 * One stored series kept current. Updates never overlap: one that takes longer than a candle is followed by the next at
 * once.
 */
export class CandleClock {
  readonly #options: CandleClockOptions;
  #timer: NodeJS.Timeout | undefined;
  #updating: Promise<void> = Promise.resolve();
  #clockOffsetMs = 0;
  #failures = 0;
  #isStopped = false;

  constructor(options: CandleClockOptions) {
    this.#options = options;
  }

  /** This computer's clock minus the exchange's, as it was at the last update. */
  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  /** Updates at once, and from then on whenever a candle closes. Resolves after the first update, however it went. */
  async start(): Promise<void> {
    await this.#tick();
  }

  /** Resolves when an update under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#updating;
  }

  #tick(): Promise<void> {
    this.#updating = this.#updateAndSchedule();
    return this.#updating;
  }

  async #updateAndSchedule(): Promise<void> {
    const { interval, now, settleMs, update, onProblem } = this.#options;
    // A candle that has closed since then was not asked for: it is not late.
    const askedMs = now();
    let dueMs: number;
    try {
      const { closedMs, clockOffsetMs } = await update();
      if (clockOffsetMs !== null) this.#clockOffsetMs = clockOffsetMs;
      const nextMs = closedMs + INTERVAL_MS[interval] + this.#firstWaitMs(settleMs) + this.#clockOffsetMs;
      const isCurrent = nextMs > askedMs;
      this.#failures = isCurrent ? 0 : this.#failures + 1;
      dueMs = isCurrent ? nextMs : now() + this.#retryMs();
    } catch (error) {
      this.#failures += 1;
      dueMs = now() + this.#retryMs();
      onProblem(error);
    }
    this.#sleepUntil(dueMs, dueMs - now());
  }

  /** @param longestMs of the whole sleep: a clock that is set back meanwhile makes it no longer */
  #sleepUntil(dueMs: number, longestMs: number): void {
    if (this.#isStopped) return;
    const leftMs = Math.max(0, Math.min(dueMs - this.#options.now(), longestMs));
    const stepMs = Math.min(leftMs, LONGEST_SLEEP_MS);
    this.#timer = setTimeout(() => {
      if (leftMs > stepMs) this.#sleepUntil(dueMs, longestMs - stepMs);
      else void this.#tick();
    }, stepMs);
    this.#timer.unref();
  }

  /** Doubles with every try in vain, and is never longer than a candle. */
  #retryMs(): number {
    const longestMs = Math.min(RETRY_MS.longest, INTERVAL_MS[this.#options.interval]);
    return Math.min(longestMs, this.#firstWaitMs(RETRY_MS.first) * 2 ** Math.min(this.#failures - 1, 20));
  }

  #firstWaitMs(usualMs: number): number {
    return Math.min(usualMs, FIRST_WAIT_SHARE * INTERVAL_MS[this.#options.interval]);
  }
}
