/**
 * Whether the process lives, and whether it can answer. Open to everybody, so they say nothing else: which models cannot
 * forecast is told only to those who may ask for the models.
 */

import { z } from 'zod';
import { readinessSchema } from '../wire/wire.js';
import type { Api, RouteContext } from './api.js';

export function addHealthRoutes(app: Api, { service, isDraining, isAuthorised }: RouteContext): void {
  app.get(
    '/healthz',
    {
      config: { isPublic: true, isUncounted: true },
      schema: {
        tags: ['health'],
        summary: 'Whether the process lives',
        security: [],
        response: { 200: z.object({ status: z.literal('alive') }) },
      },
    },
    async () => ({ status: 'alive' as const }),
  );

  app.get(
    '/readyz',
    {
      config: { isPublic: true, isUncounted: true },
      schema: {
        tags: ['health'],
        summary: 'Whether any model has a fresh forecast, and which have none',
        security: [],
        response: { 200: readinessSchema, 503: readinessSchema },
      },
    },
    async (request, reply) => {
      const { isReady, unready } = service.readiness();
      const canAnswer = isReady && !isDraining();
      reply.code(canAnswer ? 200 : 503);
      return {
        status: canAnswer ? ('ready' as const) : ('not-ready' as const),
        ...(isAuthorised(request.headers.authorization) ? { unready } : {}),
      };
    },
  );
}
