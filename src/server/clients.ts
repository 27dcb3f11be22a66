/** Who is at the other end of a connection, as far as limits go. */

import ipaddr from 'ipaddr.js';

/** Bytes of an IPv6 address that its owner does not choose: a household has at least a /64. */
const IPV6_NETWORK_BYTES = 8;

/** The client that an address belongs to; `undefined` for one that speaks for many: no limit of a client is its. */
export type NameClient = (address: string) => string | undefined;

/**
 * Tells clients apart. This machine, whose proxy speaks for many, is none, nor are trusted proxies elsewhere.
 *
 * @param trustedProxies addresses, and networks as `10.0.0.0/8`
 * @example createClientNames([])('::ffff:192.0.2.7') // '192.0.2.7'
 */
export function createClientNames(trustedProxies: readonly string[]): NameClient {
  const trusted = trustedProxies.map((text) => ipaddr.parseCIDR(isNetwork(text) ? text : asNetwork(text)));
  return (address) => {
    const parsed = ipaddr.process(address);
    if (parsed.range() === 'loopback') return undefined;
    if (trusted.some((network) => network[0].kind() === parsed.kind() && parsed.match(network))) return undefined;
    if (parsed instanceof ipaddr.IPv4) return parsed.toString();
    return parsed.toByteArray().slice(0, IPV6_NETWORK_BYTES).join(':');
  };
}

function isNetwork(text: string): boolean {
  return text.includes('/');
}

function asNetwork(address: string): string {
  return `${address}/${ipaddr.parse(address).kind() === 'ipv4' ? 32 : 128}`;
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
