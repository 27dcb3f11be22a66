/** Who is at the other end of a connection, as far as limits go. */

import ipaddr from 'ipaddr.js';

/** Bytes of an IPv6 address that its owner does not choose: a household has at least a /64. */
const IPV6_NETWORK_BYTES = 8;

/**
 * The client that an address belongs to; `undefined` for this machine, whose proxy speaks for many.
 *
 * @example clientOf('::ffff:192.0.2.7') // '192.0.2.7'
 */
export function clientOf(address: string): string | undefined {
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'loopback') return undefined;
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return parsed.toByteArray().slice(0, IPV6_NETWORK_BYTES).join(':');
}

/** How many seconds the client has to wait; 0 when it may ask. */
export type RateLimit = (client: string) => number;

const WINDOW_MS = 60_000;

/** Counts requests by the minute. `readMs` is any clock that never goes back. */
export function createRateLimit(requestsPerMinute: number, readMs: () => number = () => performance.now()): RateLimit {
  let counts = new Map<string, number>();
  let endMs = readMs() + WINDOW_MS;
  return (client) => {
    const nowMs = readMs();
    if (nowMs >= endMs) {
      counts = new Map();
      endMs = nowMs + WINDOW_MS;
    }
    const count = (counts.get(client) ?? 0) + 1;
    counts.set(client, count);
    return count <= requestsPerMinute ? 0 : Math.ceil((endMs - nowMs) / 1_000);
  };
}
