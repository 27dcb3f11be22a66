/**
 * What no route is ever asked for: text that is no HTTP, headers that are too long, requests that do not arrive in time,
 * expectations, tunnels. It is answered on the socket, in the shape of every other error, and the connection ends.
 */

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Connections } from './connections.js';
import { describeFailure, HttpError } from './http-error.js';
import { DATA_HEADERS } from './security-headers.js';

export interface BrokenRequestContext {
  readonly connections: () => Connections;
  readonly createRequestId: () => string;
  readonly log: FastifyBaseLogger;
}

/** Answers what Node could not read as a request. */
export function createBrokenRequestAnswer(context: BrokenRequestContext) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET') socket.destroy();
    else endConnection(toHttpError(error.code), socket, context);
  };
}

/** Answers requests that Node keeps from the routes. */
export function addBrokenRequests({ server }: FastifyInstance, context: BrokenRequestContext): void {
  server.on('checkExpectation', ({ socket }) => {
    endConnection(new HttpError('EXPECTATION_REFUSED', 'expected no Expect but 100-continue'), socket, context);
  });
  server.on('connect', (_request, socket) => {
    endConnection(new HttpError('REQUEST_INVALID', 'CONNECT is not served'), socket as Socket, context);
  });
}

function toHttpError(code: string | undefined): HttpError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new HttpError('REQUEST_TIMEOUT', 'the request took too long to arrive');
  }
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpError('HEADERS_TOO_LARGE', 'the headers are too long');
  return new HttpError('REQUEST_INVALID', 'the request is not HTTP as it is written');
}

/** What came whole before has its answer first, and none is written into another. */
function endConnection(error: HttpError, socket: Socket, context: BrokenRequestContext): void {
  const answers = context.connections().answersOn(socket);
  const last = answers.at(-1);
  if (!socket.writable) socket.destroy();
  else if (last?.req.complete) last.once('close', () => socket.destroySoon());
  else if (last?.headersSent || answers.length > 1) socket.destroySoon();
  else answerOnSocket(error, socket, context);
}

function answerOnSocket(error: HttpError, socket: Socket, { createRequestId, log }: BrokenRequestContext): void {
  const requestId = createRequestId();
  const { status, answer } = describeFailure(error, requestId);
  const body = JSON.stringify(answer);
  const headers = {
    ...DATA_HEADERS,
    'x-request-id': requestId,
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  log.info({ requestId, status, from: socket.remoteAddress }, 'broken request');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  socket.destroySoon();
}
