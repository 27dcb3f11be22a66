/** Requests to Binance: time-outs, retries, and the limit of request weight. */

import { setTimeout as delay } from 'node:timers/promises';
import { TradeAiError, throwIfAborted } from '../../core/errors.js';
import { parseServerTime } from './parse.js';
import { RETRY_AFTER_HEADER, TIME_PATH, USED_WEIGHT_HEADER, WEIGHT_PER_MINUTE } from './protocol.js';
import { judgeRefusal, type Reply } from './refusal.js';

export interface BinanceClientOptions {
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
  /** UTC milliseconds. */
  readonly now?: () => number;
  /** Waits; rejects when the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Told about waits and retries, for the user. */
  readonly log?: (message: string) => void;
  readonly timeoutMs?: number;
}

export type QueryParameters = Readonly<Record<string, string | number>>;

export interface BinanceClient {
  readonly host: string;
  /**
   * The JSON value of a GET request. A network failure, 429 and 5xx are tried again, a bounded number of times.
   *
   * @throws TradeAiError of the kind `exchange`, `SYMBOL_UNKNOWN`, `INTERRUPTED`
   */
  getJson(path: string, parameters: QueryParameters, signal?: AbortSignal): Promise<unknown>;
  /** The exchange's clock, UTC milliseconds. */
  getServerTimeMs(signal?: AbortSignal): Promise<number>;
}

const ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 500;
const DEFAULT_TIMEOUT_MS = 15_000;
/** Other programs on this address share the limit, so some of it is left. */
const WEIGHT_SHARE_LIMIT = 0.8;
const MINUTE_MS = 60_000;
/** How far this computer's minute may begin before the exchange's. */
const CLOCK_TOLERANCE_MS = 1000;
const CLOCK_WARNING_MS = 5000;

/** @throws TradeAiError `USAGE` when the base URL is none */
export function createBinanceClient({
  baseUrl,
  fetch: fetchUrl = fetch,
  now = Date.now,
  sleep = sleepFor,
  log = () => {},
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: BinanceClientOptions): BinanceClient {
  const base = parseBaseUrl(baseUrl);
  const host = base.host;
  /** The last answer's count of request weight, and the minute it was given in. */
  let used = { weight: 0, minute: 0 };

  async function getJson(path: string, parameters: QueryParameters, signal?: AbortSignal): Promise<unknown> {
    const url = new URL(base.pathname.replace(/\/$/, '') + path, base);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(signal);
      await restNearLimit(signal);
      const outcome = await tryOnce(url, signal);
      if ('json' in outcome) return outcome.json;
      if (!outcome.mayRetry || attempt === ATTEMPTS) throw outcome.error;
      const waitMs = outcome.waitMs ?? backoffMs(attempt);
      log(`${outcome.error.message}; trying again in ${(waitMs / 1000).toFixed(1)} s (${attempt} of ${ATTEMPTS - 1})`);
      await pause(waitMs, signal);
    }
  }

  async function tryOnce(url: URL, signal: AbortSignal | undefined) {
    const timeout = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let text: string;
    try {
      const combined = signal ? AbortSignal.any([signal, timeout]) : timeout;
      response = await fetchUrl(url, { signal: combined, headers: { accept: 'application/json' } });
      text = await response.text();
    } catch (cause) {
      throwIfAborted(signal);
      const reason = timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : networkReason(cause);
      const error = new TradeAiError('EXCHANGE_UNREACHABLE', `cannot reach ${host}: ${reason}`, {
        hint: 'check the network, or use candles from a file with --data FILE',
        cause,
      });
      return { error, mayRetry: true, waitMs: undefined };
    }
    const reply = replyOf(response, text);
    used = { weight: Number(response.headers.get(USED_WEIGHT_HEADER) ?? 0), minute: minuteOf(now()) };
    if (response.ok && reply.json !== undefined) return { json: reply.json };
    return { waitMs: undefined, ...judgeRefusal(reply, host, now()) };
  }

  /** The count starts anew with each minute of the exchange's clock. */
  async function restNearLimit(signal: AbortSignal | undefined): Promise<void> {
    const { weight, minute } = used;
    if (!(weight >= WEIGHT_SHARE_LIMIT * WEIGHT_PER_MINUTE) || minute !== minuteOf(now())) return;
    const waitMs = (minute + 1) * MINUTE_MS - now() + CLOCK_TOLERANCE_MS;
    log(`${weight} of ${WEIGHT_PER_MINUTE} request weight used; resting ${Math.ceil(waitMs / 1000)} s`);
    await pause(waitMs, signal);
    used = { weight: 0, minute: 0 };
  }

  async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await sleep(ms, signal);
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    }
  }

  async function getServerTimeMs(signal?: AbortSignal): Promise<number> {
    const serverTimeMs = parseServerTime(await getJson(TIME_PATH, {}, signal));
    const offsetMs = now() - serverTimeMs;
    if (Math.abs(offsetMs) > CLOCK_WARNING_MS) {
      log(`the clock of this computer is ${(offsetMs / 1000).toFixed(1)} s off the exchange's; the exchange's is used`);
    }
    return serverTimeMs;
  }

  return { host, getJson, getServerTimeMs };
}

function minuteOf(timeMs: number): number {
  return Math.floor(timeMs / MINUTE_MS);
}

function parseBaseUrl(baseUrl: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new TradeAiError('USAGE', `expected an http or https URL of the exchange, was ${JSON.stringify(baseUrl)}`, {
    hint: 'correct TRADEAI_BINANCE_URL',
  });
}

function replyOf(response: Response, text: string): Reply {
  const seconds = Number(response.headers.get(RETRY_AFTER_HEADER) ?? Number.NaN);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, json, text, retryAfterMs: seconds >= 0 ? seconds * 1000 : undefined };
}

/** Doubles with each attempt, half of it random so that several clients do not come back at the same moment. */
function backoffMs(attempt: number): number {
  return FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
}

/** Node puts the reason, such as ECONNREFUSED, in the cause of `fetch failed`. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);
}

async function sleepFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal });
}
