/** The built server on a market of seconds: candles close while the test looks on. */

import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServerEvent } from '../../src/client/client.js';
import { openForecastLedger } from '../../src/storage/forecast-ledger.js';
import { runTradeAi } from '../support/built-program.js';
import {
  type LiveMarket,
  type LiveServer,
  NAME,
  startLiveMarket,
  startLiveServer,
  trainLive,
} from '../support/live-server.js';

let market: LiveMarket;
let home: string;
const servers: LiveServer[] = [];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tradeai-serve-'));
  market = await startLiveMarket();
  await trainLive(home, market);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.end('SIGKILL')));
  await market.close();
  rmSync(home, { recursive: true, force: true });
});

async function serve(): Promise<LiveServer> {
  const server = await startLiveServer(home, market);
  servers.push(server);
  return server;
}

/** Events until enough have come. */
async function collectEvents(server: LiveServer, isEnough: (events: ServerEvent[]) => boolean): Promise<ServerEvent[]> {
  const controller = new AbortController();
  const events: ServerEvent[] = [];
  for await (const event of server.client.events({ signal: controller.signal })) {
    events.push(event);
    if (isEnough(events)) break;
  }
  controller.abort();
  return events;
}

const readLedger = async () =>
  (await openForecastLedger(home, () => undefined).read({ name: NAME, limit: 1e6 })).entries;

test('a new candle has its forecast before the next one comes: told, in the ledger, and scored when its time has come', async () => {
  const server = await serve();
  const before = await server.client.prediction(NAME);
  // That forecast may be told once more: when its answer came before its event, or when it has become stale.
  const newer = (seen: readonly ServerEvent[]) =>
    seen.flatMap((event) => (event.kind === 'prediction' && event.prediction.asOfMs > before.asOfMs ? [event] : []));
  const events = await collectEvents(server, (seen) => newer(seen).length === 3);
  const predictions = newer(events);
  for (const { prediction } of predictions) {
    expect(prediction.predictedPrice).toBe(prediction.lastClose * (1 + prediction.predictedChange));
  }
  // In their order: the candle, what became of the forecast before, the next one.
  const order = events.map(({ kind }) => kind).join();
  expect(order).toMatch(/candle,outcome,(outcome,)*prediction/);
  // No candle waits for the one after it.
  const candles = events.flatMap((event) => (event.kind === 'candle' ? [event] : []));
  expect(order.match(/candle|prediction/g)!.join()).toMatch(/^(prediction,)?(candle,prediction,?)+$/);
  const closes = candles.map(({ openTimeMs }) => openTimeMs + 1_000);
  expect(predictions.map(({ prediction }) => prediction.asOfMs).slice(-closes.length)).toEqual(closes);
  const { entries } = await server.client.ledger({ name: NAME, limit: 20 });
  for (const { prediction } of predictions) {
    const entry = entries.find(({ asOfMs }) => asOfMs === prediction.asOfMs);
    expect(entry).toMatchObject({ version: 1, predictedChange: prediction.predictedChange });
  }
  const outcomes = events.flatMap((event) => (event.kind === 'outcome' ? [event.entry] : []));
  expect(outcomes.length).toBeGreaterThan(0);
  const { prediction: newest } = predictions.at(-1)!;
  const newestCandles = await server.client.candles({
    symbol: 'TESTUSDT',
    interval: '1s',
    toMs: newest.asOfMs,
    limit: 1,
  });
  expect(newestCandles.close.at(-1)).toBe(newest.lastClose);
  expect((await server.client.models())[0]).toMatchObject({ health: 'ok', champion: { version: 1 } });
  expect((await server.client.status()).refusedLoads).toBe(0);
});

test('a second server on the workspace is told who has it, and ends', async () => {
  const [server] = servers;
  const { status, stderr } = await runTradeAi(['serve', '--port', '0', '--home', home], {
    environment: market.environment,
  });
  expect(status).toBe(1);
  expect(stderr).toContain(`process ${server.child.pid} at ${server.url}`);
});

test('killed and started again, the ledger goes on: nothing twice, nothing lost, and nothing left unscored', async () => {
  const [killed] = servers;
  const served = await killed.client.prediction(NAME);
  await killed.end('SIGKILL');
  const before = await readLedger();
  expect(before.some(({ asOfMs }) => asOfMs === served.asOfMs)).toBe(true);
  const server = await serve();
  await collectEvents(server, (seen) => seen.filter(({ kind }) => kind === 'prediction').length === 3);
  const after = await readLedger();
  const keyOf = ({ version, asOfMs }: { version: number; asOfMs: number }) => `${version} ${asOfMs}`;
  expect(new Set(after.map(keyOf)).size).toBe(after.length);
  for (const { outcome, isUnscorable, ...forecast } of before) {
    const entry = after.find((other) => keyOf(other) === keyOf(forecast))!;
    expect(entry).toMatchObject({ ...forecast, ...(outcome === null && !isUnscorable ? {} : { outcome }) });
  }
  // Newest first: all but those whose candle has not closed are settled.
  const open = after.filter(({ outcome, isUnscorable }) => outcome === null && !isUnscorable);
  expect(open.every(({ targetTimeMs }) => targetTimeMs >= after[0].asOfMs)).toBe(true);
});

test('SIGTERM under load: what is under way is finished, new requests are turned away, and the exit status is 0', async () => {
  const server = servers.at(-1)!;
  let isStopping = false;
  const answers = { ok: 0, unavailable: 0, refused: 0, other: [] as string[] };
  const load = Promise.all(
    Array.from({ length: 16 }, async () => {
      for (;;) {
        try {
          const response = await fetch(`${server.url}/v1/predictions/${NAME}`);
          const body = await response.text();
          if (response.status === 200 && JSON.parse(body).version === 1) answers.ok += 1;
          else if (response.status === 503 && response.headers.get('retry-after') !== null) answers.unavailable += 1;
          else answers.other.push(`${response.status} ${body}`);
        } catch (error) {
          if (!isStopping) answers.other.push(String(error));
          answers.refused += 1;
          return;
        }
      }
    }),
  );
  // A request whose body is still on its way when the signal comes.
  const slow = request(`${server.url}/v1/retrain`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': '21' },
  });
  const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
    slow.on('error', reject).on('response', async (response) => {
      let body = '';
      for await (const part of response) body += part;
      resolve({ status: response.statusCode!, body });
    });
  });
  slow.write('{"names":');
  while (answers.ok <= 100) await wait(10);
  isStopping = true;
  server.child.kill('SIGTERM');
  while (answers.unavailable === 0) await wait(10);
  const late = await fetch(`${server.url}/v1/predictions/${NAME}`).catch(() => undefined);
  if (late !== undefined) expect(late.status).toBe(503);
  slow.end('["NOBODY"] }');
  expect(await answered).toMatchObject({ status: 404, body: expect.stringContaining('MODEL_NOT_FOUND') });
  expect(await server.end()).toBe(0);
  await load;
  expect(answers.other).toEqual([]);
});
