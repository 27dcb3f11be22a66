import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { wait } from '../../../test/support/raw-http.js';
import { WEBHOOK_EVENTS } from '../../options/serve-options.js';
import type { ServerEvent } from '../../wire/wire.js';
import { createServerLog } from '../server-log.js';
import { readWebhookTargets, startWebhooks, WEBHOOK_TIMING, type WebhookTarget } from './webhook-sender.js';

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Longer than any test runs. */
const NEVER_MS = 2 ** 31 - 1;
const QUICK = { ...WEBHOOK_TIMING, firstWaitMs: 5, longestWaitMs: 20, timeoutMs: NEVER_MS };
const gap = (message: string): ServerEvent => ({
  kind: 'data-gap',
  atMs: 1,
  symbol: 'BTCUSDT',
  interval: '1h',
  source: 'demo',
  message,
});
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function openSink(
  answer: (received: Received, response: ServerResponse) => void = (_, response) => response.end(),
) {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      answer(received.at(-1)!, response);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { received, port, url: `http://127.0.0.1:${port}/hook`, connectionCount: () => connections };
}

function start(targets: Partial<WebhookTarget>[], options: Partial<Parameters<typeof startWebhooks>[0]> = {}) {
  const lines: string[] = [];
  const sender = startWebhooks({
    targets: targets.map((target) => ({ url: '', events: WEBHOOK_EVENTS, allowPrivate: true, ...target })),
    log: createServerLog({ write: (line) => lines.push(line) }),
    timing: QUICK,
    ...options,
  });
  closers.push(() => sender.close());
  return { sender, lines };
}

async function until(isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 6_000 && !isDone(); i++) await wait(10);
  expect(isDone()).toBe(true);
}

test('an event arrives signed, so that its receiver can tell who sent it and when', async () => {
  const sink = await openSink();
  const { sender } = start([{ url: sink.url, secret: 'key-of-the-hook' }]);
  const sentMs = Date.now();
  sender.send(gap('three candles'));
  await until(() => sink.received.length === 1);
  const { headers, body } = sink.received[0];
  expect(JSON.parse(body)).toEqual(gap('three candles'));
  expect(headers).toMatchObject({
    host: `127.0.0.1:${sink.port}`,
    'content-type': 'application/json; charset=utf-8',
    'x-tradeai-event': 'data-gap',
  });
  const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-tradeai-signature']))!;
  const expected = createHmac('sha256', 'key-of-the-hook').update(`${seconds}.${body}`).digest();
  expect(timingSafeEqual(Buffer.from(hex, 'hex'), expected)).toBe(true);
  expect(Number(seconds)).toBeGreaterThanOrEqual(Math.floor(sentMs / 1_000));
  expect(Number(seconds)).toBeLessThanOrEqual(Date.now() / 1_000);
});

test('a forecast that becomes stale while its target is away is delivered as a stale one', async () => {
  const asOfMs = Date.UTC(2026, 5, 1, 12);
  let nowMs = asOfMs;
  const sink = await openSink((_, response) => {
    response.statusCode = sink.received.length === 1 ? 503 : 200;
    nowMs += 2 * 3_600_000;
    response.end();
  });
  const { sender } = start([{ url: sink.url }], { now: () => nowMs });
  const prediction = { name: 'BTCUSDT', interval: '1h', asOfMs, signal: 'BUY', reasons: [], warnings: [] };
  sender.send({ kind: 'prediction', atMs: asOfMs, prediction: prediction as never, isFresh: true });
  await until(() => sink.received.length === 2);
  const [first, second] = sink.received.map(({ body }) => JSON.parse(body).prediction);
  expect(first).toEqual(prediction);
  expect(second).toMatchObject({ signal: 'HOLD', warnings: [expect.stringContaining('about the past')] });
});

test('only the events asked for are sent, and of a training only its end', async () => {
  const sink = await openSink();
  const { sender } = start([{ url: sink.url, events: ['job', 'drift'] }]);
  const job = { id: 'a', endedAtMs: null } as never;
  sender.send(gap('not asked for'));
  sender.send({ kind: 'job', atMs: 1, job });
  sender.send({ kind: 'job', atMs: 2, job: { id: 'a', endedAtMs: 2 } as never });
  sender.send({ kind: 'drift', atMs: 3, name: 'BTCUSDT', version: 1, reasons: [] });
  await until(() => sink.received.length === 2);
  expect(sink.received.map(({ headers }) => headers['x-tradeai-event'])).toEqual(['job', 'drift']);
});

test('a name that becomes a private address between check and connection reaches nothing', async () => {
  const sink = await openSink();
  let lookups = 0;
  const lookup = async () => {
    lookups += 1;
    return [lookups === 1 ? '203.0.114.7' : '127.0.0.1'];
  };
  const timing = { ...QUICK, timeoutMs: 300 };
  const target = { url: `http://rebinding.test:${sink.port}/`, allowPrivate: false };
  const { sender, lines } = start([target], { lookup, timing });
  sender.send(gap('x'));
  // The first attempt goes to the public address that was checked and finds nobody; the second is refused by the check.
  await until(() => lines.length === 1);
  expect(lookups).toBe(2);
  expect(JSON.parse(lines[0])).toMatchObject({ reason: expect.stringContaining('not allowed'), attempts: 2 });
  expect(sink.connectionCount()).toBe(0);
});

test('the name is looked up once an attempt, and Host stays the name', async () => {
  const sink = await openSink();
  let lookups = 0;
  const lookup = async () => {
    lookups += 1;
    return ['127.0.0.1'];
  };
  const { sender } = start([{ url: `http://hooks.test:${sink.port}/a?b=c` }], { lookup });
  sender.send(gap('x'));
  await until(() => sink.received.length === 1);
  expect([lookups, sink.received[0].headers.host]).toEqual([1, `hooks.test:${sink.port}`]);
});

test.each(['http://127.0.0.1', 'http://2130706433', 'http://[::ffff:127.0.0.1]', 'http://0x7f.1'])(
  '%s is not connected to unless private addresses are allowed',
  async (origin) => {
    const sink = await openSink();
    const { sender, lines } = start([{ url: `${origin}:${sink.port}/`, allowPrivate: false }]);
    sender.send(gap('x'));
    await until(() => lines.length === 1);
    expect(sink.connectionCount()).toBe(0);
  },
);

test('a redirect is not followed', async () => {
  const inner = await openSink();
  const outer = await openSink((_received, response) => response.writeHead(307, { location: inner.url }).end());
  const { sender, lines } = start([{ url: outer.url }]);
  sender.send(gap('x'));
  await until(() => lines.length === 1);
  expect(JSON.parse(lines[0])).toMatchObject({ reason: 'status 307', attempts: 1 });
  expect([outer.received.length, inner.connectionCount()]).toEqual([1, 0]);
});

test('an answer that does not end is cut off, and nothing of it is told', async () => {
  const sink = await openSink((_received, response) => {
    response.writeHead(500);
    const timer = setInterval(() => response.write('internal-secret '.repeat(512)), 1);
    response.once('close', () => clearInterval(timer));
  });
  const { sender, lines } = start([{ url: `${sink.url}?path-secret` }], { timing: { ...QUICK, attempts: 2 } });
  sender.send(gap('x'));
  await until(() => lines.length === 1);
  expect(lines[0]).toContain('status 500');
  expect(lines[0]).not.toMatch(/internal-secret|path-secret|hook\?/);
});

test('what fails is tried again under the same name, what is refused is not', async () => {
  let count = 0;
  const sink = await openSink((_received, response) => {
    count += 1;
    response.writeHead(count < 3 ? 503 : 204).end();
  });
  const { sender } = start([{ url: sink.url }]);
  sender.send(gap('again'));
  await until(() => sink.received.length === 3);
  expect(new Set(sink.received.map(({ headers }) => headers['x-tradeai-delivery'])).size).toBe(1);
  const refusing = await openSink((_received, response) => response.writeHead(400).end());
  const refused = start([{ url: refusing.url }]);
  refused.sender.send(gap('no'));
  await until(() => refused.lines.length === 1);
  expect(refusing.received).toHaveLength(1);
});

test('a target that does not answer holds no other, and its queue has an end', async () => {
  const slow = await openSink(() => undefined);
  const quick = await openSink();
  const { sender, lines } = start([{ url: slow.url }, { url: quick.url }], {
    timing: { ...QUICK, queueLength: 5 },
  });
  for (let i = 0; i < 5; i++) sender.send(gap(String(i)));
  await until(() => quick.received.length === 5);
  for (let i = 5; i < 8; i++) sender.send(gap(String(i)));
  await until(() => quick.received.length === 8);
  expect(quick.received.map(({ body }) => JSON.parse(body).message).join('')).toBe('01234567');
  expect(slow.received).toHaveLength(1);
  expect(lines.filter((line) => line.includes('queue full'))).toHaveLength(2);
  // The stop does not wait for the slow one, which is never answered.
  await sender.close();
});

test('a name that is never resolved is given up in time, tried again, and holds no stop', async () => {
  let lookups = 0;
  const lookup = () => {
    lookups += 1;
    return new Promise<string[]>(() => undefined);
  };
  const timing = { ...QUICK, timeoutMs: 40, attempts: 2 };
  const { sender, lines } = start([{ url: 'https://hooks.example/' }], { lookup, timing });
  sender.send(gap('nobody answers'));
  await until(() => lines.length === 1);
  expect(lookups).toBe(2);
  expect(JSON.parse(lines[0])).toMatchObject({ reason: 'no answer in time', attempts: 2 });
  const patient = start([{ url: 'https://hooks.example/' }], { lookup });
  patient.sender.send(gap('nobody answers'));
  await until(() => lookups === 3);
  await patient.sender.close();
});

test.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'])(
  'a proxy of the environment (%s) is not used: it would connect to another address than the one looked at',
  async (variable) => {
    const [sink, proxy] = [await openSink(), await openSink()];
    const former = process.env[variable];
    process.env[variable] = variable === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${proxy.port}`;
    closers.push(() => {
      if (former === undefined) delete process.env[variable];
      else process.env[variable] = former;
    });
    const { sender } = start([{ url: sink.url }]);
    sender.send(gap('direct'));
    await until(() => sink.received.length === 1);
    expect(proxy.connectionCount()).toBe(0);
  },
);

test('keys come from the environment, and one that is missing is told before anything starts', () => {
  const option = {
    url: 'https://hooks.example/x',
    events: [...WEBHOOK_EVENTS],
    allowPrivate: false,
    secretEnv: 'HOOK_KEY',
  };
  expect(readWebhookTargets([option], { HOOK_KEY: 'abc' })[0].secret).toBe('abc');
  expect(() => readWebhookTargets([option], {})).toThrow(/HOOK_KEY, which is not set/);
});
