/** What the files of routes share. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ForecastService } from '../ports/forecast-service.js';
import { errorSchema } from '../wire/wire.js';
import type { EventStreams } from './event-streams.js';
import type { ServerLimits } from './limits.js';

/** An app whose schemas are zod's. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse<IncomingMessage>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface RouteContext {
  readonly service: ForecastService;
  readonly streams: EventStreams;
  readonly limits: ServerLimits;
  readonly isDraining: () => boolean;
  /** Whether a request with this `Authorization` may read more than whoever needs no token. */
  readonly isAuthorised: (header: string | undefined) => boolean;
}

/** The errors of every route, for its description. */
export const ERRORS = { '4xx': errorSchema, '5xx': errorSchema } as const;

/** Of an answer whose forecast is stale. `Warning: 110` once said so; RFC 9111 has taken it out of HTTP. */
export const STALE_HEADERS = { 'x-tradeai-stale': 'true' } as const;

/** Headers of an answer about a model; what is unknown is left out. */
export function modelHeaders(version: number | undefined, asOfMs: number | null | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  if (version !== undefined) headers['x-tradeai-version'] = String(version);
  if (asOfMs !== undefined && asOfMs !== null) headers['x-tradeai-as-of'] = String(asOfMs);
  return headers;
}
