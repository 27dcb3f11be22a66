import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { readEvents } from './event-reader.js';

test('a stream ends at once when it is told to, also after the garbage collector has been by', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const told = new EventEmitter();
  const isClosed = once(told, 'closed');
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: {"kind":"candle"}\n\n'), 10);
    response.on('close', () => {
      clearInterval(timer);
      told.emit('closed');
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const stop = new AbortController();
  const events = readEvents((signal) => fetch(url, { signal, redirect: 'error' }), { signal: stop.signal });
  let count = 0;
  const reading = (async () => {
    for await (const _event of events) {
      count += 1;
      told.emit('event');
    }
    return 'ended';
  })();
  for (const wanted of [5, 10, 15, 20]) {
    while (count < wanted) await once(told, 'event');
    collectGarbage();
  }
  stop.abort();
  const goesOn = async (wanted: number) => {
    while (count < wanted) await once(told, 'event');
    return 'still reading';
  };
  expect(await Promise.race([reading, goesOn(count + 40)])).toBe('ended');
  await isClosed;
});
