/** Calls through ccxt: time-outs, retries, waits that can be aborted. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { TradeAiError } from '../../core/errors.js';
import type { TakeNote } from '../../ports/note.js';
import { attempt, sleepFor, type Taken } from '../http/attempts.js';
import type { Subject } from '../http/host-outage.js';
import { parseBaseUrl, readRetryAfterMs } from '../http/http-client.js';
import { openRequestBudget } from '../http/request-budget.js';
import { type CcxtExchange, openCcxtExchange } from './exchange.js';
import { judgeFailure, judgeOtherContent, type LastReply } from './failure.js';

export interface CcxtClientOptions {
  /** ccxt's name of the exchange, such as `kraken`. */
  readonly exchangeId: string;
  /** Takes the place of the exchange's own host: a mirror, a proxy, or a test's exchange. */
  readonly baseUrl?: string;
  /** The package that is loaded. */
  readonly packageName?: string;
  /** UTC milliseconds. */
  readonly now?: () => number;
  /** Waits; rejects when the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Told about waits and retries, for the user. */
  readonly log?: TakeNote;
  readonly timeoutMs?: number;
  /** Where processes share what the exchange asks of this address, a pause or a ban; kept by this client alone when absent. */
  readonly stateFolder?: string;
  /** Leaves the time between requests that ccxt knows the exchange to want; an exchange of one's own wants none. */
  readonly isThrottled?: boolean;
}

export interface CcxtClient {
  readonly exchange: CcxtExchange;
  /**
   * What `run` gives. A network failure, a rate limit and 5xx are tried again, a bounded number of times.
   *
   * @throws TradeAiError of the kind `exchange`, `SYMBOL_UNKNOWN`, `INTERRUPTED`
   */
  call<Result>(run: (exchange: CcxtExchange) => Promise<Result>, ask: CcxtAsk): Promise<Result>;
}

/** What is asked for, and by whom. */
export interface CcxtAsk extends Subject {
  readonly signal?: AbortSignal;
}

/** What one call has seen of the wire. Calls of several symbols may run at the same time. */
interface Call {
  readonly signal: AbortSignal | undefined;
  reply?: LastReply & { readonly isJson: boolean };
}

const DEFAULT_TIMEOUT_MS = 15_000;

/** @throws TradeAiError `SOURCE_UNAVAILABLE`, `USAGE` */
export async function openCcxtClient({
  exchangeId,
  baseUrl,
  packageName,
  now = Date.now,
  sleep = sleepFor,
  log = () => {},
  timeoutMs = DEFAULT_TIMEOUT_MS,
  stateFolder,
  isThrottled = true,
}: CcxtClientOptions): Promise<CcxtClient> {
  const base = baseUrl === undefined ? undefined : parseBaseUrl(baseUrl, 'TRADEAI_CCXT_URL');
  const host = base?.host ?? `ccxt-${exchangeId}`;
  const budget = openRequestBudget({ host, stateFolder, now, sleep, log });
  const calls = new AsyncLocalStorage<Call>();

  /** ccxt's time-out covers the headers only; the body is read here, so that it covers a slow body as well. */
  async function fetchThrough(address: string, init: RequestInit): Promise<Response> {
    const call = calls.getStore();
    const signals = [init.signal, call?.signal].filter((signal) => signal != null);
    const { method, headers, body } = init;
    const response = await fetch(moveTo(base, address), {
      method,
      headers,
      body,
      redirect: 'error',
      signal: AbortSignal.any(signals),
    });
    const text = await response.text();
    if (call) {
      const retryAfterMs = readRetryAfterMs(response, now());
      call.reply = { status: response.status, retryAfterMs, isJson: isJson(text) };
    }
    return new Response(text, {
      status: response.status,
      statusText: response.statusText,
      headers: plainHeaders(response.headers),
    });
  }

  const exchange = await openCcxtExchange(
    exchangeId,
    { timeout: timeoutMs, enableRateLimit: isThrottled, fetchImplementation: fetchThrough },
    { packageName },
  );

  function call<Result>(
    run: (exchange: CcxtExchange) => Promise<Result>,
    { signal, ...subject }: CcxtAsk,
  ): Promise<Result> {
    // ccxt's throttler keeps the pace; the budget knows of pauses and bans, and of those other processes met.
    return attempt({ budget, weight: 0, subject, sleep, signal, tryOnce: () => tryOnce(run, signal) });
  }

  async function tryOnce<Result>(
    run: (exchange: CcxtExchange) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Taken<Result>> {
    const state: Call = { signal };
    try {
      const value = await calls.run(state, () => untilAborted(run(exchange), signal));
      // ccxt takes a page of a proxy for an answer without candles.
      return state.reply?.isJson === false ? judgeOtherContent(exchangeId) : { value };
    } catch (cause) {
      return judgeFailure(cause, state.reply, exchangeId, now());
    }
  }

  return { exchange, call };
}

/** The same path and query, at the base. */
function moveTo(base: URL | undefined, address: string): URL {
  const url = new URL(address);
  return base === undefined ? url : new URL(base.pathname.replace(/\/$/, '') + url.pathname + url.search, base);
}

/** Without those of the transfer, which is over: the text is whole and unpacked. */
function plainHeaders(headers: Headers): Headers {
  const plain = new Headers(headers);
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) plain.delete(name);
  return plain;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** ccxt's throttler does not know of signals. */
async function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new TradeAiError('INTERRUPTED', 'interrupted'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
