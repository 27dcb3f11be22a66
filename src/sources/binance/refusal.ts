/** What to do about an answer that is not 200. Pure. */

import { TradeAiError } from '../../core/errors.js';
import type { Refusal } from '../http/attempts.js';
import { bannedError, LONGEST_WAIT_MS } from '../http/request-budget.js';
import { parseErrorBody } from './parse.js';
import { BINANCE_DATA_URL, ERROR_CODE, HTTP_STATUS } from './protocol.js';

export interface Reply {
  readonly status: number;
  /** The body as JSON, or `undefined` when it is none. */
  readonly json: unknown;
  readonly text: string;
  /** The `Retry-After` header, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** What was asked for, and the variable that says of whom. */
export interface Expectation {
  readonly what: string;
  readonly variable: string;
}

/** The limit is per minute. */
const DEFAULT_LIMIT_WAIT_MS = 60_000;
/** The shortest and the longest ban; nothing asks for a longer silence. */
const SHORTEST_BAN_MS = 2 * 60_000;
const LONGEST_BAN_MS = 3 * 86_400_000;

/**
 * Judges a refusal: 429 and 5xx may be tried again, anything else may not. After 429 the exchange bans an address that
 * goes on (418), so a ban ends the work at once. What the host wants of all who ask it stands in `news`.
 */
export function judgeRefusal(
  reply: Reply,
  host: string,
  nowMs: number,
  expected: Expectation = { what: 'JSON', variable: 'TRADEAI_BINANCE_URL' },
): Refusal {
  const { status } = reply;
  const details = parseErrorBody(reply.json);
  const said = details ? `${details.message} (${details.code})` : reply.text.replace(/\s+/g, ' ').trim().slice(0, 120);
  if (status === HTTP_STATUS.tooManyRequests) {
    const waitMs = Math.min(reply.retryAfterMs ?? DEFAULT_LIMIT_WAIT_MS, LONGEST_BAN_MS);
    const error = new TradeAiError('EXCHANGE_REFUSED', `${host} refuses further requests for now: ${said}`, {
      hint: `wait ${Math.ceil(waitMs / 1000)} s; other programs on this address use the same limit`,
    });
    return { error, mayRetry: waitMs <= LONGEST_WAIT_MS, news: { pausedUntilMs: nowMs + waitMs } };
  }
  if (status === HTTP_STATUS.bannedAddress) return judgeBan(reply, host, nowMs);
  if (status === HTTP_STATUS.restrictedLocation) {
    const error = new TradeAiError('EXCHANGE_RESTRICTED', `${host} does not serve this location: ${said}`, {
      commandHint: `use TRADEAI_BINANCE_URL=${BINANCE_DATA_URL}, or candles from a file with --data FILE`,
    });
    return { error, mayRetry: false };
  }
  if (status >= 500) {
    const error = new TradeAiError('EXCHANGE_UNREACHABLE', `${host} answered ${status}: ${said}`, {
      hint: 'try again in a few minutes',
    });
    // Some servers that are overloaded say for how long.
    const news = reply.retryAfterMs
      ? { pausedUntilMs: nowMs + Math.min(reply.retryAfterMs, LONGEST_BAN_MS) }
      : undefined;
    return { error, mayRetry: true, news };
  }
  if (details?.code === ERROR_CODE.invalidSymbol || details?.code === ERROR_CODE.illegalCharacters) {
    return { error: new TradeAiError('SYMBOL_UNKNOWN', `${host}: ${said}`), mayRetry: false };
  }
  if (details) {
    const error = new TradeAiError('EXCHANGE_REFUSED', `${host} refused the request: ${said}`);
    return { error, mayRetry: false };
  }
  const error = new TradeAiError(
    'EXCHANGE_RESPONSE_INVALID',
    `expected ${expected.what} of ${host}, was status ${status}: ${said}`,
    {
      hint:
        status === HTTP_STATUS.forbidden
          ? 'its firewall blocks this address; wait some minutes, or use another network'
          : `check ${expected.variable}`,
    },
  );
  return { error, mayRetry: false };
}

function judgeBan(reply: Reply, host: string, nowMs: number): Refusal {
  const stated = /banned until (\d{13})/.exec(parseErrorBody(reply.json)?.message ?? '')?.[1];
  const statedMs = stated ? Number(stated) : reply.retryAfterMs === undefined ? undefined : nowMs + reply.retryAfterMs;
  const bannedUntilMs = Math.min(statedMs ?? nowMs + SHORTEST_BAN_MS, nowMs + LONGEST_BAN_MS);
  return { error: bannedError(host, statedMs), mayRetry: false, news: { bannedUntilMs } };
}
