/** Models, their versions, their track record, and who is champion. */

import { z } from 'zod';
import {
  ledgerPageSchema,
  type ModelSummary,
  modelDetailSchema,
  modelSummarySchema,
  promoteRequestSchema,
  rollbackRequestSchema,
  trackRecordSchema,
  versionDetailSchema,
} from '../wire/wire.js';
import { type Api, ERRORS, modelHeaders, type RouteContext, STALE_HEADERS } from './api.js';
import { ledgerQuery, nameParameters, noQuery, recordQuery, versionParameters } from './parameters.js';

export function addModelRoutes(app: Api, { service }: RouteContext): void {
  app.get(
    '/v1/models',
    {
      schema: {
        tags: ['models'],
        summary: 'Every model at a glance',
        querystring: noQuery,
        response: { 200: z.array(modelSummarySchema), ...ERRORS },
      },
    },
    async () => service.models(),
  );

  app.get(
    '/v1/models/:name',
    {
      schema: {
        tags: ['models'],
        summary: 'One model with its versions, newest first',
        params: nameParameters,
        querystring: noQuery,
        response: { 200: modelDetailSchema, ...ERRORS },
      },
    },
    async (request, reply) => {
      const detail = await service.model(request.params.name);
      reply.headers(summaryHeaders(detail.summary));
      return detail;
    },
  );

  app.get(
    '/v1/models/:name/versions/:version',
    {
      schema: {
        tags: ['models'],
        summary: 'One version with its whole report',
        params: versionParameters,
        querystring: noQuery,
        response: { 200: versionDetailSchema, ...ERRORS },
      },
    },
    async (request, reply) => {
      const { name, version } = request.params;
      const detail = await service.version(name, version);
      reply.headers(modelHeaders(version, undefined));
      return detail;
    },
  );

  app.post(
    '/v1/models/:name/promote',
    {
      schema: {
        tags: ['models'],
        summary: 'Make a version the champion',
        params: nameParameters,
        querystring: noQuery,
        body: promoteRequestSchema,
        response: { 200: modelSummarySchema, ...ERRORS },
      },
    },
    async (request, reply) => {
      const summary = await service.promote(request.params.name, request.body);
      reply.headers(summaryHeaders(summary));
      return summary;
    },
  );

  app.post(
    '/v1/models/:name/rollback',
    {
      schema: {
        tags: ['models'],
        summary: 'Go back to the champion before this one',
        params: nameParameters,
        querystring: noQuery,
        body: rollbackRequestSchema,
        response: { 200: modelSummarySchema, ...ERRORS },
      },
    },
    async (request, reply) => {
      const summary = await service.rollback(request.params.name, request.body);
      reply.headers(summaryHeaders(summary));
      return summary;
    },
  );

  app.get(
    '/v1/ledger',
    {
      schema: {
        tags: ['ledger'],
        summary: 'Served forecasts and what came of them, newest first',
        querystring: ledgerQuery,
        response: { 200: ledgerPageSchema, ...ERRORS },
      },
    },
    async (request) => service.ledger(request.query),
  );

  app.get(
    '/v1/ledger/:name/record',
    {
      schema: {
        tags: ['ledger'],
        summary: 'What the served forecasts of a version were worth, beside what its report says',
        params: nameParameters,
        querystring: recordQuery,
        response: { 200: trackRecordSchema, ...ERRORS },
      },
    },
    async (request, reply) => {
      const record = await service.record(request.params.name, request.query.version);
      reply.headers(modelHeaders(record.version, record.toMs));
      return record;
    },
  );
}

function summaryHeaders({ champion, lastCandle, prediction, isFresh }: ModelSummary): Record<string, string> {
  const headers = modelHeaders(champion?.version, lastCandle?.closeTimeMs);
  return prediction === null || isFresh ? headers : { ...headers, ...STALE_HEADERS };
}
