/**
 * A host that does not answer, as all requests of this process to it know it: they leave it alone together, longer with
 * every try in vain, and it is told three times at most: when it stops answering, when it is hardly asked any more, and
 * when it answers again.
 */

import type { TradeAiError } from '../../core/errors.js';
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

/** Tries in a row, over all requests, after which a host counts as down. */
export const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

export class HostOutage {
  readonly #options: HostOutageOptions;
  /** Tries in vain in a row. */
  #failures = 0;
  readonly #failingRoutes = new Set<string>();
  #sinceMs = 0;
  #pausedUntilMs = 0;
  #isRarelyAsked = false;
  #lastError: TradeAiError | undefined;

  constructor(options: HostOutageOptions) {
    this.#options = options;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Whether it has been asked often enough for nobody to wait for it. */
  get isDown(): boolean {
    return this.#failures >= ATTEMPTS;
  }

  /** How long it is still left alone. */
  get pauseMs(): number {
    return Math.max(0, this.#pausedUntilMs - this.#options.now());
  }

  /**
   * Asks nothing of a host that is down before its pause is over.
   *
   * @throws TradeAiError that of the last try
   */
  refuseWhileDown(): void {
    if (this.isDown && this.pauseMs > 0 && this.#lastError !== undefined) throw this.#lastError;
  }

  /** @param knownFailures when the try began: of tries that were under way together one counts */
  noteFailure(error: TradeAiError, { route, series }: Subject, knownFailures: number): void {
    const { host, now, note } = this.#options;
    this.#failingRoutes.add(route);
    this.#lastError = error;
    if (knownFailures !== this.#failures) return;
    this.#failures += 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1));
    // Half of it by chance, so that several clients do not come back at the same moment.
    this.#pausedUntilMs = now() + pauseMs * (0.5 + Math.random());
    if (this.#failures === 1) {
      this.#sinceMs = now();
      note(`${error.message}; trying again, after growing pauses`, { host, series });
    } else if (pauseMs === LONGEST_PAUSE_MS && !this.#isRarelyAsked) {
      this.#isRarelyAsked = true;
      note(`${error.message}; asking about once a minute from now on`, { host, series });
    }
  }

  /** It has answered, with what was asked for or a refusal. */
  noteAnswer({ route }: Subject): void {
    if (!this.#failingRoutes.delete(route) || this.#failingRoutes.size > 0) return;
    const { host, now, note } = this.#options;
    note(`${host} answers again, after ${plain(formatDuration((now() - this.#sinceMs) / 1000))}`, { host });
    this.#failures = 0;
    this.#pausedUntilMs = 0;
    this.#isRarelyAsked = false;
  }
}
