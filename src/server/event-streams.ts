/**
 * Server-sent events. An event is made into bytes once, however many listen. A stream whose client does not read is
 * dropped when it lies too far behind, so that no client can hold memory; nothing is repeated for one that comes back.
 */

import type { ServerResponse } from 'node:http';
import type { ServerEvent } from '../wire/wire.js';
import { HttpError } from './http-error.js';
import type { ServerLimits } from './limits.js';

const RETRY_MS = 3_000;
const HEARTBEAT = Buffer.from(': alive\n\n');
const GREETING = Buffer.from(
  `retry: ${RETRY_MS}\n: connected; events that were missed are not repeated, ask for the present state\n\n`,
);

export type StreamLimits = Pick<ServerLimits, 'streams' | 'streamBufferBytes' | 'heartbeatMs'>;

export interface EventStreams {
  /** Sends head and greeting, and keeps the answer open. @throws HttpError `STREAMS_TOO_MANY` */
  open(response: ServerResponse, headers: Record<string, string>): void;
  /** @throws HttpError `STREAMS_TOO_MANY` */
  checkRoom(): void;
  send(event: ServerEvent): void;
  /** Ends every stream. */
  close(): void;
  readonly count: number;
  /** Streams that were dropped because they did not read. */
  readonly droppedCount: number;
}

export function openEventStreams(limits: StreamLimits): EventStreams {
  const streams = new Set<ServerResponse>();
  let lastId = 0;
  let droppedCount = 0;

  const write = (bytes: Buffer) => {
    for (const response of streams) {
      if (response.writableLength + bytes.length > limits.streamBufferBytes) {
        droppedCount += 1;
        streams.delete(response);
        response.destroy();
      } else {
        response.write(bytes);
      }
    }
  };
  const heartbeat = setInterval(() => write(HEARTBEAT), limits.heartbeatMs);
  heartbeat.unref();

  const checkRoom = () => {
    if (streams.size < limits.streams) return;
    throw new HttpError('STREAMS_TOO_MANY', `${limits.streams} streams are open, which is the most`, 'close one');
  };
  return {
    checkRoom,
    open(response, headers) {
      checkRoom();
      response.writeHead(200, headers);
      response.write(GREETING);
      streams.add(response);
      response.once('close', () => streams.delete(response));
    },
    send(event) {
      lastId += 1;
      if (streams.size === 0) return;
      write(Buffer.from(`id: ${lastId}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`));
    },
    close() {
      clearInterval(heartbeat);
      for (const response of streams) response.end();
      streams.clear();
    },
    get count() {
      return streams.size;
    },
    get droppedCount() {
      return droppedCount;
    },
  };
}
