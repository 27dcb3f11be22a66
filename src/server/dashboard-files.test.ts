import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMemoryService } from '../../test/support/memory-service.js';
import { createServer, type Server } from './server.js';

const folder = mkdtempSync(join(tmpdir(), 'tradeai-dashboard-'));
const dashboardFolder = join(folder, 'dashboard');
const service = await openMemoryService({ symbolCount: 1, rowCount: 300 });
let server: Server;

beforeAll(async () => {
  mkdirSync(join(dashboardFolder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  writeFileSync(join(dashboardFolder, 'index.html'), '<!doctype html><title>TradeAI</title>');
  writeFileSync(join(dashboardFolder, 'theme.js'), '1;');
  writeFileSync(join(dashboardFolder, '.env'), 'hidden');
  writeFileSync(join(dashboardFolder, 'assets/index-BQx1_-9z.js'), '2;');
  server = await createServer({ service, settings: { dashboardFolder, token: 'a-token-for-the-api' } });
});
afterAll(async () => {
  await server.app.close();
  await service.stop();
  rmSync(folder, { recursive: true });
});

test('the page is served without token, is asked for anew every time, and may run nothing inline', async () => {
  for (const url of ['/', '/index.html']) {
    const page = await server.app.inject(url);
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['cache-control']).toBe('no-cache');
    expect(page.headers['content-security-policy']).toContain("script-src 'self';");
    expect(page.headers['x-frame-options']).toBe('DENY');
  }
  expect((await server.app.inject('/theme.js')).headers['cache-control']).toBe('no-cache');
});

test('files with a hash in their name are kept for good, and files that are known are not sent again', async () => {
  const file = await server.app.inject('/assets/index-BQx1_-9z.js');
  expect(file.body).toBe('2;');
  expect(file.headers['content-type']).toBe('application/javascript; charset=utf-8');
  expect(file.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  const headers = { 'if-none-match': String(file.headers.etag) };
  expect((await server.app.inject({ url: '/assets/index-BQx1_-9z.js', headers })).statusCode).toBe(304);
});

test.each([
  ['if-match', '"another"', 412, 'PRECONDITION_FAILED'],
  ['if-unmodified-since', 'Mon, 01 Jan 2001 00:00:00 GMT', 412, 'PRECONDITION_FAILED'],
  ['range', 'bytes=9999-', 416, 'RANGE_INVALID'],
])('a file that does not meet %s: %s is refused with %i', async (name, value, status, code) => {
  for (const url of ['/', '/assets/index-BQx1_-9z.js']) {
    const refused = await server.app.inject({ url, headers: { [name]: value } });
    expect([refused.statusCode, refused.json().error.code]).toEqual([status, code]);
    expect(refused.headers['cache-control']).toBe('no-store');
    const head = await server.app.inject({ method: 'HEAD', url, headers: { [name]: value } });
    expect([head.statusCode, head.body]).toEqual([status, '']);
  }
});

test('a range of a file that there is is sent', async () => {
  const part = await server.app.inject({ url: '/theme.js', headers: { range: 'bytes=0-0' } });
  expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([206, '1', 'bytes 0-0/2']);
  const none = await server.app.inject({ url: '/theme.js', headers: { range: 'bytes=2-' } });
  expect(none.headers['content-range']).toBe('bytes */2');
});

test.each([
  '/../secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/assets/..%5c..%5csecret.txt',
  '/assets/%252e%252e/secret.txt',
  '/assets//../../secret.txt',
  '/.env',
  '/assets/',
  '/assets',
  '/index.html%00.js',
])('%s is no file', async (url) => {
  const answer = await server.app.inject(url);
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(answer.body).not.toMatch(/outside|hidden/);
});

test('everything else still asks for the token', async () => {
  expect((await server.app.inject('/v1/models')).statusCode).toBe(401);
  expect(server.routes.filter(({ url, isPublic }) => isPublic && url.startsWith('/v1'))).toEqual([]);
});
