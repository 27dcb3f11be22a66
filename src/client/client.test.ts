import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MemoryService, openMemoryService } from '../../test/support/memory-service.js';
import { wait } from '../../test/support/raw-http.js';
import { type RunningServer, runServer } from '../server/run-server.js';
import type { ServerEvent } from '../wire/wire.js';
import { ApiError, type Client, createClient } from './client.js';

const TOKEN = 'token-of-the-client-test';
const candle: ServerEvent = {
  kind: 'candle',
  atMs: 1,
  symbol: 'BTCUSDT',
  interval: '1h',
  source: 'demo',
  openTimeMs: 0,
  close: 1,
};

let service: MemoryService;
let server: RunningServer;
let client: Client;

beforeAll(async () => {
  service = await openMemoryService({ symbolCount: 3, rowCount: 500, needsToken: true });
  server = await runServer({ service, options: { port: 0, token: TOKEN } });
  client = createClient({ baseUrl: `${server.url}/`, token: TOKEN });
});
afterAll(() => server.close());

describe('every route', () => {
  test('that reads gives what the forecast service has', async () => {
    expect(await client.status()).toEqual(service.status());
    expect(await client.models()).toEqual(service.models());
    expect(await client.model('BTCUSDT')).toEqual(await service.model('BTCUSDT'));
    expect((await client.version('BTCUSDT', 1)).summary.version).toBe(1);
    expect(await client.prediction('BTCUSDT')).toEqual(service.prediction('BTCUSDT').prediction);
    expect((await client.predictions()).map(({ name }) => name)).toEqual(['BTCUSDT', 'ETHUSDT', 'SOLUSDT']);
    const query = { symbol: 'BTCUSDT', interval: '1h', limit: 7 };
    expect(await client.candles(query)).toEqual(await service.candles(query));
    expect((await client.ledger({ name: 'BTCUSDT', limit: 2 })).entries).toHaveLength(2);
    expect(await client.record('BTCUSDT')).toEqual(await service.record('BTCUSDT'));
    expect(await client.dataHealth()).toEqual(await service.dataHealth());
    expect(await client.jobs()).toEqual(service.jobs());
    expect((await client.job('1')).id).toBe('1');
    expect(await client.isReady()).toBe(true);
    expect(await client.metrics()).toContain('tradeai_ready 1');
  });

  test('that changes something changes the forecast service', async () => {
    const [job] = await client.retrain(['BTCUSDT']);
    expect((await client.cancelJob(job.id)).state).toBe('cancelled');
    const { versions, summary } = await client.model('ETHUSDT');
    const other = versions.find(({ isChampion, isIntact }) => !isChampion && isIntact)!;
    const { generation, version } = summary.champion!;
    const promoted = await client.promote('ETHUSDT', { version: other.version, expectedGeneration: generation });
    expect(promoted.champion?.version).toBe(other.version);
    expect((await client.rollback('ETHUSDT')).champion?.version).toBe(version);
  });

  test('that infers takes rows of the caller', async () => {
    const window = new Float64Array(24 * 7).fill(0.25);
    const answer = await client.infer({ name: 'BTCUSDT', shape: [1, 24, 7], window });
    const { scores } = await service.infer('BTCUSDT', 2, window, 1);
    expect(answer).toEqual({ version: 2, scores: Array.from(scores) });
  });
});

describe('errors', () => {
  test('carry code, hint and the id of the request', async () => {
    await expect(client.prediction('NOPE')).rejects.toMatchObject({
      name: 'ApiError',
      status: 404,
      code: 'MODEL_NOT_FOUND',
      hint: expect.stringContaining('BTCUSDT'),
      requestId: expect.any(String),
    });
  });

  test('of the Open Inference Protocol carry their text', async () => {
    const wrong = client.infer({ name: 'BTCUSDT', shape: [1, 2, 7], window: [] });
    await expect(wrong).rejects.toMatchObject({ status: 400, message: expect.stringContaining('[1, 2, 7]') });
  });

  test('without token, server or JSON are told apart', async () => {
    const stranger = createClient({ baseUrl: server.url });
    await expect(stranger.models()).rejects.toMatchObject({ status: 401, code: 'TOKEN_REQUIRED' });
    const nowhere = createClient({ baseUrl: 'http://127.0.0.1:1' });
    await expect(nowhere.models()).rejects.toMatchObject({ status: 0, code: 'UNREACHABLE' });
    const page = createClient({ fetch: async () => new Response('<html>', { status: 502 }) });
    await expect(page.models()).rejects.toMatchObject({ status: 502, code: 'ANSWER_INVALID' });
    const text = createClient({ fetch: async () => new Response('hello') });
    await expect(text.models()).rejects.toMatchObject({ status: 200, code: 'ANSWER_INVALID' });
  });
});

describe('events', () => {
  test('come as they happen, until the reader has enough', async () => {
    const seen: ServerEvent[] = [];
    const connections: boolean[] = [];
    const reading = (async () => {
      for await (const event of client.events({ onConnection: (isConnected) => connections.push(isConnected) })) {
        seen.push(event);
        if (seen.length === 2) break;
      }
    })();
    while (connections.length === 0) await wait(5);
    service.emit(candle);
    service.emit({ ...candle, close: 2 });
    await reading;
    expect(seen).toEqual([candle, { ...candle, close: 2 }]);
    expect(connections).toEqual([true, false]);
  });

  test('go on after the connection was lost', async () => {
    const own = await openMemoryService({ symbolCount: 1, rowCount: 300 });
    let running = await runServer({ service: own, options: { port: 0 } });
    const port = Number(new URL(running.url).port);
    const stop = new AbortController();
    const seen: ServerEvent[] = [];
    const connections: boolean[] = [];
    const reading = (async () => {
      const events = createClient({ baseUrl: running.url }).events({
        signal: stop.signal,
        onConnection: (isConnected) => connections.push(isConnected),
      });
      for await (const event of events) seen.push(event);
    })();
    while (connections.length < 1) await wait(5);
    await running.close();
    running = await runServer({ service: own, options: { port } });
    while (connections.length < 3) await wait(10);
    own.emit(candle);
    while (seen.length < 1) await wait(5);
    stop.abort();
    await reading;
    expect(connections).toEqual([true, false, true, false]);
    await running.close();
  });

  test('end with the refusal when the token is wrong', async () => {
    const events = createClient({ baseUrl: server.url, token: 'another-token-altogether' }).events();
    const first = events[Symbol.asyncIterator]().next();
    await expect(first).rejects.toBeInstanceOf(ApiError);
  });

  test('that come in pieces are put together', async () => {
    const bytes = new TextEncoder().encode(
      `: x\n\nid: 1\nevent: candle\ndata: ${JSON.stringify({ ...candle, symbol: 'Ω' })}\n\n`,
    );
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      },
    });
    const pieces = createClient({ fetch: async () => new Response(body) });
    const { value } = await pieces.events()[Symbol.asyncIterator]().next();
    expect(value).toEqual({ ...candle, symbol: 'Ω' });
  });
});
