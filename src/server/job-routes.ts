/** Trainings: asked for, looked at, stopped. */

import { z } from 'zod';
import { checkName } from '../core/names.js';
import { jobSchema, retrainRequestSchema } from '../wire/wire.js';
import { type Api, ERRORS, type RouteContext } from './api.js';
import { jobParameters, noQuery } from './parameters.js';

export function addJobRoutes(app: Api, { service }: RouteContext): void {
  app.get(
    '/v1/jobs',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Trainings, newest first',
        querystring: noQuery,
        response: { 200: z.array(jobSchema), ...ERRORS },
      },
    },
    async () => service.jobs(),
  );

  app.get(
    '/v1/jobs/:id',
    {
      schema: {
        tags: ['jobs'],
        summary: 'One training with its progress',
        params: jobParameters,
        querystring: noQuery,
        response: { 200: jobSchema, ...ERRORS },
      },
    },
    async (request) => service.job(request.params.id),
  );

  app.post(
    '/v1/retrain',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Train models again',
        description: 'Queues one job a model; a model that is queued or in training already answers with that job.',
        querystring: noQuery,
        body: retrainRequestSchema,
        response: { 202: z.array(jobSchema), ...ERRORS },
      },
    },
    async (request, reply) => {
      const names = request.body.names?.map((name) => checkName(name));
      reply.code(202);
      return service.retrain(names, 'request');
    },
  );

  app.post(
    '/v1/jobs/:id/cancel',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Stop a training; it keeps a checkpoint',
        params: jobParameters,
        querystring: noQuery,
        body: z.strictObject({}),
        response: { 200: jobSchema, ...ERRORS },
      },
    },
    async (request) => service.cancel(request.params.id),
  );
}
