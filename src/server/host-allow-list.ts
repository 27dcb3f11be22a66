/**
 * Which `Host` headers are answered. A page that rebinds its name to 127.0.0.1 sends requests without an Origin, as if
 * they were its own; only the name in `Host` gives it away.
 */

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const WILDCARDS = ['0.0.0.0', '::', '[::]'];
/** Name or bracketed address, then a port at most. */
const HOST_PATTERN = /^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?$/;
const ABSOLUTE_TARGET = /^https?:\/\/([^/?#]*)(.*)$/i;

/** The loopback names, the address that is listened on, and those of the configuration; with any port. */
export function createHostCheck(host: string, allowedHosts: readonly string[]): (header: string) => boolean {
  const own = WILDCARDS.includes(host) ? [] : [host];
  const names = new Set([...LOOPBACK_NAMES, ...own, ...allowedHosts].map(normaliseName));
  const cache = new Set<string>();
  return (header) => {
    if (cache.has(header)) return true;
    const name = HOST_PATTERN.exec(header)?.[1];
    if (name === undefined || !names.has(name.toLowerCase())) return false;
    // A caller cannot fill it: a name has no more ports than these.
    if (cache.size < 64) cache.add(header);
    return true;
  };
}

/**
 * Takes the target of a request apart: proxies are asked for whole addresses, `http://name:port/path`, and every server has
 * to understand them.
 *
 * @example readTarget('http://localhost:8080/docs') // { authority: 'localhost:8080', path: '/docs' }
 */
export function readTarget(target: string): { authority: string | undefined; path: string } {
  const [, authority, path] = ABSOLUTE_TARGET.exec(target) ?? [];
  if (authority === undefined) return { authority, path: target };
  return { authority, path: path.startsWith('/') ? path : `/${path}` };
}

/** Whether the address can be reached from this machine only. */
export function isLoopbackHost(host: string): boolean {
  const name = normaliseName(host);
  return LOOPBACK_NAMES.includes(name) || /^127(\.\d{1,3}){3}$/.test(name);
}

function normaliseName(name: string): string {
  const lower = name.toLowerCase();
  return lower.includes(':') && !lower.startsWith('[') ? `[${lower}]` : lower;
}
