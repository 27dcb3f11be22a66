/**
 * What stands before every route, also before those that do not exist: rate, Host, Origin, token, media type, in this order.
 * A route is open to everybody only when it says so itself (`config: { isPublic: true }`).
 */

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createBearerCheck } from './access-token.js';
import type { NameClient, RateLimit } from './clients.js';
import { createHostCheck, readTarget } from './host-allow-list.js';
import { HttpError } from './http-error.js';
import { DATA_HEADERS } from './security-headers.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a token: health and static files. */
    isPublic?: boolean;
    /** Counts as no request of its client: health, which orchestrators ask for, whoever else speaks from their address. */
    isUncounted?: boolean;
  }
}

export interface GuardOptions {
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly token: string | undefined;
  readonly isDraining: () => boolean;
  /** Of an address that others can reach. */
  readonly rateLimit: RateLimit | undefined;
  readonly nameClient: NameClient;
}

const SAFE_METHODS = new Set(['GET', 'HEAD']);
/** Exactly these spellings: what looks at media types loosely can be led past its own checks (CVE-2026-25223). */
const JSON_TYPES = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json;charset=utf-8',
  'application/json;charset=UTF-8',
]);
/** What a browser calls a request that another page made. */
const FOREIGN_SITES = new Set(['cross-site', 'same-site']);
const RETRY_SECONDS = '5';
const POISONED_KEY = /(?:^|[&?])(?:__proto__|constructor|prototype)(?:[=&[.]|$)/;

export function addGuard(app: FastifyInstance, options: GuardOptions): void {
  const isHostAllowed = createHostCheck(options.host, options.allowedHosts);
  const isAuthorised = createBearerCheck(options.token);

  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(DATA_HEADERS);
    done(findObjection(request, reply));
  });

  function findObjection(request: FastifyRequest, reply: FastifyReply): Error | undefined {
    const { headers, method } = request.raw;
    const { isPublic, isUncounted } = request.routeOptions.config;
    if (options.isDraining() && !isPublic) {
      reply.headers({ 'retry-after': RETRY_SECONDS, connection: 'close' });
      return new HttpError('SHUTTING_DOWN', 'the server is stopping', 'ask again in a few seconds');
    }
    const waitSeconds = isUncounted ? 0 : countRequest(request.ip);
    if (waitSeconds > 0) {
      reply.header('retry-after', String(waitSeconds));
      return new HttpError('REQUESTS_TOO_MANY', 'too many requests of one client', `ask again in ${waitSeconds} s`);
    }
    const hostCount = countHosts(request.raw);
    if (hostCount > 1 || (hostCount === 0 && request.raw.httpVersion === '1.1')) {
      reply.header('connection', 'close');
      return new HttpError('REQUEST_INVALID', `expected one header Host, there were ${hostCount}`);
    }
    const { authority } = readTarget(request.originalUrl);
    if (!isServed(headers.host) || (authority !== undefined && !isServed(authority))) {
      return new HttpError('HOST_REFUSED', 'this Host is not served', 'add the name to serve.allowedHosts');
    }
    if (headers.origin !== undefined && !isSameOrigin(headers.origin, authority ?? headers.host!)) {
      return new HttpError('ORIGIN_REFUSED', 'requests of other pages are refused');
    }
    if (!isPublic) {
      if (FOREIGN_SITES.has(headers['sec-fetch-site'] as string)) {
        return new HttpError('ORIGIN_REFUSED', 'requests of other pages are refused');
      }
      if (!isAuthorised(headers.authorization)) {
        reply.header('www-authenticate', 'Bearer');
        return new HttpError('TOKEN_REQUIRED', 'a token is required', 'send the header Authorization: Bearer TOKEN');
      }
    }
    if (!SAFE_METHODS.has(method!) && !JSON_TYPES.has(headers['content-type'] ?? '')) {
      return new HttpError('MEDIA_TYPE_REFUSED', 'expected the header content-type: application/json');
    }
    if (POISONED_KEY.test(request.raw.url!))
      return new HttpError('REQUEST_INVALID', 'a parameter has a forbidden name');
    return undefined;
  }

  function countRequest(address: string): number {
    const client = options.rateLimit === undefined ? undefined : options.nameClient(address);
    return client === undefined ? 0 : options.rateLimit!(client);
  }

  function isServed(host: string | undefined): boolean {
    return host !== undefined && isHostAllowed(host);
  }
}

/** Node keeps the first of several. */
function countHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i].toLowerCase() === 'host') count += 1;
  return count;
}

/** The scheme is left aside: behind a proxy that speaks TLS only the host is the same. */
function isSameOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}
