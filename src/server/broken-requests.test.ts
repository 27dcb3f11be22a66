import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openMemoryService } from '../../test/support/memory-service.js';
import { openSocket, sendRaw } from '../../test/support/raw-http.js';
import { createServer, type Server } from './server.js';

const HOST = 'Host: localhost\r\n';
const JSON_POST = `POST /v1/retrain HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const service = await openMemoryService({ symbolCount: 1, rowCount: 300 });
let server: Server;
let port: number;

beforeAll(async () => {
  server = await createServer({ service, settings: { limits: { headersTimeoutMs: 300, requestTimeoutMs: 400 } } });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  port = (server.app.server.address() as AddressInfo).port;
});
afterAll(async () => {
  await server.app.close();
  await service.stop();
});

test.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400, 'REQUEST_INVALID'],
  ['the start of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'REQUEST_INVALID'],
  ['the start of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'REQUEST_INVALID'],
  ['an unknown method', `BREW /healthz HTTP/1.1\r\n${HOST}\r\n`, 400, 'REQUEST_INVALID'],
  ['a header without colon', `GET /healthz HTTP/1.1\r\n${HOST}nonsense\r\n\r\n`, 400, 'REQUEST_INVALID'],
  ['two lengths', `${JSON_POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400, 'REQUEST_INVALID'],
  ['a negative length', `${JSON_POST}Content-Length: -1\r\n\r\n`, 400, 'REQUEST_INVALID'],
  ['an unknown coding', `${JSON_POST}Transfer-Encoding: gzip\r\n\r\n{}`, 400, 'REQUEST_INVALID'],
  ['a chunk without length', `${JSON_POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400, 'REQUEST_INVALID'],
  ['headers that are too long', `GET / HTTP/1.1\r\n${HOST}x: ${'a'.repeat(17_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ['headers that do not come', `GET / HTTP/1.1\r\n${HOST}`, 408, 'REQUEST_TIMEOUT'],
  ['a body that does not come', `${JSON_POST}Content-Length: 9\r\n\r\n{`, 408, 'REQUEST_TIMEOUT'],
  ['an expectation', `GET / HTTP/1.1\r\n${HOST}Expect: miracles\r\n\r\n`, 417, 'EXPECTATION_REFUSED'],
  ['a tunnel', `CONNECT evil.test:443 HTTP/1.1\r\n${HOST}\r\n`, 400, 'REQUEST_INVALID'],
  ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400, 'REQUEST_INVALID'],
  ['two Hosts', `GET /healthz HTTP/1.1\r\n${HOST}Host: evil.test\r\n\r\n`, 400, 'REQUEST_INVALID'],
  ['the same Host twice', `GET /healthz HTTP/1.1\r\n${HOST}host: localhost\r\n\r\n`, 400, 'REQUEST_INVALID'],
  ['an address that cannot be read', `GET /%zz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 400, 'REQUEST_INVALID'],
  ['no JSON', `${JSON_POST}Connection: close\r\nContent-Length: 1\r\n\r\n{`, 400, 'BODY_INVALID'],
])('%s is answered in the shape of every error, and the connection ends', async (_what, text, status, code) => {
  const { text: answer, isClosed } = await sendRaw(port, [text]);
  const [head, body] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head).toMatch(/\r\nx-content-type-options: nosniff/);
  expect(head).toMatch(/\r\ncontent-type: application\/json; charset=utf-8/);
  const { error, ...rest } = JSON.parse(body);
  expect(rest).toEqual({});
  expect(Object.keys(error)).toEqual(['code', 'message', 'hint', 'requestId']);
  expect(error.code).toBe(code);
  expect(head).toContain(`\r\nx-request-id: ${error.requestId}\r\n`);
  expect(isClosed).toBe(true);
});

test.each([
  ['what cannot be read', 'nonsense\r\n\r\n'],
  ['an expectation', `GET / HTTP/1.1\r\n${HOST}Expect: miracles\r\n\r\n`],
  ['a tunnel', `CONNECT evil.test:443 HTTP/1.1\r\n${HOST}\r\n`],
])('a whole request before %s has its own answer', async (_what, second) => {
  const { text, isClosed } = await sendRaw(port, [`GET /v1/data HTTP/1.1\r\n${HOST}\r\n${second}`]);
  const [head, body] = text.split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 200 /);
  expect(JSON.parse(body)).toMatchObject([{ symbol: 'BTCUSDT' }]);
  expect(isClosed).toBe(true);
});

test('a stream of events gets no answer between its lines', async () => {
  const socket = await openSocket(port);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  const awaitText = (part: string) =>
    vi.waitFor(() => expect([text.includes(part), socket.closed]).not.toEqual([false, false]), { timeout: 60_000 });
  socket.write(`GET /v1/events HTTP/1.1\r\n${HOST}\r\n`);
  await awaitText('are not repeated');
  const refused = once(server.app.server, 'clientError');
  socket.write('nonsense\r\n\r\n');
  await refused;
  // An answer would come before what is told after it.
  service.emit({ kind: 'data-gap', atMs: 1, symbol: 'BTCUSDT', interval: '1h', source: 'demo', message: 'told after' });
  await awaitText('told after');
  socket.destroy();
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(text).toContain('told after');
  expect(text).not.toContain('REQUEST_INVALID');
});

test.each([
  ['http://evil.test/healthz', 403, 'HOST_REFUSED'],
  ['HTTPS://evil.test/healthz', 403, 'HOST_REFUSED'],
  ['http://localhost@evil.test/healthz', 403, 'HOST_REFUSED'],
  ['http://localhost.evil.test/v1/status', 403, 'HOST_REFUSED'],
  ['http:///healthz', 403, 'HOST_REFUSED'],
  ['ftp://localhost/healthz', 404, 'ROUTE_NOT_FOUND'],
])('the target %s is refused, whatever Host says', async (target, status, code) => {
  const { text } = await sendRaw(port, [`GET ${target} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`]);
  expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(text).toContain(`"code":"${code}"`);
});

test('a target with the name of the server is the route behind it', async () => {
  const { text } = await sendRaw(port, [
    `GET http://127.0.0.1:${port}/v1/ledger?name=BTCUSDT&limit=1 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  ]);
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  const foreign = `GET http://localhost/v1/status HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n`;
  expect((await sendRaw(port, [foreign])).text).toMatch(/^HTTP\/1\.1 403 /);
});
