/** What to do about an answer that is not 200. Pure. */

import { TradeAiError } from '../../core/errors.js';
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

export interface Refusal {
  /** How it ends when it is not, or no longer, tried again. */
  readonly error: TradeAiError;
  /** Whether the same request may succeed later. */
  readonly mayRetry: boolean;
  /** How long the exchange asks to wait; the caller's own back-off when absent. */
  readonly waitMs?: number;
}

/** A wait the exchange may ask for without the user being asked first. */
const LONGEST_WAIT_MS = 5 * 60_000;
/** The limit is per minute. */
const DEFAULT_LIMIT_WAIT_MS = 60_000;

/**
 * Judges a refusal: 429 and 5xx may be tried again, anything else may not. After 429 the exchange bans an address that
 * goes on (418), so a ban ends the work at once.
 */
export function judgeRefusal(reply: Reply, host: string, nowMs: number): Refusal {
  const { status } = reply;
  const details = parseErrorBody(reply.json);
  const said = details ? `${details.message} (${details.code})` : reply.text.replace(/\s+/g, ' ').trim().slice(0, 120);
  if (status === HTTP_STATUS.tooManyRequests) {
    const waitMs = reply.retryAfterMs ?? DEFAULT_LIMIT_WAIT_MS;
    const error = new TradeAiError('EXCHANGE_REFUSED', `${host} refuses further requests for now: ${said}`, {
      hint: `wait ${Math.ceil(waitMs / 1000)} s; other programs on this address use the same limit`,
    });
    return { error, mayRetry: waitMs <= LONGEST_WAIT_MS, waitMs };
  }
  if (status === HTTP_STATUS.bannedAddress) return { error: banError(reply, host, nowMs), mayRetry: false };
  if (status === HTTP_STATUS.restrictedLocation) {
    const error = new TradeAiError('EXCHANGE_RESTRICTED', `${host} does not serve this location: ${said}`, {
      hint: `use TRADEAI_BINANCE_URL=${BINANCE_DATA_URL}, or candles from a file with --data FILE`,
    });
    return { error, mayRetry: false };
  }
  if (status >= 500) {
    const error = new TradeAiError('EXCHANGE_UNREACHABLE', `${host} answered ${status}: ${said}`, {
      hint: 'try again in a few minutes',
    });
    return { error, mayRetry: true };
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
    `expected JSON of ${host}, was status ${status}: ${said}`,
    {
      hint:
        status === HTTP_STATUS.forbidden
          ? 'its firewall blocks this address; wait some minutes, or use another network'
          : 'check TRADEAI_BINANCE_URL',
    },
  );
  return { error, mayRetry: false };
}

function banError(reply: Reply, host: string, nowMs: number): TradeAiError {
  const stated = /banned until (\d{13})/.exec(parseErrorBody(reply.json)?.message ?? '')?.[1];
  const untilMs = stated ? Number(stated) : reply.retryAfterMs === undefined ? undefined : nowMs + reply.retryAfterMs;
  const until = untilMs === undefined ? '' : ` until ${new Date(untilMs).toISOString()}`;
  return new TradeAiError('EXCHANGE_BANNED', `${host} has banned this address${until}`, {
    hint: 'make no requests before then: each one lengthens the ban; use candles from a file with --data FILE',
  });
}
