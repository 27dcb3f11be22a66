import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, runServer } from '../../src/server/run-server.js';
import { createServer, type Server } from '../../src/server/server.js';
import { type MemoryService, openMemoryService } from '../support/memory-service.js';
import { sendRaw } from '../support/raw-http.js';

const TOKEN = 'a-token-of-the-test-0123456789';
const RUNS = Number(process.env.TRADEAI_ROUTE_RUNS ?? 400);
const PUBLIC = [
  '/',
  '/docs',
  '/docs/style.css',
  '/docs/icon.svg',
  '/healthz',
  '/readyz',
  '/v2/health/live',
  '/v2/health/ready',
];

let service: MemoryService;
let server: Server;
let running: RunningServer;
let port: number;

beforeAll(async () => {
  service = await openMemoryService({ symbolCount: 1, rowCount: 300 });
  server = await createServer({ service, settings: { token: TOKEN } });
  running = await runServer({ service, options: { port: 0, token: TOKEN } });
  port = Number(new URL(running.url).port);
});
afterAll(async () => {
  await running.close();
  await server.app.close();
});

/** The status of what a socket answers to a request line, however odd. */
async function statusOf(line: string, headers: readonly string[] = []): Promise<number> {
  const { text } = await sendRaw(port, [
    `${[line, 'Host: 127.0.0.1', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`,
  ]);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}

describe('without the token', () => {
  test.each([
    '//v1/status',
    '/v1//status',
    '/./v1/status',
    '/healthz/../v1/status',
    '/healthz/%2e%2e/v1/status',
    '/healthz%2f..%2fv1%2fstatus',
    '/docs/../v1/models',
    '/docs/%2e%2e/v1/models',
    '/docs/..%5cv1%5cmodels',
    '/%76%31/status',
    '/v1/status/',
    '/V1/STATUS',
    '/v1/status%20',
    '/v1/status%00',
    '/v1/status;a=b',
    '/v1/status?/healthz',
    '/v1/status#/healthz',
    '/healthz/',
    '/HEALTHZ',
    '//healthz',
    '/healthz;/../v1/status',
    '/healthz/v1/status',
    '/metrics',
    '/openapi.json',
    '//',
    '/*',
    'http://127.0.0.1/v1/status',
    'http://127.0.0.1/healthz/../v1/status',
    '/..',
    '/.git/config',
    '/package.json',
  ])('GET %s tells nothing', async (target) => {
    expect([400, 401, 403, 404]).toContain(await statusOf(`GET ${target} HTTP/1.1`));
    expect([400, 401, 403, 404]).toContain(await statusOf(`HEAD ${target} HTTP/1.1`));
  });

  test.each([
    'OPTIONS',
    'PUT',
    'DELETE',
    'PATCH',
    'TRACE',
    'CONNECT',
    'PROPFIND',
    'MKCOL',
    'SEARCH',
    'get',
    'G',
    'POST',
  ])('%s is answered by no route', async (method) => {
    for (const target of ['/v1/status', '/v1/retrain', '/healthz', '/', '/v1/events', '/metrics']) {
      const status = await statusOf(`${method} ${target} HTTP/1.1`, [
        'Content-Type: application/json',
        'Content-Length: 0',
      ]);
      expect([0, 400, 401, 404, 405, 415], `${method} ${target} ${status}`).toContain(status);
    }
  });

  test('a header that names another method or another path is not listened to', async () => {
    for (const header of [
      'X-HTTP-Method-Override: GET',
      'X-Original-URL: /healthz',
      'X-Rewrite-URL: /healthz',
      'X-Forwarded-Prefix: /healthz',
    ]) {
      expect(await statusOf('GET /v1/status HTTP/1.1', [header])).toBe(401);
    }
    for (const header of ['X-Forwarded-For: 127.0.0.1', 'Forwarded: for=127.0.0.1', 'X-Forwarded-Host: localhost']) {
      expect(await statusOf('GET /v1/status HTTP/1.1', [header])).toBe(401);
    }
  });

  test('two requests in one, and bodies measured two ways, get no further', async () => {
    const smuggled = 'GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
    const { text, isClosed } = await sendRaw(port, [
      `POST /v1/retrain HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ]);
    expect(isClosed).toBe(true);
    expect(text).not.toMatch(/HTTP\/1\.1 2/);
    expect(await statusOf('GET /v1/status HTTP/1.1', ['Host: evil.test'])).toBeGreaterThanOrEqual(400);
    expect(await statusOf('GET /v1/status HTTP/1.1', ['Authorization : Bearer x'])).toBe(400);
  });

  test('no spelling of a path answers but those that are public', async () => {
    const piece = fc.constantFrom(
      '/',
      '//',
      '.',
      '..',
      '%2e',
      '%2f',
      '%5c',
      '\\',
      'v1',
      'V1',
      'v2',
      'status',
      'models',
      'BTCUSDT',
      'healthz',
      'docs',
      'metrics',
      'events',
      ';',
      '?',
      '#',
      '%00',
      '%',
      ' ',
      '*',
      ':name',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 8 }),
        fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST'),
        async (parts, method) => {
          const url = `/${parts.join('')}`;
          if (!URL.canParse(url, 'http://localhost')) return;
          const { statusCode } = await server.app.inject({
            method: method as 'GET',
            url,
            headers: { 'content-type': 'application/json' },
          });
          if (statusCode >= 400) return;
          expect(PUBLIC).toContain(decodeURIComponent(new URL(url.replace(/^\/+/, '/'), 'http://x').pathname));
        },
      ),
      { numRuns: RUNS },
    );
  });
});

test('with the token the same address is one route only: no slash more, no capitals', async () => {
  const headers = [`Authorization: Bearer ${TOKEN}`];
  expect(await statusOf('GET /v1/status HTTP/1.1', headers)).toBe(200);
  expect(await statusOf('HEAD /v1/status HTTP/1.1', headers)).toBe(200);
  for (const target of ['/v1/status/', '/V1/status', '//v1/status', '/v1/./status', '/v1/models/../status']) {
    expect(await statusOf(`GET ${target} HTTP/1.1`, headers), target).toBe(404);
  }
  expect(await statusOf('GET /v1/status HTTP/1.1', [...headers, ...headers])).not.toBe(500);
});
