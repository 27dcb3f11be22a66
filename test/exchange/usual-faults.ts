/** The faults that exchanges are known for, ready to be put into a script. */

import type { Fault } from './faults.js';
import type { Kline } from './kline.js';
import { inMicroseconds } from './rest.js';

/** 429; without seconds there is no `Retry-After`. */
export function tooManyRequests(retryAfterS?: number): Fault {
  const msg = 'Too much request weight used; current limit is 6000 request weight per 1 MINUTE.';
  return refusal(429, -1003, msg, retryAfterS);
}

/** 418, until a time in UTC milliseconds. */
export function banned(untilMs: number, retryAfterS?: number): Fault {
  const msg = `Way too much request weight used; IP banned until ${untilMs}. Please use WebSocket Streams for live updates to avoid bans.`;
  return refusal(418, -1003, msg, retryAfterS);
}

export function overloaded(status = 503): Fault {
  return refusal(
    status,
    -1008,
    'Server is currently overloaded with other requests. Please try again in a few minutes.',
  );
}

/** 403 of the firewall in front: a page, no JSON. */
export function firewallPage(): Fault {
  const body =
    '<html><head><title>403 Forbidden</title></head><body><h1>ERROR: The request could not be satisfied</h1>';
  return { kind: 'status', status: 403, body, headers: { 'content-type': 'text/html' } };
}

/** 451, as it is answered in countries the exchange does not serve. */
export function restrictedLocation(): Fault {
  const msg =
    "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms.";
  return refusal(451, 0, msg);
}

/** Rows in another order: every second one before its neighbour. */
export function reorderedRows(): Fault {
  return { kind: 'rows', edit: (rows) => rows.map((row, index) => rows[index ^ 1] ?? row) };
}

/** Every row twice. */
export function repeatedRows(): Fault {
  return { kind: 'rows', edit: (rows) => rows.flatMap((row) => [row, row]) };
}

/** A file whose rows are in milliseconds before `row` and in microseconds from there. */
export function unitSwitch(row: number): Fault {
  const isMilliseconds = (kline: Kline) => (kline[0] as number) < 1e14;
  const edit = (rows: readonly Kline[]) =>
    rows.map((kline, index) => (index >= row && isMilliseconds(kline) ? inMicroseconds(kline) : kline));
  return { kind: 'rows', edit };
}

/** For a `.CHECKSUM` file: the line of another zip. */
export function wrongChecksum(): Fault {
  return { kind: 'bytes', edit: (body) => Buffer.from(body.toString().replace(/^[0-9a-f]{8}/, '00000000')) };
}

/** One bit is not as it was sent. */
export function flippedBit(): Fault {
  const edit = (body: Buffer) => {
    const bytes = Buffer.from(body);
    bytes[bytes.length >> 1] ^= 1;
    return bytes;
  };
  return { kind: 'bytes', edit };
}

function refusal(status: number, code: number, msg: string, retryAfterS?: number): Fault {
  const headers = {
    'content-type': 'application/json;charset=UTF-8',
    ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
  };
  return { kind: 'status', status, body: JSON.stringify({ code, msg }), headers };
}
