/** Requests that are tried again: what may succeed later, a bounded number of times, with growing random waits. */

import { setTimeout as delay } from 'node:timers/promises';
import { type TradeAiError, throwIfAborted } from '../../core/errors.js';
import type { BudgetNews } from './budget-state.js';
import { ATTEMPTS, type Subject } from './host-outage.js';
import type { RequestBudget } from './request-budget.js';

/** What an answer came to: its value, or why there is none. */
export type Taken<Value> = { readonly value: Value; readonly news?: BudgetNews } | Refusal;

export interface Refusal {
  /** How it ends when it is not, or no longer, tried again. */
  readonly error: TradeAiError;
  /** Whether the same request may succeed later. */
  readonly mayRetry: boolean;
  readonly news?: BudgetNews;
}

export interface AttemptOptions<Value> {
  readonly budget: RequestBudget;
  /** What one attempt takes of the budget. */
  readonly weight: number;
  readonly subject: Subject;
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly signal?: AbortSignal;
  readonly tryOnce: () => Promise<Taken<Value>>;
}

/** @throws TradeAiError the refusal of the last attempt, its own or another request's of a route that is down; `INTERRUPTED` */
export async function attempt<Value>(options: AttemptOptions<Value>): Promise<Value> {
  const { budget, weight, subject, sleep, signal, tryOnce } = options;
  const { outage } = budget;
  outage.refuseWhileDown(subject);
  for (let count = 1; ; count++) {
    const pauseMs = outage.pauseMsOf(subject);
    if (pauseMs > 0) {
      await sleep(pauseMs, signal).catch((error) => {
        throwIfAborted(signal);
        throw error;
      });
    }
    const reservation = await budget.reserve(weight, signal);
    const knownFailures = outage.failuresOf(subject);
    const outcome = await tryOnce();
    await reservation.settle(outcome.news ?? {});
    if (!('value' in outcome)) throwIfAborted(signal);
    const pausedUntilMs = outcome.news?.pausedUntilMs;
    if ('value' in outcome || !outcome.mayRetry || pausedUntilMs !== undefined) outage.noteAnswer(subject);
    if ('value' in outcome) return outcome.value;
    if (!outcome.mayRetry) throw outcome.error;
    // After a pause the host asked for, the budget lets no request begin before its end.
    if (pausedUntilMs === undefined) outage.noteFailure(outcome.error, subject, knownFailures);
    else budget.notePause(outcome.error, pausedUntilMs, subject);
    if (count === ATTEMPTS || outage.isDown(subject)) throw outcome.error;
  }
}

export async function sleepFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal });
}
