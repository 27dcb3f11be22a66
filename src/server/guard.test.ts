import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMemoryService } from '../../test/support/memory-service.js';
import { createServer, type Server } from './server.js';

const TOKEN = 'correct-horse-battery-staple';
const AUTHORISED = { authorization: `Bearer ${TOKEN}` };
const JSON_TYPE = { 'content-type': 'application/json' };

const service = await openMemoryService({ symbolCount: 2, rowCount: 300 });
let open: Server;
let closed: Server;

beforeAll(async () => {
  open = await createServer({ service, settings: { allowedHosts: ['bot.example'] } });
  closed = await createServer({ service, settings: { token: TOKEN } });
});
afterAll(async () => {
  await Promise.all([open.app.close(), closed.app.close()]);
  await service.stop();
});

const statusOf = async (server: Server, options: InjectOptions) => (await server.app.inject(options)).statusCode;

describe('the token', () => {
  test('without it only health and static files answer, whatever the route and method', async () => {
    const answered: string[] = [];
    for (const { method, url } of closed.routes) {
      const path = url.replace(':name', 'BTCUSDT').replace(':version', '1').replace(':id', 'job-1');
      const status = await statusOf(closed, { method: method as 'GET', url: path, headers: JSON_TYPE, payload: {} });
      if (status !== 401) answered.push(`${method} ${url}`);
    }
    expect(closed.routes.length).toBeGreaterThan(40);
    expect(answered.sort()).toEqual(
      ['/', '/docs', '/docs/style.css', '/docs/icon.svg', '/healthz', '/readyz', '/v2/health/live', '/v2/health/ready']
        .flatMap((url) => [`GET ${url}`, `HEAD ${url}`])
        .sort(),
    );
  });

  test('is asked for where no route is, too, so that routes cannot be told from others', async () => {
    expect(await statusOf(closed, { url: '/v1/secret' })).toBe(401);
    expect(await statusOf(closed, { method: 'DELETE', url: '/v1/models' })).toBe(401);
  });

  test.each([
    ['another token', `Bearer ${TOKEN}x`],
    ['a part of it', `Bearer ${TOKEN.slice(0, -1)}`],
    ['nothing', 'Bearer '],
    ['another scheme', `Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}`],
    ['the bare token', TOKEN],
  ])('%s is refused', async (_what, authorization) => {
    const answer = await closed.app.inject({ url: '/v1/status', headers: { authorization } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.body).not.toContain(TOKEN.slice(0, -1));
  });

  test('opens every route as a header, and none as a parameter', async () => {
    expect(await statusOf(closed, { url: '/v1/status', headers: AUTHORISED })).toBe(200);
    expect(await statusOf(closed, { url: `/v1/status?token=${TOKEN}` })).toBe(401);
    expect(await statusOf(closed, { url: '/metrics', headers: AUTHORISED })).toBe(200);
  });
});

describe('the Host', () => {
  test.each([
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1',
    '127.0.0.1:8080',
    '[::1]',
    '[::1]:8080',
    'bot.example',
    'bot.example:443',
  ])('%s is answered', async (host) =>
    expect(await statusOf(open, { url: '/v1/status', headers: { host } })).toBe(200),
  );

  test.each([
    'evil.test',
    'evil.test:8080',
    'localhost.evil.test',
    'evil.test#localhost',
    'localhost@evil.test',
    'localhost:80@evil.test',
    'localhost, evil.test',
    'localhost:x',
    'localhost:',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '0.0.0.0',
    '::1',
    '[::ffff:127.0.0.1]',
    'localhost.',
  ])('%j is refused', async (host) => {
    const answer = await open.app.inject({ url: '/v1/status', headers: { host } });
    expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'HOST_REFUSED']);
  });

  test('is looked at for files and health as well', async () => {
    expect(await statusOf(open, { url: '/', headers: { host: 'evil.test' } })).toBe(403);
    expect(await statusOf(open, { url: '/healthz', headers: { host: 'evil.test' } })).toBe(403);
  });
});

describe('the Origin', () => {
  const promote: InjectOptions = { method: 'POST', url: '/v1/models/BTCUSDT/promote', payload: { version: 2 } };

  test.each([
    'http://evil.test',
    'null',
    'http://localhost:81',
    'http://localhost.evil.test',
    'https://localhost@evil.test',
  ])('%s changes nothing and reads no events', async (origin) => {
    expect(await statusOf(open, { ...promote, headers: { origin } })).toBe(403);
    expect(await statusOf(open, { url: '/v1/events', headers: { origin } })).toBe(403);
  });

  test('of the page itself is answered, with TLS in front of the server too', async () => {
    for (const origin of ['http://localhost:80', 'https://localhost:80']) {
      expect(await statusOf(open, { ...promote, headers: { origin, host: 'localhost:80' } })).toBe(200);
    }
  });

  test('is not needed to tell a page of another site by what its browser says', async () => {
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site };
      expect(await statusOf(open, { url: '/v1/events', headers })).toBe(403);
      expect(await statusOf(open, { url: '/v1/models', headers })).toBe(403);
      expect(await statusOf(open, { url: '/', headers })).toBe(200);
    }
  });

  test('is never answered with a permission to read', async () => {
    const preflight = { origin: 'http://evil.test', 'access-control-request-method': 'POST' };
    const answer = await open.app.inject({ method: 'OPTIONS', url: '/v1/retrain', headers: preflight });
    expect(answer.statusCode).toBe(403);
    for (const { method, url } of open.routes) {
      if (url === '/v1/events') continue;
      const { headers } = await open.app.inject({ method: method as 'GET', url });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('media types', () => {
  const writes = () => open.routes.filter(({ method }) => method === 'POST');

  // GHSA-mg2h-6x62-wpwc, CVE-2026-25223, CVE-2026-3419, CVE-2026-33806: what was taken for JSON by one look and not by another.
  test.each([
    undefined,
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json\ta',
    'application/json\t',
    'application/json ; charset=utf-8',
    'application/json; foo=bar',
    'application/json;',
    'application/json,text/plain',
    'application/json a',
    ' application/json',
    'Application/JSON',
    'ApplicAtion/json',
    'application/json+x',
    'application/jsonx',
    'text/plain; application/json',
    '*/*',
    '',
  ])('%j is refused by every route that writes', async (type) => {
    expect(writes().length).toBeGreaterThanOrEqual(6);
    for (const { url } of writes()) {
      const headers = type === undefined ? {} : { 'content-type': type };
      const answer = await open.app.inject({ method: 'POST', url, headers, payload: '{"version":2}' });
      expect([url, answer.statusCode, answer.body.includes('MEDIA_TYPE') || url.startsWith('/v2')]).toEqual([
        url,
        415,
        true,
      ]);
    }
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'application/json;charset=UTF-8'])(
    '%s is JSON',
    async (type) => {
      const options: InjectOptions = { method: 'POST', url: '/v1/models/BTCUSDT/promote', payload: '{"version":1}' };
      expect(await statusOf(open, { ...options, headers: { 'content-type': type } })).toBe(200);
    },
  );
});

describe('headers of answers', () => {
  test('keep a browser from running, framing or guessing anything', async () => {
    const page = await open.app.inject('/');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    expect(page.headers['x-frame-options']).toBe('DENY');
    for (const url of ['/', '/docs', '/v1/status', '/v1/nothing', '/healthz', '/v1/predictions/BTCUSDT']) {
      const { headers } = await open.app.inject(url);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    }
  });
});

describe('keys that reach a prototype', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const keys = fc.constantFrom('__proto__', 'constructor', 'prototype');

  test('are refused in bodies, however deep and however spelled', async () => {
    const poisoned = fc
      .tuple(keys, fc.array(fc.constantFrom('a', 'inputs', 'version'), { maxLength: 5 }), fc.boolean(), fc.boolean())
      .map(([key, path, isEscaped, isList]) => {
        const name = isEscaped ? key.replace('o', '\\u006f') : key;
        const inner = `{"${name}":{"polluted":true}}`;
        return path.reduce((text, part) => (isList ? `{"${part}":[1,${text}]}` : `{"${part}":${text}}`), inner);
      });
    await fc.assert(
      fc.asyncProperty(
        poisoned,
        fc.constantFrom('/v1/retrain', '/v1/models/BTCUSDT/promote', '/v2/models/BTCUSDT/infer'),
        async (payload, url) => {
          expect(await statusOf(open, { method: 'POST', url, headers: JSON_TYPE, payload })).toBe(400);
          expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
          expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each([
    '__proto__=1',
    '__proto__[polluted]=1',
    'constructor.prototype.polluted=1',
    'limit=1&__proto__=2',
    'prototype=1',
  ])('%s is refused in a query', async (query) => {
    expect(await statusOf(open, { url: `/v1/ledger?name=BTCUSDT&${query}` })).toBe(400);
    expect(await statusOf(open, { url: `/v1/predictions/BTCUSDT?${query}` })).toBe(400);
  });

  test('that are escaped in a query are refused too', async () => {
    expect(await statusOf(open, { url: '/v1/ledger?name=BTCUSDT&__prot%6f__=1' })).toBe(400);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('the rate', () => {
  const ask = (server: Server, remoteAddress: string, url = '/no-such-route') =>
    server.app.inject({ url, remoteAddress });

  test('of one client on another machine has a limit, whatever it asks and whether it has the token', async () => {
    const limits = { requestsPerMinute: 2 };
    const server = await createServer({ service, settings: { host: '0.0.0.0', token: TOKEN, limits } });
    await ask(server, '192.0.2.1');
    expect(await statusOf(server, { url: '/v1/status', remoteAddress: '192.0.2.1' })).toBe(401);
    const refused = await ask(server, '::ffff:192.0.2.1');
    expect([refused.statusCode, refused.json().error.code]).toEqual([429, 'REQUESTS_TOO_MANY']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    for (const url of ['/healthz', '/readyz', '/v2/health/live', '/v2/health/ready']) {
      expect((await ask(server, '192.0.2.1', url)).statusCode).not.toBe(429);
    }
    expect((await ask(server, '192.0.2.2')).statusCode).not.toBe(429);
    for (let i = 0; i < 5; i++) expect((await ask(server, '127.0.0.1')).statusCode).not.toBe(429);
    await server.app.close();
  });

  test('of a server that only this machine can reach has none', async () => {
    const server = await createServer({ service, settings: { limits: { requestsPerMinute: 2 } } });
    for (let i = 0; i < 5; i++) expect((await ask(server, '192.0.2.1')).statusCode).not.toBe(429);
    await server.app.close();
  });
});
