/** Forecasts: made when their candle closed, sent as the bytes they were stored as. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { checkName } from '../core/names.js';
import type { ServedPrediction } from '../ports/forecast-service.js';
import { predictionSchema } from '../wire/wire.js';
import { type Api, ERRORS, modelHeaders, type RouteContext, STALE_HEADERS } from './api.js';
import { nameParameters, noQuery } from './parameters.js';

const ETAG_LENGTH = 22;

export function addPredictionRoutes(app: Api, { service }: RouteContext): void {
  /** Headers of a forecast, made once for each. */
  const headersOf = new WeakMap<ServedPrediction, Record<string, string>>();

  app.get(
    '/v1/predictions',
    {
      schema: {
        tags: ['predictions'],
        summary: 'The newest forecast of every model that has one',
        querystring: noQuery,
        response: { 200: z.array(predictionSchema), ...ERRORS },
      },
    },
    async () => service.models().flatMap(({ prediction }) => (prediction === null ? [] : [prediction])),
  );

  // The fast one: its parameter is checked by hand and its answer is not looked at again.
  app.get<{ Params: { name: string } }>(
    '/v1/predictions/:name',
    {
      schema: {
        tags: ['predictions'],
        summary: 'The newest forecast of one model',
        description:
          'Nothing is computed: the forecast was made when its candle closed and is in the ledger. ' +
          '`x-tradeai-version`, `x-tradeai-as-of` and `x-tradeai-expires` repeat version, close time and expiry; `etag` serves ' +
          '`if-none-match`. Once the next one is overdue it says so as its first warning, its signal is HOLD, and there is ' +
          '`x-tradeai-stale: true`; with `serve.staleAnswers: refuse` the answer is 503 instead.',
        params: nameParameters,
        response: { 200: predictionSchema, ...ERRORS },
      },
      validatorCompiler: () => () => true,
      serializerCompiler: () => JSON.stringify,
    },
    (request, reply) => {
      const served = service.prediction(checkName(request.params.name));
      let headers = headersOf.get(served);
      if (headers === undefined) {
        headers = makeHeaders(served);
        headersOf.set(served, headers);
      }
      reply.headers(headers);
      if (request.headers['if-none-match'] === headers.etag) reply.code(304).send();
      else reply.send(served.json);
    },
  );
}

function makeHeaders({ prediction, json, isStale }: ServedPrediction): Record<string, string> {
  const { version, asOfMs, expiresAtMs } = prediction;
  return {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-cache',
    etag: `"${createHash('sha256').update(json).digest('base64url').slice(0, ETAG_LENGTH)}"`,
    ...modelHeaders(version, asOfMs),
    'x-tradeai-expires': String(expiresAtMs),
    ...(isStale ? STALE_HEADERS : {}),
  };
}
