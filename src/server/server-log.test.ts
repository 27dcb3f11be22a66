import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { openMemoryService } from '../../test/support/memory-service.js';
import type { ForecastService } from '../ports/forecast-service.js';
import { createServer } from './server.js';
import { createLineWriter, createServerLog } from './server-log.js';

const TOKEN = 'canary-token-7f3a/+"x';
const API_KEY = 'canary-api-key-55c1';
const SECRETS = [TOKEN, API_KEY];
const SPELLINGS = [
  ...SECRETS,
  encodeURIComponent(TOKEN),
  JSON.stringify(TOKEN).slice(1, -1),
  Buffer.from(TOKEN).toString('base64').slice(0, 20),
];

function openLog() {
  const lines: string[] = [];
  return { lines, log: createServerLog({ level: 'trace', secrets: SECRETS, write: (line) => lines.push(line) }) };
}

test('secrets are in no line, answer or figure, whatever is asked and whatever fails', async () => {
  const memory = await openMemoryService({ symbolCount: 1, rowCount: 300 });
  const failing: ForecastService = {
    ...memory,
    // As a careless adapter would: the secret in message, cause and properties.
    jobs() {
      const cause = new Error(`GET https://user:${API_KEY}@exchange/?key=${API_KEY}`);
      throw Object.assign(new Error(`refused: ${API_KEY}`, { cause }), {
        config: { headers: { authorization: `Bearer ${TOKEN}` }, apiSecret: API_KEY },
      });
    },
  };
  const { lines, log } = openLog();
  const { app } = await createServer({ service: failing, settings: { token: TOKEN }, log });
  const answers: string[] = [];
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    'x-api-key': API_KEY,
    cookie: `a=${API_KEY}`,
    'content-type': 'application/json',
  };
  for (const url of [
    '/v1/jobs',
    '/v1/status',
    `/v1/models/${encodeURIComponent(API_KEY)}`,
    `/v1/status?token=${encodeURIComponent(TOKEN)}`,
    `/${encodeURIComponent(TOKEN)}`,
    '/metrics',
    '/openapi.json',
    '/docs',
  ]) {
    const answer = await app.inject({ url, headers });
    // A name that the caller sent may come back to the caller; it is in no other place.
    if (!url.includes('canary')) answers.push(answer.body, JSON.stringify(answer.headers));
  }
  await app.inject({ method: 'POST', url: '/v1/retrain', headers, payload: `{"names":["${API_KEY}" ` });
  await app.inject({ url: '/v1/status', headers: { authorization: `Bearer ${API_KEY}` } });
  const failure = await app.inject({ url: '/v1/jobs', headers });
  expect(failure.statusCode).toBe(500);
  expect(failure.body).not.toMatch(/refused|stack|at /);
  answers.push((await app.inject({ url: '/metrics', headers })).body);
  await app.close();
  await memory.stop();

  expect(lines.some((line) => line.includes('request failed') && line.includes(failure.json().error.requestId))).toBe(
    true,
  );
  const all = [...lines, ...answers].join('\n');
  expect(SPELLINGS.filter((spelling) => all.includes(spelling))).toEqual([]);
});

test('fields that hold secrets are redacted by their name, unknown ones by their value', () => {
  const { lines, log } = openLog();
  log.info({ password: 'not-a-known-secret', nested: { apiSecret: 'nor-this' } }, 'fields');
  log.info({ anything: `x${API_KEY}y` }, `text ${encodeURIComponent(TOKEN)}`);
  const all = lines.join('');
  expect(all).not.toMatch(/not-a-known-secret|nor-this|canary/);
  expect(all).toContain('x[secret]y');
});

test('requests are logged with their id and route, writes above reads', async () => {
  const service = await openMemoryService({ symbolCount: 1, rowCount: 300 });
  const { lines, log } = openLog();
  const { app } = await createServer({ service, log });
  await app.inject('/v1/models/BTCUSDT');
  await app.inject({ method: 'POST', url: '/v1/models/BTCUSDT/promote', payload: { version: 1 } });
  await app.close();
  await service.stop();
  const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
  expect(requests).toMatchObject([
    {
      level: 20,
      method: 'GET',
      path: '/v1/models/:name',
      status: 200,
      requestId: expect.stringMatching(/^[0-9a-f]{8}-1$/),
    },
    { level: 30, method: 'POST', path: '/v1/models/:name/promote', status: 200 },
  ]);
});

test('a log reader that stalls costs lines, which are counted, and no memory', async () => {
  const written: string[] = [];
  let isStalled = true;
  let resume = () => {};
  const stream = new Writable({
    write(chunk, _encoding, callback) {
      const take = () => {
        written.push(String(chunk));
        callback();
      };
      if (isStalled) resume = take;
      else take();
    },
  });
  const write = createLineWriter(stream);
  const line = `${'x'.repeat(1_023)}\n`;

  for (let count = 0; count < 2_000; count++) write(line);
  // One MiB waits, and the line that went beyond it.
  expect(stream.writableLength).toBe(2 ** 20 + 1_024);
  isStalled = false;
  resume();
  await expect.poll(() => stream.writableLength).toBe(0);
  expect(written).toHaveLength(1_025);
  write('next\n');
  expect(JSON.parse(written[1_025])).toMatchObject({ level: 40, lines: 975, msg: 'lines of the log found no reader' });
  expect(written.slice(1_026)).toEqual(['next\n']);
});
