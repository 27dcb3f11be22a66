/** Requests that are tried again: what may succeed later, a bounded number of times, with growing random waits. */

import { setTimeout as delay } from 'node:timers/promises';
import { type TradeAiError, throwIfAborted } from '../../core/errors.js';
import type { BudgetNews } from './budget-state.js';
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
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Told about retries, for the user. */
  readonly log: (message: string) => void;
  readonly signal?: AbortSignal;
  readonly tryOnce: () => Promise<Taken<Value>>;
}

const ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 500;

/** @throws TradeAiError the refusal of the last attempt, `INTERRUPTED` */
export async function attempt<Value>({
  budget,
  weight,
  sleep,
  log,
  signal,
  tryOnce,
}: AttemptOptions<Value>): Promise<Value> {
  for (let count = 1; ; count++) {
    const reservation = await budget.reserve(weight, signal);
    const outcome = await tryOnce();
    await reservation.settle(outcome.news ?? {});
    if ('value' in outcome) return outcome.value;
    throwIfAborted(signal);
    if (!outcome.mayRetry || count === ATTEMPTS) throw outcome.error;
    const again = `${outcome.error.message}; trying again`;
    // After a pause the host asked for, the budget lets no request begin before its end.
    if (outcome.news?.pausedUntilMs !== undefined) log(`${again} (${count} of ${ATTEMPTS - 1})`);
    else {
      const waitMs = backoffMs(count);
      log(`${again} in ${(waitMs / 1000).toFixed(1)} s (${count} of ${ATTEMPTS - 1})`);
      await sleep(waitMs, signal).catch((error) => {
        throwIfAborted(signal);
        throw error;
      });
    }
  }
}

export async function sleepFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal });
}

/** Doubles with each attempt, half of it random so that several clients do not come back at the same moment. */
function backoffMs(count: number): number {
  return FIRST_BACKOFF_MS * 2 ** (count - 1) * (0.5 + Math.random());
}
