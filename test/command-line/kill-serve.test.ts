/**
 * kill -9 of a server at a moment drawn from a seed, again and again, each time as the first process of a namespace, as in
 * a container: number 1 was the killed one's too. See support/seeded-kills.ts. The long form,
 *
 *     TRADEAI_KILL_ROUNDS=500 npx vitest run --project command-line test/command-line/kill-serve.test.ts
 *
 * also says how many seconds it took until every model had a forecast again, and how many of them the server computed: the
 * rest it waited, for the next candle or for a processor that others had.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openForecastLedger } from '../../src/storage/forecast-ledger.js';
import {
  type LiveMarket,
  type LiveServer,
  startLiveMarket,
  startLiveServer,
  trainLive,
} from '../support/live-server.js';
import { needs } from '../support/needs.js';
import { killRounds, killTimeoutMs, seedKills } from '../support/seeded-kills.js';

const KILL_ROUNDS = killRounds(2);
const NAMESPACE = ['unshare', '-rpf', '--mount-proc', '--kill-child'];
const canUnshare = spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'true']).status === 0;
const needsNamespaces = needs(canUnshare, 'no namespaces of processes');
const SYMBOLS = ['TESTUSDT', 'OTHERUSDT'];
const NAMES = SYMBOLS.map((symbol) => `${symbol}_1s`);
const CANDLE_MS = 1_000;
/** A life after the server is ready, at most: whatever it does with a candle is done within. */
const LIFE_MS = 2 * CANDLE_MS;
const WARN_LEVEL = 40;
/** As /proc counts processor time. */
const TICKS_PER_SECOND = 100;

let market: LiveMarket;
let home: string;
let server: LiveServer | undefined;

beforeAll(async () => {
  if (!canUnshare) return;
  home = mkdtempSync(join(tmpdir(), 'tradeai-kill-serve-'));
  market = await startLiveMarket({ symbols: SYMBOLS, futureRows: killTimeoutMs(KILL_ROUNDS) / CANDLE_MS });
  // They look ahead so far that a machine under load makes no forecast too late.
  for (const symbol of SYMBOLS) await trainLive(home, market, '--symbol', symbol, '--horizon', '20');
}, 120_000);
afterAll(async () => {
  await server?.end('SIGKILL');
  if (!canUnshare) return;
  await market.close();
  rmSync(home, { recursive: true, force: true });
});

/** Resolves once every model has a forecast of a candle that closed after `startedMs`: with the close of each. */
async function awaitForecasts({ client }: LiveServer, startedMs: number): Promise<ReadonlyMap<string, number>> {
  const firstMs = new Map<string, number>();
  const told = client.events();
  const take = (name: string, asOfMs: number) => {
    if (asOfMs > startedMs && !firstMs.has(name)) firstMs.set(name, asOfMs);
  };
  // What was told before the stream was open.
  for (const name of NAMES) take(name, (await client.prediction(name)).asOfMs);
  for await (const event of told) {
    if (event.kind === 'prediction') take(event.prediction.name, event.prediction.asOfMs);
    if (firstMs.size === NAMES.length) break;
  }
  return firstMs;
}

async function closesForecast(name: string): Promise<number[]> {
  const { entries } = await openForecastLedger(home, () => undefined).read({ name, limit: 1e6 });
  return entries.map(({ asOfMs }) => asOfMs).toReversed();
}

test(`a server that is killed ${KILL_ROUNDS} times forecasts every model again each time`, {
  ...needsNamespaces,
  timeout: killTimeoutMs(KILL_ROUNDS),
}, async () => {
  const kills = seedKills();
  const seconds: number[] = [];
  const processorSeconds: number[] = [];
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const startedMs = Date.now();
    server = await startLiveServer(home, market, { runner: NAMESPACE });
    const firstMs = await awaitForecasts(server, startedMs);
    seconds.push((Date.now() - startedMs) / 1_000);
    processorSeconds.push(readProcessorSeconds(server));
    await delay(kills.drawPart() * LIFE_MS);
    await server.end('SIGKILL');
    // Nothing of what the killed one held was in its way.
    const complaints = server.log().split('\n').filter(isComplaint);
    expect(complaints).toEqual([]);
    for (const name of NAMES) {
      const closes = await closesForecast(name);
      expect(new Set(closes).size).toBe(closes.length);
      // From the first candle of this life on, each has its forecast.
      const life = closes.filter((asOfMs) => asOfMs >= firstMs.get(name)!);
      expect(life).toEqual(life.map((_, i) => firstMs.get(name)! + i * CANDLE_MS));
      expect(life.length).toBeGreaterThan(0);
    }
  }
  if (process.env.TRADEAI_KILL_ROUNDS !== undefined) {
    console.info(`from the start to a new forecast of every model: ${describe(seconds)}`);
    console.info(`processor time of the server until then: ${describe(processorSeconds)}`);
  }
});

function isComplaint(line: string): boolean {
  if (line === '') return false;
  try {
    return JSON.parse(line).level >= WARN_LEVEL;
  } catch {
    // Half a line: it was killed.
    return !line.startsWith('{');
  }
}

/** Of the server so far, which is the one child of what it is run by. */
function readProcessorSeconds({ child: { pid } }: LiveServer): number {
  const [server] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  const fields = readFileSync(`/proc/${server}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function describe(seconds: readonly number[]): string {
  const sorted = seconds.toSorted((a, b) => a - b);
  const [median, p99, most] = [0.5, 0.99, 1].map((share) => {
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);
  });
  const slow = seconds.filter((one) => one > 5).length;
  return `median ${median} s, p99 ${p99} s, at most ${most} s; ${slow} of ${seconds.length} more than 5 s`;
}
