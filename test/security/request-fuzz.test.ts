/**
 * Requests as no client writes them, while another connection asks for answers that are known: every route of the router with
 * every hostile header, then random ones, with bytes changed. Nothing may be answered with 500, with another answer than
 * the clean request has, or in another shape than errors have; what needs the token stays behind it.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TradeAiError } from '../../src/core/errors.js';
import type { ForecastService } from '../../src/ports/forecast-service.js';
import { createServer, type Server } from '../../src/server/server.js';
import { type MemoryService, openMemoryService } from '../support/memory-service.js';

const REQUESTS = Number(process.env.TRADEAI_REQUEST_RUNS ?? 600);
const SEED = Number(process.env.TRADEAI_REQUEST_SEED ?? 1);
const AT_ONCE = 16;
const TOKEN = 'a-token-of-the-test-0123456789';

/** By themselves; `Host` and the token stand beside them. */
const HOSTILE_HEADERS = [
  'Range: bytes=99999999-',
  'Range: bytes=-0',
  'Range: bytes=5-2,0-0,-1',
  'Range: lines=1-2',
  `Range: bytes=${'0-0,'.repeat(500)}0-0`,
  'If-Match: "another"',
  'If-Match: *',
  'If-Match: W/"',
  'If-None-Match: *',
  'If-None-Match: "x", W/"y',
  'If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT',
  'If-Modified-Since: yesterday',
  'If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT',
  'If-Unmodified-Since: -1',
  'If-Range: "x"\r\nRange: bytes=0-1',
  'Expect: 100-continue',
  'Expect: miracles',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked\r\nContent-Length: 3',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: -1',
  'Content-Length: 1e3',
  'Content-Length: 99999999999999999999',
  'Content-Length: 2\r\nContent-Length: 3',
  'Host: evil.test',
  'Host: 127.0.0.1',
  'Accept: text/html;q=nan, */*;;;',
  `Accept: ${'a/b,'.repeat(3_000)}c/d`,
  'Accept-Encoding: br;q=9, gzip;q=-1, *;q=0',
  `Accept-Encoding: ${'gzip, '.repeat(2_000)}br`,
  'Accept-Language: \xff\xfe',
  'Accept-Charset: *;q=0',
  'Origin: http://evil.test',
  'Origin: null',
  'Origin: http://127.0.0.1',
  'Sec-Fetch-Site: cross-site',
  'Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13',
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'Connection: host, authorization',
  'Connection: keep-alive, close',
  'Keep-Alive: timeout=999999999',
  'TE: trailers, deflate;q=0.5',
  'Trailer: Authorization',
  'X-Forwarded-For: 127.0.0.1, ::1',
  'X-Forwarded-Host: evil.test',
  'X-Forwarded-Proto: javascript',
  'X-Original-URL: /v1/status',
  'X-HTTP-Method-Override: DELETE',
  'Forwarded: for=127.0.0.1;host=evil.test',
  'Content-Type: application/json; charset=utf-16',
  'Content-Type: multipart/form-data',
  'Content-Encoding: gzip',
  'Cookie: __proto__=1; constructor=2',
  'Authorization: Bearer another',
  'Last-Event-ID: 1\0',
  '__proto__: 1',
  'constructor: 1',
  ': empty',
  'no colon',
  ' folded: 1',
  `X-Long: ${'a'.repeat(17_000)}`,
  `${'X-Many: 1\r\n'.repeat(1_200)}X-Last: 1`,
];
/** Absolute targets stand before the path of the route. */
const AUTHORITIES = ['http://evil.test', 'http://127.0.0.1', 'HTTP://localhost@evil.test', 'https://[::1]:1'];
const ODD_METHODS = ['OPTIONS', 'DELETE', 'PUT', 'PATCH', 'TRACE', 'QUERY', 'get', 'CONNECT', 'BREW', ''];
const ODD_ENDS = [
  '?',
  '?limit=1&limit=2',
  '?__proto__=1',
  '?a[b]=%00',
  '%',
  '%00',
  '%ff',
  '/..',
  '#/',
  '//',
  ';',
  '\\',
  '\u00e9',
];
const BODIES = [
  '',
  '{}',
  '{',
  '[]',
  'null',
  '1e999',
  '{"names":[""]}',
  '{"version":1}',
  '{"__proto__":{}}',
  '\xff\xfe',
  '"'.repeat(500),
];

interface Shot {
  readonly text: string;
  /** Of the clean request, when its answer has to be the answer. */
  readonly clean: string | undefined;
  readonly hasToken: boolean;
}

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

const folder = mkdtempSync(join(tmpdir(), 'tradeai-fuzz-'));
let memory: MemoryService;
let server: Server;
let port: number;
/** Answers of clean requests by method and path. */
const known = new Map<string, Answer>();
/** What those have that ask without the token. */
const openBodies = new Set<string>();

beforeAll(async () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>TradeAI</title>');
  writeFileSync(join(folder, 'assets/index-BQx1_-9z.js'), '2;'.repeat(1_000));
  memory = await openMemoryService({ symbolCount: 2, rowCount: 300 });
  const refuse = async () => {
    throw new TradeAiError('VERSION_CONFLICT', 'nothing changes here, so that answers stay the same');
  };
  const service: ForecastService = { ...memory, promote: refuse, rollback: refuse, retrain: refuse, cancel: refuse };
  server = await createServer({
    service,
    settings: { token: TOKEN, dashboardFolder: folder, limits: { headersTimeoutMs: 500, requestTimeoutMs: 500 } },
  });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  port = (server.app.server.address() as AddressInfo).port;
  for (const { method, path } of listRoutes()) {
    known.set(`${method} ${path}`, await shoot(write({ method, path }), method));
    const { status, body } = await shoot(write({ method, path, hasToken: false }), method);
    if (status >= 300) continue;
    expect(path).not.toMatch(/^\/(v1|v2\/models|metrics|openapi)/);
    openBodies.add(body);
  }
});
afterAll(async () => {
  await server.app.close();
  await memory.stop();
  rmSync(folder, { recursive: true });
});

/** Every route of the router, with names that there are. */
function listRoutes(): { method: string; path: string }[] {
  return server.routes.map(({ method, url }) => ({
    method,
    path: `${url.replace(':name', 'BTCUSDT').replace(':version', '1').replace(':id', '1').replace('*', '')}${
      url === '/v1/candles'
        ? '?symbol=BTCUSDT&interval=1h&limit=3'
        : url === '/v1/ledger'
          ? '?name=BTCUSDT&limit=3'
          : ''
    }`,
  }));
}

function write({ method, path, headers = [], body = '', hasToken = true }: Draft): string {
  const isWrite = method !== 'GET' && method !== 'HEAD';
  const own = isWrite ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body, 'latin1')}`] : [];
  const token = hasToken ? [`Authorization: Bearer ${TOKEN}`] : [];
  return `${[`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...token, ...own, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

interface Draft {
  readonly method: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly hasToken?: boolean;
}

/** Every route with every hostile header, in an order that is no order: any part of it is a sample. */
function listPairs(): Shot[] {
  const pairs = listRoutes().flatMap(({ method, path }) => [
    ...HOSTILE_HEADERS.map((header) => ({
      text: write({ method, path, headers: [header] }),
      clean: `${method} ${path}`,
      hasToken: true,
    })),
    ...AUTHORITIES.map((authority) => ({
      text: write({ method, path: `${authority}${path}` }),
      clean: `${method} ${path}`,
      hasToken: true,
    })),
  ]);
  return fc.sample(fc.shuffledSubarray(pairs, { minLength: pairs.length }), { numRuns: 1, seed: SEED })[0];
}

function listRandom(count: number): Shot[] {
  const routes = listRoutes();
  const shot = fc
    .record({
      route: fc.constantFrom(...routes),
      method: fc.option(fc.constantFrom(...ODD_METHODS), { freq: 4 }),
      end: fc.option(fc.constantFrom(...ODD_ENDS), { freq: 3 }),
      authority: fc.option(fc.constantFrom(...AUTHORITIES), { freq: 8 }),
      headers: fc.array(fc.constantFrom(...HOSTILE_HEADERS), { maxLength: 4 }),
      body: fc.oneof(fc.constantFrom(...BODIES), fc.json(), fc.string({ unit: 'binary-ascii', maxLength: 200 })),
      hasToken: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
      /** Bytes put in the place of others: positions as parts of the length. */
      changes: fc.oneof(
        fc.constant([]),
        fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 5,
        }),
      ),
    })
    .map(({ route, method, end, authority, headers, body, hasToken, changes }) => {
      const path = `${authority ?? ''}${route.path}${end ?? ''}`;
      const bytes = Buffer.from(write({ method: method ?? route.method, path, headers, body, hasToken }), 'latin1');
      for (const [part, byte] of changes) bytes[Math.floor(part * bytes.length)] = byte;
      const isClean = method === null && end === null && changes.length === 0;
      return {
        text: bytes.toString('latin1'),
        clean: isClean ? `${route.method} ${route.path}` : undefined,
        hasToken: hasToken || changes.length > 0,
      };
    });
  return fc.sample(shot, { numRuns: count, seed: SEED });
}

/** Sends it on a connection of its own, and reads one answer; status 0 is a connection that ended without. */
function shoot(text: string, method = /^[A-Z]*/.exec(text)![0]): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    let received = '';
    const finish = (answer: Answer) => {
      resolve(answer);
      socket.destroy();
    };
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const answer = readAnswer(received, method);
      if (answer !== undefined) finish(answer);
    });
    socket.once('close', () => finish(readAnswer(received, method, true) ?? { status: 0, head: '', body: '' }));
    socket.write(text, 'latin1');
  });
}

/** The first answer, or `undefined` when it has not come whole. */
function readAnswer(received: string, method: string, isEnd = false): Answer | undefined {
  const text = received.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const body = text.slice(end + 4);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? Number.NaN);
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? Number.NaN);
  if (method === 'HEAD' || status === 304) return { status, head, body: '' };
  if (/^content-type: text\/event-stream/im.test(head)) return { status, head, body: 'a stream' };
  if (body.length >= length || isEnd)
    return { status, head, body: Number.isNaN(length) ? body : body.slice(0, length) };
  return undefined;
}

/** What is wrong with the answer, in a few words. */
function findFault({ text, clean, hasToken }: Shot, { status, head, body }: Answer): string | undefined {
  if (Number.isNaN(status) || status >= 500) return `status ${status}`;
  // A connection may end without an answer where none could be read: never for a request as the clean one.
  if (status === 0) return clean === undefined ? undefined : 'no answer';
  if (status >= 400) return text.startsWith('HEAD') ? undefined : findErrorFault(body);
  if (!hasToken) {
    return openBodies.has(body) || status === 304 || status === 206 ? undefined : 'answered without the token';
  }
  if (clean === undefined || status === 304 || clean.endsWith(' /metrics')) return undefined;
  const { body: expected } = known.get(clean)!;
  if (status === 206) {
    const [, start, last] = /^content-range: bytes (\d+)-(\d+)\//im.exec(head) ?? [];
    return expected.slice(Number(start), Number(last) + 1) === body ? undefined : 'another part than it says';
  }
  return body === expected ? undefined : 'another answer than the clean request has';
}

function findErrorFault(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body);
    if (typeof error === 'string') return undefined;
    return Object.keys(error).join() === 'code,message,hint,requestId' ? undefined : `an error of its own: ${body}`;
  } catch {
    return `no error in JSON: ${body.slice(0, 80)}`;
  }
}

/** Asks for what is known on one connection that stays, until it is told to stop. */
function watch(): { stop(): Promise<{ askedCount: number; wrong: string[] }> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const paths = [...known].filter(([key, { status }]) => {
    const [method, path] = key.split(' ');
    return method === 'GET' && status === 200 && path !== '/metrics' && path !== '/v1/events';
  });
  const wrong: string[] = [];
  let isStopped = false;
  let askedCount = 0;
  const ask = (path: string) =>
    new Promise<string>((resolve) => {
      const headers = { authorization: `Bearer ${TOKEN}`, host: '127.0.0.1' };
      const asked = request({ agent, port, host: '127.0.0.1', path, headers }, (answer) => {
        let body = '';
        answer.setEncoding('latin1').on('data', (text) => {
          body += text;
        });
        answer.once('end', () => resolve(`${answer.statusCode} ${body}`));
      });
      asked.once('error', ({ message }) => resolve(message)).end();
    });
  const watching = (async () => {
    while (!isStopped) {
      const [key, { status, body }] = paths[askedCount % paths.length];
      askedCount += 1;
      const answer = await ask(key.split(' ')[1]);
      if (answer !== `${status} ${body}`) wrong.push(`${key}: ${answer.slice(0, 200)}`);
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await watching;
      agent.destroy();
      return { askedCount, wrong };
    },
  };
}

test(`${REQUESTS} hostile requests get no 500 and no wrong answer, and another connection notices nothing`, {
  timeout: Math.max(300_000, REQUESTS * 60),
}, async () => {
  const pairs = listPairs();
  expect(listRoutes().length).toBeGreaterThan(40);
  const shots = [...pairs.slice(0, Math.ceil(REQUESTS / 2)), ...listRandom(REQUESTS)].slice(0, REQUESTS);
  const watcher = watch();
  const faults: string[] = [];
  const counts = new Map<number, number>();
  let next = 0;
  const worker = async () => {
    while (next < shots.length) {
      const shot = shots[next++];
      const answer = await shoot(shot.text);
      counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
      const fault = findFault(shot, answer);
      if (fault !== undefined) faults.push(`${fault}: ${JSON.stringify(shot.text.slice(0, 400))}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const { askedCount, wrong } = await watcher.stop();
  if (process.env.TRADEAI_REQUEST_RUNS !== undefined) {
    const statuses = [...counts].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
    console.log(`${shots.length} requests (${statuses.join(', ')}), ${askedCount} watched answers`);
  }
  expect(faults.slice(0, 20)).toEqual([]);
  expect(wrong).toEqual([]);
  expect(askedCount).toBeGreaterThan(REQUESTS / 50);
  expect(counts.get(200)).toBeGreaterThan(0);
});
