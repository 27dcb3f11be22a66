/**
 * What stands before every route, also before those that do not exist: Host, Origin, token, media type, in this order.
 * A route is open to everybody only when it says so itself (`config: { isPublic: true }`).
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createTokenCheck } from './access-token.js';
import { createHostCheck } from './host-allow-list.js';
import { HttpError } from './http-error.js';
import { DATA_HEADERS } from './security-headers.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a token: health and static files. */
    isPublic?: boolean;
  }
}

export interface GuardOptions {
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly token: string | undefined;
  readonly isDraining: () => boolean;
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
const BEARER = 'Bearer ';
/** What a browser calls a request that another page made. */
const FOREIGN_SITES = new Set(['cross-site', 'same-site']);
const RETRY_SECONDS = '5';
const POISONED_KEY = /(?:^|[&?])(?:__proto__|constructor|prototype)(?:[=&[.]|$)/;

export function addGuard(app: FastifyInstance, options: GuardOptions): void {
  const isHostAllowed = createHostCheck(options.host, options.allowedHosts);
  const isToken = options.token === undefined ? undefined : createTokenCheck(options.token);

  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(DATA_HEADERS);
    done(findObjection(request, reply));
  });

  function findObjection(request: FastifyRequest, reply: FastifyReply): Error | undefined {
    const { headers, method } = request.raw;
    const isPublic = request.routeOptions.config.isPublic === true;
    if (options.isDraining() && !isPublic) {
      reply.headers({ 'retry-after': RETRY_SECONDS, connection: 'close' });
      return new HttpError('SHUTTING_DOWN', 'the server is stopping', 'ask again in a few seconds');
    }
    if (headers.host === undefined || !isHostAllowed(headers.host)) {
      return new HttpError('HOST_REFUSED', 'this Host is not served', 'add the name to serve.allowedHosts');
    }
    if (headers.origin !== undefined && !isSameOrigin(headers.origin, headers.host)) {
      return new HttpError('ORIGIN_REFUSED', 'requests of other pages are refused');
    }
    if (!isPublic) {
      if (FOREIGN_SITES.has(headers['sec-fetch-site'] as string)) {
        return new HttpError('ORIGIN_REFUSED', 'requests of other pages are refused');
      }
      if (isToken !== undefined && !isAuthorised(headers.authorization, isToken)) {
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
}

function isAuthorised(header: string | undefined, isToken: (given: string) => boolean): boolean {
  return header?.startsWith(BEARER) === true && isToken(header.slice(BEARER.length));
}

/** The scheme is left aside: behind a proxy that speaks TLS only the host is the same. */
function isSameOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}
