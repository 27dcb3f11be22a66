import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openMemoryService } from '../../test/support/memory-service.js';
import { effortUntil } from '../../test/support/processor-time.js';
import { openSocket, sendRaw, wait } from '../../test/support/raw-http.js';
import type { ServerEvent } from '../wire/wire.js';
import type { ServerLimits } from './limits.js';
import { createServer, type Server } from './server.js';

const service = await openMemoryService({ symbolCount: 2, rowCount: 12_000 });
const candle: ServerEvent = {
  kind: 'candle',
  atMs: 1,
  symbol: 'BTCUSDT',
  interval: '1h',
  source: 'demo',
  openTimeMs: 0,
  close: 1,
};
/** For what comes by itself, however slow the machine. */
const PATIENCE = { timeout: 20_000, interval: 5 };
let server: Server;
let port: number;

async function listen(limits: Partial<ServerLimits>): Promise<{ server: Server; port: number }> {
  const started = await createServer({ service, settings: { limits } });
  await started.app.listen({ host: '127.0.0.1', port: 0 });
  return { server: started, port: (started.app.server.address() as AddressInfo).port };
}

beforeAll(async () => {
  ({ server, port } = await listen({ headersTimeoutMs: 300, requestTimeoutMs: 400 }));
  // The first request of a process pays for its compilation.
  await server.app.inject('/v1/ledger?name=BTCUSDT&limit=0');
});
afterAll(async () => {
  await server.app.close();
  await service.stop();
});

describe('numbers', () => {
  const edges = [
    '0',
    '-1',
    '1e9',
    '1e309',
    'NaN',
    'Infinity',
    '1e3',
    '9007199254740993',
    '1.5',
    '+1',
    '0x10',
    '',
    '%20',
    '1_0',
  ];
  const queries = [
    (value: string) => `/v1/candles?symbol=BTCUSDT&interval=1h&limit=${value}`,
    (value: string) => `/v1/ledger?name=BTCUSDT&limit=${value}`,
    (value: string) => `/v1/ledger?name=BTCUSDT&version=${value}`,
    (value: string) => `/v1/ledger/BTCUSDT/record?version=${value}`,
    (value: string) => `/v1/models/BTCUSDT/versions/${value === '' ? '%00' : value}`,
    (value: string) => `/v2/models/BTCUSDT/versions/${value === '' ? '%00' : value}`,
  ];

  test.each(edges)('%j is refused by every parameter, with little work', async (value) => {
    for (const query of queries) {
      const effort = await effortUntil(async () => {
        const answer = await server.app.inject(query(value));
        expect([query(value), answer.statusCode]).toEqual([query(value), 400]);
      });
      expect(effort).toBeLessThan(20);
    }
  });

  test.each(['-1', '1e3', '9007199254740993', 'NaN', '8640000000000001'])('%j is no time', async (value) => {
    for (const name of ['fromMs', 'toMs']) {
      expect((await server.app.inject(`/v1/candles?symbol=BTCUSDT&interval=1h&${name}=${value}`)).statusCode).toBe(400);
    }
    expect((await server.app.inject(`/v1/ledger?name=BTCUSDT&beforeMs=${value}`)).statusCode).toBe(400);
  });

  test.each(['0', '-1', '1000000001', '1e309', '1.5', '"2"', 'null', '9007199254740993', '[2]', '{}'])(
    '%s is no version in a body',
    async (version) => {
      const answer = await server.app.inject({
        method: 'POST',
        url: '/v1/models/BTCUSDT/promote',
        headers: { 'content-type': 'application/json' },
        payload: `{"version":${version}}`,
      });
      expect(answer.statusCode).toBe(400);
    },
  );

  test('candles and pages of the ledger have a most', async () => {
    const candles = (limit: number) => server.app.inject(`/v1/candles?symbol=BTCUSDT&interval=1h&limit=${limit}`);
    expect((await candles(10_000)).json().close).toHaveLength(10_000);
    expect((await candles(10_001)).statusCode).toBe(400);
    expect((await server.app.inject('/v1/ledger?name=BTCUSDT&limit=1001')).statusCode).toBe(400);
  });

  test('a parameter given twice is refused', async () => {
    expect((await server.app.inject('/v1/ledger?name=BTCUSDT&limit=1&limit=2')).statusCode).toBe(400);
  });
});

describe('sizes', () => {
  test('a body that is too large is refused before it is read', async () => {
    const payload = JSON.stringify({ names: ['A'.repeat(70_000)] });
    const answer = await server.app.inject({
      method: 'POST',
      url: '/v1/retrain',
      headers: { 'content-type': 'application/json' },
      payload,
    });
    expect([answer.statusCode, answer.json().error.code]).toEqual([413, 'BODY_TOO_LARGE']);
    const raw = await sendRaw(port, [
      'POST /v1/retrain HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9999999999\r\n\r\n{',
    ]);
    expect(raw.text).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('too many names are refused', async () => {
    const payload = { names: Array.from({ length: 201 }, (_, i) => `A${i}`) };
    expect((await server.app.inject({ method: 'POST', url: '/v1/retrain', payload })).statusCode).toBe(400);
  });

  test('a header and an address that are too long are refused', async () => {
    const header = await sendRaw(port, [
      `GET /v1/status HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(17_000)}\r\n\r\n`,
    ]);
    expect(header.text).toMatch(/^HTTP\/1\.1 431 /);
    const address = await sendRaw(port, [`GET /${'a'.repeat(17_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`]);
    expect(address.text).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('deep nesting and long text are refused with little work', async () => {
    const bodies = ['['.repeat(60_000), '['.repeat(30_000) + ']'.repeat(30_000), `{"names":"${'%'.repeat(60_000)}"}`];
    for (const payload of bodies) {
      const headers = { 'content-type': 'application/json' };
      const effort = await effortUntil(async () => {
        const answer = await server.app.inject({ method: 'POST', url: '/v1/retrain', headers, payload });
        expect(answer.statusCode).toBe(400);
      });
      expect(effort).toBeLessThan(20);
    }
  });
});

describe('connections', () => {
  test('a request without Host is refused', async () => {
    expect((await sendRaw(port, ['GET /healthz HTTP/1.1\r\n\r\n'])).text).toMatch(/^HTTP\/1\.1 400 /);
    const empty = 'GET /healthz HTTP/1.1\r\nhost:\r\n';
    expect((await sendRaw(port, [`${empty}connection: close\r\n\r\n`])).text).toMatch(/ 403 /);
    expect((await sendRaw(port, ['GET /v1/status HTTP/1.0\r\n\r\n'])).text).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('one that sends its headers drop by drop is closed', async () => {
    const drops = ['GET /v1/status HTTP/1.1\r\n', ...Array.from({ length: 300 }, (_, i) => `x-${i}: a\r\n`)];
    const answer = await sendRaw(port, drops, { waitMs: 60 });
    expect(answer.isClosed).toBe(true);
    expect(answer.sentParts).toBeLessThan(drops.length);
  });

  test('one that sends its body drop by drop is closed', async () => {
    const head =
      'POST /v1/retrain HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n';
    const answer = await sendRaw(port, [head, ...new Array(300).fill(' ')], { waitMs: 60 });
    expect(answer.isClosed).toBe(true);
    expect(answer.sentParts).toBeLessThan(300);
  });

  test('one that says nothing is closed', async () => {
    const answer = await sendRaw(port, ['']);
    expect(answer.isClosed).toBe(true);
  });
});

describe('streams', () => {
  let streaming: Server;
  let port: number;
  beforeAll(async () => {
    const limits = { streams: 4, streamBufferBytes: 64 * 1_024, heartbeatMs: 100 };
    ({ server: streaming, port } = await listen(limits));
  });
  afterAll(() => streaming.app.close());
  const readGauge = async (name: string) =>
    Number(new RegExp(`^${name} (\\d+)`, 'm').exec((await streaming.app.inject('/metrics')).body)![1]);
  const countStreams = () => readGauge('tradeai_event_streams');
  const head = 'GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n';

  test('are no more than allowed, and a place that is left is free again', async () => {
    const sockets = await Promise.all([1, 2, 3, 4].map(() => openSocket(port)));
    for (const socket of sockets) socket.write(head);
    await Promise.all(sockets.map((socket) => once(socket, 'data')));
    const fifth = await fetch(`http://127.0.0.1:${port}/v1/events`);
    expect([fifth.status, fifth.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await fifth.json()).toMatchObject({ error: { code: 'STREAMS_TOO_MANY' } });
    for (const socket of sockets) socket.destroy();
    await vi.waitFor(async () => expect(await countStreams()).toBe(0), PATIENCE);
    const again = await fetch(`http://127.0.0.1:${port}/v1/events`);
    expect(again.status).toBe(200);
    await again.body!.cancel();
    await vi.waitFor(async () => expect(await countStreams()).toBe(0), PATIENCE);
  });

  test('carry events and heartbeats, and say that nothing is repeated', async () => {
    const socket = await openSocket(port);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.write(head);
    await vi.waitFor(() => expect(text).toContain('are not repeated'), PATIENCE);
    service.emit(candle);
    await vi.waitFor(() => expect(text).toContain(`event: candle\ndata: ${JSON.stringify(candle)}\n\n`), PATIENCE);
    await vi.waitFor(() => expect(text).toContain(': alive'), PATIENCE);
    socket.destroy();
    expect(text).toContain('content-type: text/event-stream');
  });

  test('of a client that does not read are dropped, and hold no memory', async () => {
    const socket = await openSocket(port);
    socket.pause();
    socket.write(head);
    await vi.waitFor(async () => expect(await countStreams()).toBe(1), PATIENCE);
    const dropped = () => readGauge('tradeai_event_streams_dropped');
    const before = await dropped();
    const large: ServerEvent = { ...candle, kind: 'data-gap', message: 'x'.repeat(16_000) };
    // Far more than the kernel's own buffers take.
    for (let i = 0; i < 2_000 && (await dropped()) === before; i++) {
      for (let j = 0; j < 20; j++) service.emit(large);
      await wait(0);
    }
    expect(await dropped()).toBe(before + 1);
    socket.destroy();
  });
});
