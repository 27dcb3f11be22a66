/** Who may ask the built server, and that what it knows of secrets stays inside. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runTradeAi } from '../support/built-program.js';
import {
  type LiveMarket,
  type LiveServer,
  NAME,
  startLiveMarket,
  startLiveServer,
  trainLive,
} from '../support/live-server.js';

// Canaries: random, and nowhere else.
const TOKEN = 'canary0token7Qx9vLmT2sKd8';
const WEBHOOK_KEY = 'canary0webhook4Zr6pWn1bJf3';
const PATH_SECRET = 'canary0path5Hy8cGt';
const CANARY = /canary0/;

let market: LiveMarket;
let home: string;
let hook: Server;
let server: LiveServer;
const delivered: { signature: string | undefined; kind: string }[] = [];
const environment = { TRADEAI_TOKEN: TOKEN, HOOK_KEY: WEBHOOK_KEY };

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tradeai-secrets-'));
  hook = createServer(async (incoming, response) => {
    let body = '';
    for await (const part of incoming) body += part;
    delivered.push({ signature: incoming.headers['x-tradeai-signature']?.toString(), kind: JSON.parse(body).kind });
    // Every other delivery fails, so that failures are logged too.
    response.writeHead(delivered.length % 2 === 0 ? 500 : 200).end();
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const { port } = hook.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/${PATH_SECRET}`;
  const webhooks = [
    { url, secretEnv: 'HOOK_KEY', allowPrivate: true },
    // Nobody is there.
    { url: `http://127.0.0.1:9/${PATH_SECRET}`, secretEnv: 'HOOK_KEY', allowPrivate: true },
  ];
  writeFileSync(join(home, 'tradeai.config.json'), JSON.stringify({ serve: { webhooks } }));
  market = await startLiveMarket();
  await trainLive(home, market);
  server = await startLiveServer(home, market, {
    environment,
    args: ['--host', '0.0.0.0', '--log-level', 'trace'],
  });
});
afterAll(async () => {
  await server?.end('SIGKILL');
  await market.close();
  hook.close();
  rmSync(home, { recursive: true, force: true });
});

test('others are served with a token only', async () => {
  const refused = await runTradeAi(['serve', '--host', '0.0.0.0', '--port', '0', '--home', `${home}-other`], {
    environment: market.environment,
  });
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('TRADEAI_TOKEN');
  const base = server.url.replace('0.0.0.0', '127.0.0.1');
  expect((await fetch(`${base}/v1/predictions/${NAME}`)).status).toBe(401);
  expect((await fetch(`${base}/metrics`)).status).toBe(401);
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
  expect((await server.client.prediction(NAME)).version).toBe(1);
});

test('canary secrets are in no log at trace level, no metric, no error, no file, and no `config show`', async () => {
  const base = server.url.replace('0.0.0.0', '127.0.0.1');
  const authorization = `Bearer ${TOKEN}`;
  const answers: string[] = [];
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${base}${path}`, init);
    const answer = `${JSON.stringify([...response.headers])} ${await response.text()}`;
    // A refusal may repeat to its sender what that sender has sent.
    if (!CANARY.test(`${path} ${init.body ?? ''}`)) answers.push(answer);
  };
  const json = { authorization, 'content-type': 'application/json' };
  await ask('/v1/models', { headers: { authorization } });
  await ask('/v1/models', { headers: { authorization: `Bearer ${TOKEN}x` } });
  await ask('/v1/status', { headers: { authorization, origin: 'http://elsewhere.example' } });
  await ask(`/v1/models?token=${TOKEN}`, { headers: { authorization } });
  await ask(`/v1/predictions/${TOKEN}`, { headers: { authorization } });
  await ask(`/${WEBHOOK_KEY}/${PATH_SECRET}`, { headers: { authorization } });
  await ask('/v1/retrain', { method: 'POST', headers: json, body: `{"names": ["${WEBHOOK_KEY}"` });
  await ask('/v1/retrain', { method: 'POST', headers: json, body: '{"names": ["NONE"]}' });
  await ask('/v1/models/NONE/promote', { method: 'POST', headers: json, body: '{"version": 1}' });
  await ask('/metrics', { headers: { authorization } });
  await ask('/openapi.json', { headers: { authorization } });
  await ask('/v1/status', { headers: { authorization } });
  await ask('/v1/jobs', { headers: { authorization } });
  // A training has the environment too, and fails with its last words.
  const [job] = await server.client.retrain([NAME]);
  await vi.waitFor(async () => expect((await server.client.job(job.id)).endedAtMs).not.toBeNull(), {
    timeout: 60_000,
    interval: 100,
  });
  await vi.waitFor(() => expect(delivered.length).toBeGreaterThan(3), { timeout: 60_000 });
  expect(delivered[0].signature).toBeDefined();
  answers.push(JSON.stringify(await server.client.jobs()));
  expect(answers.join('\n')).not.toMatch(CANARY);

  const shown = await runTradeAi(['config', 'show', '--json', '--home', home], { environment });
  expect(shown.status).toBe(0);
  expect(shown.stdout).toContain('set (not shown)');
  expect(shown.stdout + shown.stderr).not.toMatch(CANARY);

  expect(await server.end()).toBe(0);
  const log = server.log();
  expect(log.split('\n').length).toBeGreaterThan(10);
  expect(log).toContain('webhook');
  expect(log).not.toMatch(CANARY);
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('tradeai.config')) continue;
    const path = join(entry.parentPath, entry.name);
    expect(readFileSync(path).toString('latin1'), path).not.toMatch(CANARY);
  }
});
