/**
 * A host that does not answer, as all requests of this process to it know it: those of one route leave it alone together,
 * longer with every try in vain, and those of others go on. It is told three times at most: when it stops answering, when
 * it is hardly asked any more, and when every route that is still asked for answers again.
 */

import { TradeAiError } from '../../core/errors.js';
import type { TakeNote } from '../../ports/note.js';
import { plain } from '../../text/sentences.js';
import { formatDuration } from '../../text/times.js';

/** What a request is about. */
export interface Subject {
  /** Requests of one route fail and succeed together. */
  readonly route: string;
  /** Source, symbol and interval, for notes. */
  readonly series?: string;
}

export interface HostOutageOptions {
  /** Host and port. */
  readonly host: string;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly note: TakeNote;
}

/** Tries in a row, over all requests of a route, after which it counts as down. */
export const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** So long after its pause, a route that nobody has asked for says nothing of a host that answers. */
const UNASKED_MS = 2 * LONGEST_PAUSE_MS;

/** A route whose last try was in vain. */
interface FailingRoute {
  /** Tries in vain in a row. */
  readonly failures: number;
  readonly pausedUntilMs: number;
  readonly lastError: TradeAiError;
}

export class HostOutage {
  readonly #options: HostOutageOptions;
  readonly #failing = new Map<string, FailingRoute>();
  #sinceMs = 0;
  #isRarelyAsked = false;

  constructor(options: HostOutageOptions) {
    this.#options = options;
  }

  failuresOf({ route }: Subject): number {
    return this.#failing.get(route)?.failures ?? 0;
  }

  /** Whether it has been asked often enough for nobody to wait for it. */
  isDown(subject: Subject): boolean {
    return this.failuresOf(subject) >= ATTEMPTS;
  }

  /** How long it is still left alone. */
  pauseMsOf({ route }: Subject): number {
    return Math.max(0, (this.#failing.get(route)?.pausedUntilMs ?? 0) - this.#options.now());
  }

  /**
   * Asks nothing of a route that is down before its pause is over.
   *
   * @throws TradeAiError of the code of the last try, which is its cause
   */
  refuseWhileDown(subject: Subject): void {
    const failing = this.#failing.get(subject.route);
    if (failing === undefined || !this.isDown(subject) || this.pauseMsOf(subject) === 0) return;
    const { code, hintDetails } = failing.lastError;
    throw new TradeAiError(code, `${this.#options.host} does not answer, and is left alone for a while`, {
      ...hintDetails,
      cause: failing.lastError,
    });
  }

  /** @param knownFailures when the try began: of tries that were under way together one counts */
  noteFailure(error: TradeAiError, subject: Subject, knownFailures: number): void {
    const { host, now, note } = this.#options;
    const { route, series } = subject;
    if (knownFailures !== this.failuresOf(subject)) return;
    const failures = knownFailures + 1;
    const isFirst = this.#failing.size === 0;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** knownFailures);
    // Half of it by chance, so that several clients do not come back at the same moment.
    this.#failing.set(route, { failures, pausedUntilMs: now() + pauseMs * (0.5 + Math.random()), lastError: error });
    if (isFirst) {
      this.#sinceMs = now();
      note(`${error.message}; trying again, after growing pauses`, { host, series });
    } else if (pauseMs === LONGEST_PAUSE_MS && !this.#isRarelyAsked) {
      this.#isRarelyAsked = true;
      note(`${error.message}; asking about once a minute from now on`, { host, series });
    }
  }

  /** It has answered, with what was asked for or a refusal. */
  noteAnswer({ route }: Subject): void {
    if (this.#failing.size === 0) return;
    const { host, now, note } = this.#options;
    this.#failing.delete(route);
    for (const [other, { pausedUntilMs }] of this.#failing) {
      if (now() >= pausedUntilMs + UNASKED_MS) this.#failing.delete(other);
    }
    if (this.#failing.size > 0) return;
    note(`${host} answers again, after ${plain(formatDuration((now() - this.#sinceMs) / 1000))}`, { host });
    this.#isRarelyAsked = false;
  }
}
