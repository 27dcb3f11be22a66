/** What to do about a call that ccxt could not finish. Pure. */

import { type ErrorCode, TradeAiError } from '../../core/errors.js';
import type { Refusal } from '../http/attempts.js';
import { bannedError, LONGEST_WAIT_MS } from '../http/request-budget.js';

/** What the wire said last, which ccxt's errors do not keep. */
export interface LastReply {
  readonly status: number;
  /** The `Retry-After` header, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** A limit that is broken without a word on how long. */
const DEFAULT_LIMIT_WAIT_MS = 30_000;
/** A ban without a word on how long, and the longest there is. */
const DEFAULT_BAN_MS = 2 * 60_000;
const LONGEST_BAN_MS = 3 * 86_400_000;
const OTHER_WAY = 'or use candles from a file with --data FILE';

/**
 * Judges what ccxt threw: network failures, 5xx and rate limits may be tried again, anything else may not. What the
 * exchange wants of all who ask it stands in `news`.
 *
 * @param reply the last answer of the exchange, if there was one
 */
export function judgeFailure(cause: unknown, reply: LastReply | undefined, id: string, nowMs: number): Refusal {
  const status = reply?.status ?? 0;
  const said = describe(cause);
  const classes = classesOf(cause);
  const isA = (name: string) => classes.includes(name);
  const end = (code: ErrorCode, message: string, commandHint: string): Refusal => ({
    error: new TradeAiError(code, message, { commandHint, cause }),
    mayRetry: false,
  });
  if (status === 418) {
    const statedMs = reply?.retryAfterMs === undefined ? undefined : nowMs + reply.retryAfterMs;
    const bannedUntilMs = Math.min(statedMs ?? nowMs + DEFAULT_BAN_MS, nowMs + LONGEST_BAN_MS);
    return { error: bannedError(id, statedMs), mayRetry: false, news: { bannedUntilMs } };
  }
  if (status === 451 || isA('RestrictedLocation')) {
    const hint = `use another exchange, ${OTHER_WAY}`;
    return end('EXCHANGE_RESTRICTED', `${id} does not serve this location: ${said}`, hint);
  }
  if (status === 403) {
    const hint = `its firewall blocks this address; wait some minutes, use another network, ${OTHER_WAY}`;
    return end('EXCHANGE_REFUSED', `${id} answered 403: ${said}`, hint);
  }
  if (status === 429 || isA('RateLimitExceeded') || isA('DDoSProtection')) {
    const waitMs = Math.min(reply?.retryAfterMs ?? DEFAULT_LIMIT_WAIT_MS, LONGEST_BAN_MS);
    const hint = `wait ${Math.ceil(waitMs / 1000)} s; other programs on this address use the same limit`;
    const { error } = end('EXCHANGE_REFUSED', `${id} refuses further requests for now: ${said}`, hint);
    return { error, mayRetry: waitMs <= LONGEST_WAIT_MS, news: { pausedUntilMs: nowMs + waitMs } };
  }
  if (isA('BadSymbol')) return end('SYMBOL_UNKNOWN', `${id}: ${said}`, 'symbols are written as BTC-USDT or BTCUSDT');
  if (isA('AuthenticationError')) {
    return end('EXCHANGE_REFUSED', `${id} wants a key for its candles: ${said}`, `use another exchange, ${OTHER_WAY}`);
  }
  if (status >= 500 || isA('NetworkError')) {
    const hint = `check the network, try again in a few minutes, ${OTHER_WAY}`;
    return { ...end('EXCHANGE_UNREACHABLE', `cannot reach ${id}: ${said}`, hint), mayRetry: true };
  }
  if (isA('ExchangeError')) {
    return end('EXCHANGE_REFUSED', `${id} refused the request: ${said}`, `check symbol and interval, ${OTHER_WAY}`);
  }
  const hint = `try again later, ${OTHER_WAY}`;
  return end('EXCHANGE_RESPONSE_INVALID', `${id} answered what ccxt cannot read: ${said}`, hint);
}

/** An answer that is no JSON at all: a page of a proxy, or a body that ends too early. */
export function judgeOtherContent(id: string): Refusal {
  const error = new TradeAiError('EXCHANGE_RESPONSE_INVALID', `expected JSON of ${id}, was something else`, {
    commandHint: `check the network and TRADEAI_CCXT_URL, ${OTHER_WAY}`,
  });
  return { error, mayRetry: true };
}

/** ccxt's kinds of errors are classes, the more special below the more general. */
function classesOf(error: unknown): string[] {
  const names: string[] = [];
  for (let prototype = Object.getPrototypeOf(error ?? {}); prototype; prototype = Object.getPrototypeOf(prototype)) {
    names.push(prototype.constructor?.name ?? '');
  }
  return names;
}

/** ccxt puts the whole answer into its messages. */
function describe(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/\s+/g, ' ').trim().slice(0, 200);
}
