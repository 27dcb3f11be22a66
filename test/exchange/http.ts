/** Answers over real HTTP on the loopback address, sound or cut, dripping, silent. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault } from './faults.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface LoopbackServer {
  readonly url: string;
  close(): Promise<void>;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Serves on a port of 127.0.0.1, a free one by default. */
export async function listenOnLoopback(handle: Handler, port = 0): Promise<LoopbackServer> {
  const server: Server = createServer((request, response) => {
    handle(request, response).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(body),
  };
}

/** Sends the answer in the way of the fault. */
export async function deliver(answer: Answer, fault: Fault | undefined, response: ServerResponse): Promise<void> {
  const whole = Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(answer.body);
  const body = fault?.kind === 'bytes' ? fault.edit(whole) : whole;
  const headers = { ...answer.headers, 'content-length': String(body.length) };
  switch (fault?.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'silent':
      return;
    case 'truncated':
      response.writeHead(answer.status, headers);
      response.write(body.subarray(0, body.length >> 1), () => response.socket?.destroy());
      return;
    case 'drip':
      response.writeHead(answer.status, headers);
      drip(body, fault.chunkBytes, fault.everyMs, response);
      return;
    default:
      response.writeHead(answer.status, headers).end(body);
  }
}

function drip(body: Buffer, chunkBytes: number, everyMs: number, response: ServerResponse): void {
  let sentBytes = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(sentBytes, sentBytes + chunkBytes));
    sentBytes += chunkBytes;
    if (sentBytes < body.length) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}
