/**
 * Binance's spot market data over REST: paths, parameters, weights, error bodies
 * (https://developers.binance.com/docs/binance-spot-api-docs/rest-api).
 */

import { INTERVAL_MS } from '../../src/market/interval.js';
import { describeExchange } from './exchange-info.js';
import type { ExchangeRequest, Fault } from './faults.js';
import { type Answer, jsonAnswer } from './http.js';
import type { Kline } from './kline.js';
import type { Market } from './market.js';
import type { Charge } from './weight.js';

const WEIGHTS: Readonly<Record<string, number>> = {
  '/api/v3/ping': 1,
  '/api/v3/time': 1,
  '/api/v3/klines': 2,
  '/api/v3/exchangeInfo': 20,
};
const DEFAULT_LIMIT = 500;
const MAXIMUM_LIMIT = 1000;
const SYMBOL_PATTERN = '^[A-Z0-9-_.]{1,20}$';
/** Since October 2025 symbols may be Chinese: https://github.com/binance/binance-public-data/pull/441 */
const SYMBOL = /^[A-Z0-9\p{Script=Han}_.-]{1,20}$/u;
const TIME_PATTERN = '^[0-9]{1,20}$';

export interface RestState {
  readonly market: Market;
  readonly nowMs: number;
  readonly weightPerMinute: number;
  /** `X-MBX-TIME-UNIT: MICROSECOND` was sent. */
  readonly isMicroseconds: boolean;
}

/** Request weight of a path; 1 for one there is none of. */
export function weightOf(path: string): number {
  return WEIGHTS[path] ?? 1;
}

/** What a request over the limit is told. */
export function refuseForWeight({ status, retryAfterS, bannedUntilMs }: Charge, weightPerMinute: number): Answer {
  const msg =
    status === 429
      ? `Too much request weight used; current limit is ${weightPerMinute} request weight per 1 MINUTE. Please use ` +
        'WebSocket Streams for live updates to avoid polling the API.'
      : `Way too much request weight used; IP banned until ${bannedUntilMs}. Please use WebSocket Streams for live ` +
        'updates to avoid bans.';
  return jsonAnswer(status, { code: -1003, msg }, { 'retry-after': String(retryAfterS) });
}

/** The answer to a GET request; page, row and clock faults change what it says. */
export function answerRest({ path, query }: ExchangeRequest, state: RestState, fault: Fault | undefined): Answer {
  const serverTimeMs = state.nowMs + (fault?.kind === 'clock' ? fault.offsetMs : 0);
  switch (path) {
    case '/api/v3/ping':
      return jsonAnswer(200, {});
    case '/api/v3/time':
      return jsonAnswer(200, { serverTime: serverTimeMs });
    case '/api/v3/exchangeInfo':
      return answerExchangeInfo(query, state, serverTimeMs);
    case '/api/v3/klines':
      return answerKlines(query, state, fault);
    default:
      return { status: 404, headers: { 'content-type': 'text/html' }, body: '<html><h2>404 Not found</h2></html>' };
  }
}

function answerExchangeInfo(query: ExchangeRequest['query'], state: RestState, serverTimeMs: number): Answer {
  const asked = query.symbols === undefined ? query.symbol && [query.symbol] : JSON.parse(query.symbols);
  const { market, weightPerMinute } = state;
  if (asked?.some((symbol: string) => !market.symbols.includes(symbol))) return refuse(-1121, 'Invalid symbol.');
  return jsonAnswer(200, describeExchange({ symbols: asked || market.symbols, serverTimeMs, weightPerMinute }));
}

function answerKlines(query: ExchangeRequest['query'], state: RestState, fault: Fault | undefined): Answer {
  const { market, nowMs, isMicroseconds } = state;
  const { symbol = '', interval = '', startTime, endTime, limit = String(DEFAULT_LIMIT) } = query;
  if (symbol === '') return refuseMissing('symbol');
  if (!SYMBOL.test(symbol)) return refuseCharacters('symbol', SYMBOL_PATTERN);
  if (!market.symbols.includes(symbol)) return refuse(-1121, 'Invalid symbol.');
  if (interval === '') return refuseMissing('interval');
  if (!Object.hasOwn(INTERVAL_MS, interval)) return refuse(-1120, 'Invalid interval.');
  for (const [name, value] of Object.entries({ startTime, endTime, limit })) {
    if (value !== undefined && !new RegExp(TIME_PATTERN).test(value)) return refuseCharacters(name, TIME_PATTERN);
  }
  const page = fault?.kind === 'page' ? fault : undefined;
  const range = {
    fromMs: page?.startTime ?? (startTime === undefined ? undefined : inMilliseconds(Number(startTime))),
    toMs: endTime === undefined ? undefined : inMilliseconds(Number(endTime)),
    limit: page?.maxRows ?? Math.min(MAXIMUM_LIMIT, Number(limit)),
  };
  const rows = market.klines(symbol, interval, range, nowMs);
  const told = fault?.kind === 'rows' ? fault.edit(rows) : rows;
  return jsonAnswer(200, isMicroseconds ? told.map(inMicroseconds) : told);
}

/** A kline with its two times in microseconds, its last one being …999. */
export function inMicroseconds(kline: Kline): Kline {
  const [openTimeMs, ...rest] = kline;
  return [(openTimeMs as number) * 1000, ...rest.slice(0, 5), ((rest[5] as number) + 1) * 1000 - 1, ...rest.slice(6)];
}

/** Parameters may be in either unit; 16 digits are microseconds. */
function inMilliseconds(time: number): number {
  return time >= 1e14 ? Math.floor(time / 1000) : time;
}

function refuse(code: number, msg: string): Answer {
  return jsonAnswer(400, { code, msg });
}

function refuseMissing(name: string): Answer {
  return refuse(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
}

function refuseCharacters(name: string, range: string): Answer {
  return refuse(-1100, `Illegal characters found in parameter '${name}'; legal range is '${range}'.`);
}
