import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { readEvents } from './event-reader.js';

test('a stream ends at once when it is told to, also after the garbage collector has been by', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: {"kind":"candle"}\n\n'), 10);
    response.on('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const stop = new AbortController();
  const events = readEvents((signal) => fetch(url, { signal, redirect: 'error' }), { signal: stop.signal });
  let count = 0;
  const reading = (async () => {
    for await (const _event of events) count += 1;
    return 'ended';
  })();
  while (count < 5) await delay(5);
  for (let round = 0; round < 3; round++) {
    await delay(50);
    collectGarbage();
  }
  stop.abort();
  expect(await Promise.race([reading, delay(400, 'still reading')])).toBe('ended');
  const connections = () => new Promise<number>((resolve) => server.getConnections((_, number) => resolve(number)));
  while ((await connections()) > 0) await delay(5);
});
