import { request as httpRequest } from 'node:http';
import { expect, test } from 'vitest';
import { type MemoryService, openMemoryService } from '../../test/support/memory-service.js';
import { openSocket } from '../../test/support/raw-http.js';
import type { ForecastService } from '../ports/forecast-service.js';
import { runServer } from './run-server.js';

interface HeldService {
  readonly service: ForecastService;
  readonly memory: MemoryService;
  /** Resolves once the status of data was asked for. */
  readonly asked: Promise<void>;
  /** Lets it be answered. */
  release(): void;
}

/** A service that answers for the status of its data when it is told to. */
async function openHeldService(): Promise<HeldService> {
  const memory = await openMemoryService({ symbolCount: 1, rowCount: 300 });
  let tellAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    tellAsked = resolve;
  });
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const service: ForecastService = {
    ...memory,
    async dataHealth() {
      tellAsked();
      await released;
      return memory.dataHealth();
    },
  };
  return { service, memory, asked, release };
}

test('an address that others can reach is refused without a token', async () => {
  const service = await openMemoryService({ symbolCount: 1, rowCount: 300 });
  for (const host of ['0.0.0.0', '::', '192.168.1.4', 'trade.example']) {
    await expect(runServer({ service, options: { host, port: 0 } })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  }
  const server = await runServer({ service, options: { host: '0.0.0.0', port: 0, token: 'x'.repeat(20) } });
  await server.close();
});

test('a port that is taken is told with what to do', async () => {
  const service = await openMemoryService({ symbolCount: 1, rowCount: 300 });
  const first = await runServer({ service, options: { port: 0 } });
  const port = Number(new URL(first.url).port);
  await expect(runServer({ service, options: { port } })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `cannot listen on 127.0.0.1, port ${port}: it is taken`,
  });
  await first.close();
});

test('a stop lets requests under way finish, refuses new ones with 503, ends streams, then stops the forecast service', async () => {
  const { service, memory, asked, release } = await openHeldService();
  const server = await runServer({ service, options: { port: 0 } });
  const port = Number(new URL(server.url).port);
  const underWay = fetch(`${server.url}/v1/data`);
  const events = await fetch(`${server.url}/v1/events`);
  const eventText = events.text();
  await asked;

  const stopping = server.close();
  expect(server.close()).toBe(stopping);
  const refused = await getOnce(port, '/v1/status');
  expect(refused).toEqual({ status: 503, retryAfter: '5', connection: 'close' });
  expect(await getOnce(port, '/readyz')).toMatchObject({ status: 503 });
  expect(memory.isStopped).toBe(false);
  release();

  const answer = await underWay;
  expect([answer.status, await answer.json()]).toMatchObject([200, [{ symbol: 'BTCUSDT' }]]);
  expect(await eventText).toContain('connected');
  await stopping;
  expect(memory.isStopped).toBe(true);
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
});

test('a stop does not wait for ever: what is still open after its time is cut off', async () => {
  const { service, memory, asked } = await openHeldService();
  const server = await runServer({ service, options: { port: 0, limits: { drainMs: 200 } } });
  const port = Number(new URL(server.url).port);
  const idle = await openSocket(port);
  const hanging = fetch(`${server.url}/v1/data`).catch((error: Error) => error);
  await asked;
  await server.close();
  expect(await hanging).toBeInstanceOf(Error);
  expect(memory.isStopped).toBe(true);
  idle.destroy();
});

test('a forecast service that cannot start leaves nothing listening', async () => {
  const memory = await openMemoryService({ symbolCount: 1, rowCount: 300 });
  const service: ForecastService = { ...memory, start: () => Promise.reject(new Error('no models')) };
  await expect(runServer({ service, options: { port: 0 } })).rejects.toThrow('no models');
});

test('a start that is interrupted stops the forecast service and leaves nothing listening', async () => {
  const memory = await openMemoryService({ symbolCount: 1, rowCount: 300 });
  const stop = new AbortController();
  const neverStarted = () => {
    setImmediate(() => stop.abort());
    return new Promise<void>(() => {});
  };
  const service: ForecastService = { ...memory, start: neverStarted };
  const starting = runServer({ service, options: { port: 0 }, signal: stop.signal });
  await expect(starting).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(memory.isStopped).toBe(true);
});

function getOnce(port: number, path: string): Promise<{ status?: number; retryAfter?: string; connection?: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, path, host: '127.0.0.1', agent: false }, (answer) => {
      answer.resume();
      const { 'retry-after': retryAfter, connection } = answer.headers;
      resolve({ status: answer.statusCode, retryAfter, connection });
    });
    request.once('error', reject);
    request.end();
  });
}
