/** GET requests within a host's budget: time-outs, and retries of what may succeed later. */

import { setTimeout as delay } from 'node:timers/promises';
import { TradeAiError, throwIfAborted } from '../../core/errors.js';
import type { BudgetNews } from './budget-state.js';
import type { RequestBudget } from './request-budget.js';

export interface HttpClientOptions {
  /** Host and port, as messages name it. */
  readonly host: string;
  readonly budget: RequestBudget;
  readonly fetch?: typeof fetch;
  /** Waits; rejects when the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Told about retries, for the user. */
  readonly log?: (message: string) => void;
  /** Silence after which an answer is given up. */
  readonly timeoutMs?: number;
}

/** What an answer came to: its value, or why there is none. */
export type Taken<Value> = { readonly value: Value; readonly news?: BudgetNews } | Refusal;

export interface Refusal {
  /** How it ends when it is not, or no longer, tried again. */
  readonly error: TradeAiError;
  /** Whether the same request may succeed later. */
  readonly mayRetry: boolean;
  readonly news?: BudgetNews;
}

export interface HttpGet<Value> {
  readonly url: URL;
  readonly weight: number;
  readonly accept: string;
  readonly signal?: AbortSignal;
  /** Reads the answer. A stream calls `touch` with each part, so that a long download is not taken for silence. */
  take(response: Response, touch: () => void): Promise<Taken<Value>>;
}

export interface HttpClient {
  /** @throws TradeAiError of the kind `exchange`, `INTERRUPTED`, or what `take` refuses with */
  get<Value>(request: HttpGet<Value>): Promise<Value>;
}

const ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 500;
const DEFAULT_TIMEOUT_MS = 15_000;

export function createHttpClient({
  host,
  budget,
  fetch: fetchUrl = fetch,
  sleep = sleepFor,
  log = () => {},
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: HttpClientOptions): HttpClient {
  async function get<Value>(request: HttpGet<Value>): Promise<Value> {
    const { signal } = request;
    for (let attempt = 1; ; attempt++) {
      const reservation = await budget.reserve(request.weight, signal);
      const outcome = await tryOnce(request);
      await reservation.settle(outcome.news ?? {});
      if ('value' in outcome) return outcome.value;
      throwIfAborted(signal);
      if (!outcome.mayRetry || attempt === ATTEMPTS) throw outcome.error;
      const again = `${outcome.error.message}; trying again`;
      // After a pause the host asked for, the budget lets no request begin before its end.
      if (outcome.news?.pausedUntilMs !== undefined) log(`${again} (${attempt} of ${ATTEMPTS - 1})`);
      else {
        const waitMs = backoffMs(attempt);
        log(`${again} in ${(waitMs / 1000).toFixed(1)} s (${attempt} of ${ATTEMPTS - 1})`);
        await pause(waitMs, signal);
      }
    }
  }

  async function tryOnce<Value>({ url, accept, signal, take }: HttpGet<Value>): Promise<Taken<Value>> {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), timeoutMs);
    try {
      const combined = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;
      // A redirect could lead anywhere, also into the private network.
      const response = await fetchUrl(url, { signal: combined, headers: { accept }, redirect: 'manual' });
      return await take(response, () => void timer.refresh());
    } catch (cause) {
      if (cause instanceof TradeAiError) throw cause;
      const reason = silence.signal.aborted ? `no answer within ${timeoutMs / 1000} s` : networkReason(cause);
      const error = new TradeAiError('EXCHANGE_UNREACHABLE', `cannot reach ${host}: ${reason}`, {
        hint: 'check the network, or use candles from a file with --data FILE',
        cause,
      });
      return { error, mayRetry: true };
    } finally {
      clearTimeout(timer);
    }
  }

  async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await sleep(ms, signal);
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    }
  }

  return { get };
}

/** The `Retry-After` header in milliseconds from now; seconds or a date. */
export function readRetryAfterMs(response: Response, nowMs: number): number | undefined {
  const text = response.headers.get('retry-after');
  if (text === null || text.trim() === '') return undefined;
  const seconds = Number(text);
  if (seconds >= 0) return seconds * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/**
 * Reads the base URL of a host.
 *
 * @throws TradeAiError `USAGE` naming the variable to correct
 */
export function parseBaseUrl(baseUrl: string, variable: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new TradeAiError('USAGE', `expected an http or https URL of the exchange, was ${JSON.stringify(baseUrl)}`, {
    hint: `correct ${variable}`,
  });
}

/** Doubles with each attempt, half of it random so that several clients do not come back at the same moment. */
export function backoffMs(attempt: number): number {
  return FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
}

/** Node puts the reason, such as ECONNREFUSED, in the cause of `fetch failed`. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);
}

export async function sleepFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal });
}
