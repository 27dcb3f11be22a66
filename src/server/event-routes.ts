/** The stream of events. The token is a header as everywhere, so a browser reads it with `fetch`, not `EventSource`. */

import { eventSchema } from '../wire/wire.js';
import { type Api, ERRORS, type RouteContext } from './api.js';
import { HttpError } from './http-error.js';
import { noQuery } from './parameters.js';
import { DATA_HEADERS } from './security-headers.js';

const STREAM_HEADERS = {
  ...DATA_HEADERS,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies of the nginx kind hold answers back unless told.
  'x-accel-buffering': 'no',
};

export function addEventRoutes(app: Api, { streams, isDraining }: RouteContext): void {
  app.get(
    '/v1/events',
    {
      schema: {
        tags: ['events'],
        summary: 'Server-sent events: forecasts, candles, trainings, promotions, outcomes, drift, gaps',
        description:
          '`event:` is the kind, `data:` the JSON below. A comment comes as heartbeat. Events missed between two ' +
          'connections are not repeated (`Last-Event-ID` is not looked at): read the present state after connecting. ' +
          'A client that does not read is dropped.',
        querystring: noQuery,
        response: { 200: { content: { 'text/event-stream': { schema: eventSchema } } }, ...ERRORS },
      },
      exposeHeadRoute: false,
    },
    (_request, reply) => {
      if (isDraining()) throw new HttpError('SHUTTING_DOWN', 'the server is stopping');
      streams.checkRoom();
      reply.hijack();
      streams.open(reply.raw, STREAM_HEADERS);
    },
  );
}
