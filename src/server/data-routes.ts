/** The state of the server, candles, and the health of what is stored. */

import { z } from 'zod';
import { INTERVAL_MS, parseInterval } from '../market/interval.js';
import { candlesSchema, dataHealthSchema, statusSchema } from '../wire/wire.js';
import { type Api, ERRORS, modelHeaders, type RouteContext } from './api.js';
import { candleQuery, noQuery } from './parameters.js';

export function addDataRoutes(app: Api, { service }: RouteContext): void {
  app.get(
    '/v1/status',
    {
      schema: {
        tags: ['server'],
        summary: 'The server itself',
        querystring: noQuery,
        response: { 200: statusSchema, ...ERRORS },
      },
    },
    async () => service.status(),
  );

  app.get(
    '/v1/candles',
    {
      schema: {
        tags: ['data'],
        summary: 'Stored candles as columns, oldest first: the newest `limit` of the range',
        querystring: candleQuery,
        response: { 200: candlesSchema, ...ERRORS },
      },
      // 60,000 numbers: looking at each of them again would hold every other answer back for as long as writing them does.
      serializerCompiler: () => JSON.stringify,
    },
    async (request, reply) => {
      const candles = await service.candles(request.query);
      const lastOpenTimeMs = candles.openTimeMs.at(-1);
      if (lastOpenTimeMs !== undefined) {
        reply.headers(modelHeaders(undefined, lastOpenTimeMs + INTERVAL_MS[parseInterval(candles.interval)]));
      }
      return candles;
    },
  );

  app.get(
    '/v1/data',
    {
      schema: {
        tags: ['data'],
        summary: 'Every stored series: age, gaps, findings, last update',
        querystring: noQuery,
        response: { 200: z.array(dataHealthSchema), ...ERRORS },
      },
    },
    async () => service.dataHealth(),
  );
}
