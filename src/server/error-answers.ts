/** Errors as answers: a code, a sentence, what to do next, and the id under which the log has the rest. */

import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { TradeAiError } from '../core/errors.js';
import { describeFailure, HttpError } from './http-error.js';
import { DATA_HEADERS } from './security-headers.js';

const RETRY_SECONDS = '5';
/** Its protocol has errors of its own shape. */
const KSERVE_PREFIX = '/v2';

export function addErrorAnswers(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendFailure(toOwnError(error), request, reply, app.log));
  app.setNotFoundHandler((request, reply) => {
    const error = new HttpError('ROUTE_NOT_FOUND', 'there is no such route', 'GET /docs lists them');
    sendFailure(error, request, reply, app.log);
  });
}

/** Answers with the error; what is our fault is logged whole. */
export function sendFailure(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: FastifyBaseLogger,
): void {
  const { status, answer, isOurs } = describeFailure(error, request.id);
  if (isOurs) log.error({ requestId: request.id, err: error }, 'request failed');
  if ((status === 503 || status === 429) && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_SECONDS);
  reply
    .code(status)
    // Addresses that cannot be read have not come past the guard.
    .headers(DATA_HEADERS)
    .header('x-request-id', request.id)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(request.raw.url?.startsWith(KSERVE_PREFIX) ? { error: answer.error.message } : answer);
}

function toOwnError(error: unknown): unknown {
  if (!hasZodFastifySchemaValidationErrors(error)) return error;
  const [first] = error.validation;
  const path = first.instancePath.replace(/^\//, '').replaceAll('/', '.');
  const place = [error.validationContext, path].filter(Boolean).join(' ');
  return new TradeAiError('USAGE', `${place}: ${first.message ?? 'not valid'}`, {
    hint: 'GET /docs has the parameters',
  });
}
