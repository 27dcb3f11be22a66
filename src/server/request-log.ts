/** One line a request: what changes something at `info`, reads at `debug`. Never a header, a body, or a query. */

import type { FastifyInstance } from 'fastify';

export function addRequestLog(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const level = isRead && reply.statusCode < 400 ? 'debug' : 'info';
    if (app.log.isLevelEnabled?.(level) ?? true) {
      app.log[level](
        {
          requestId: request.id,
          method: request.method,
          path: request.routeOptions.url ?? 'none',
          status: reply.statusCode,
          milliseconds: Math.round(reply.elapsedTime * 10) / 10,
          from: request.ip,
        },
        'request',
      );
    }
    done();
  });
}

declare module 'fastify' {
  interface FastifyBaseLogger {
    /** Of pino; absent where another logger was given. */
    isLevelEnabled?(level: string): boolean;
  }
}
