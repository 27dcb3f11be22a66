/** Whether the process lives, and whether it can answer. Open to everybody, so they say nothing else. */

import { z } from 'zod';
import type { Api, RouteContext } from './api.js';

export function addHealthRoutes(app: Api, { service, isDraining }: RouteContext): void {
  const isReady = () => !isDraining() && service.readiness().isReady;

  app.get(
    '/healthz',
    {
      config: { isPublic: true },
      schema: {
        tags: ['health'],
        summary: 'Whether the process lives',
        security: [],
        response: { 200: z.object({ status: z.literal('alive') }) },
      },
    },
    async () => ({ status: 'alive' as const }),
  );

  const readySchema = z.object({ status: z.enum(['ready', 'not-ready']) });
  app.get(
    '/readyz',
    {
      config: { isPublic: true },
      schema: {
        tags: ['health'],
        summary: 'Whether every champion that can has a forecast',
        security: [],
        response: { 200: readySchema, 503: readySchema },
      },
    },
    async (_request, reply) => {
      if (isReady()) return { status: 'ready' as const };
      reply.code(503);
      return { status: 'not-ready' as const };
    },
  );
}
