/**
 * Which addresses a webhook may reach. A name is resolved once, every address it has is looked at, and the connection
 * goes to the address that was looked at, so that a name cannot become another one in between.
 */

import ipaddr from 'ipaddr.js';
import { TradeAiError } from '../../core/errors.js';

/** Resolves a name to all of its addresses. */
export type Lookup = (hostname: string) => Promise<readonly string[]>;

const PUBLIC_RANGES = new Set(['unicast']);
/** Of a home or an office, when the configuration allows them. Link-local ones never: clouds keep their keys there. */
const PRIVATE_RANGES = new Set(['unicast', 'private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);
/** IPv6 networks that lead to IPv4 addresses and that ipaddr.js counts as ordinary ones. */
const IPV4_CARRIERS = ['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32'].map((range) =>
  ipaddr.IPv6.parseCIDR(range),
);

/**
 * Where clouds keep the keys of a machine, outside of the link-local range: Alibaba, the agent of Azure, Oracle; AWS, Google,
 * Scaleway and Oracle again. Some lie in networks that `allowPrivate` opens, that of Azure is a public address.
 */
const CLOUD_METADATA = [
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  'fd00:ec2::/32',
  'fd20:ce::/32',
  'fd00:42::42/128',
  'fd00:c1::a9fe:a9fe/128',
].map((range) => ipaddr.parseCIDR(range));

/** @example isAddressAllowed('169.254.169.254', true) // false */
export function isAddressAllowed(address: string, allowPrivate: boolean): boolean {
  if (!ipaddr.isValid(address)) return false;
  // An IPv4 address in IPv6 clothes is judged as what it is.
  const parsed = ipaddr.process(address);
  const ranges = allowPrivate ? PRIVATE_RANGES : PUBLIC_RANGES;
  if (!ranges.has(parsed.range()) || CLOUD_METADATA.some((range) => isWithin(parsed, range))) return false;
  if (parsed instanceof ipaddr.IPv4) return true;
  return parsed.range() === 'loopback' || !IPV4_CARRIERS.some((range) => parsed.match(range));
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, [network, bits]: [ipaddr.IPv4 | ipaddr.IPv6, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

/**
 * Reads the address of a webhook; every spelling of a number becomes the usual one.
 *
 * @throws TradeAiError `CONFIG_INVALID` for another scheme than http and https, or a user in the address
 */
export function parseWebhookUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new TradeAiError('CONFIG_INVALID', 'webhook: expected an http or https address, it cannot be read', {
      cause,
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TradeAiError('CONFIG_INVALID', `webhook: expected http or https, it was ${url.protocol}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new TradeAiError('CONFIG_INVALID', `webhook ${url.host}: expected an address without user and password`, {
      hint: 'the signature of the body (secretEnv) says who sent it',
    });
  }
  return url;
}

/**
 * Resolves the host of `url` and looks at all of its addresses.
 *
 * @returns the address to connect to
 * @throws TradeAiError `EXCHANGE_REFUSED` when one of them is not allowed, `EXCHANGE_UNREACHABLE` when there is none
 */
export async function resolveTarget(url: URL, allowPrivate: boolean, lookup: Lookup): Promise<string> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = ipaddr.isValid(host) ? [host] : await lookup(host);
  if (addresses.length === 0) throw new TradeAiError('EXCHANGE_UNREACHABLE', `webhook ${url.host}: no address`);
  const refused = addresses.find((address) => !isAddressAllowed(address, allowPrivate));
  if (refused !== undefined) {
    throw new TradeAiError('EXCHANGE_REFUSED', `webhook ${url.host}: its address is not allowed`, {
      hint: 'set allowPrivate for a target in your own network; link-local addresses and those where clouds keep their keys are never allowed',
    });
  }
  return addresses[0];
}
