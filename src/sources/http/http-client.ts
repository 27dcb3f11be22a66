/** GET requests within a host's budget, with time-outs. */

import { TradeAiError } from '../../core/errors.js';
import { attempt, sleepFor, type Taken } from './attempts.js';
import type { Subject } from './host-outage.js';
import type { RequestBudget } from './request-budget.js';

export interface HttpClientOptions {
  /** Host and port, as messages name it. */
  readonly host: string;
  readonly budget: RequestBudget;
  readonly fetch?: typeof fetch;
  /** Waits; rejects when the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Silence after which an answer is given up. */
  readonly timeoutMs?: number;
}

export interface HttpGet<Value> {
  readonly url: URL;
  readonly weight: number;
  readonly subject: Subject;
  readonly accept: string;
  readonly signal?: AbortSignal;
  /** Reads the answer. A stream calls `touch` with each part, so that a long download is not taken for silence. */
  take(response: Response, touch: () => void): Promise<Taken<Value>>;
}

export interface HttpClient {
  /** @throws TradeAiError of the kind `exchange`, `INTERRUPTED`, or what `take` refuses with */
  get<Value>(request: HttpGet<Value>): Promise<Value>;
}

const DEFAULT_TIMEOUT_MS = 15_000;

export function createHttpClient({
  host,
  budget,
  fetch: fetchUrl = fetch,
  sleep = sleepFor,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: HttpClientOptions): HttpClient {
  function get<Value>(request: HttpGet<Value>): Promise<Value> {
    const { weight, subject, signal } = request;
    return attempt({ budget, weight, subject, sleep, signal, tryOnce: () => tryOnce(request) });
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
        commandHint: 'check the network, or use candles from a file with --data FILE',
        cause,
      });
      return { error, mayRetry: true };
    } finally {
      clearTimeout(timer);
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
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url !== undefined && isHttp && url.username === '' && url.password === '') return url;
  // What it was is not repeated: it can hold a password.
  const part = isHttp ? 'without user and password' : 'of the exchange';
  throw new TradeAiError('USAGE', `${variable}: expected an http or https URL ${part}`, {
    hint: `correct ${variable}`,
  });
}

/** Node puts the reason, such as ECONNREFUSED, in the cause of `fetch failed`. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  const { code = cause.message } = cause as NodeJS.ErrnoException;
  return Object.hasOwn(REASON_TEXTS, code) ? `${REASON_TEXTS[code]} (${code})` : code;
}

const REASON_TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up now',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_SOCKET: 'the connection was cut',
};
