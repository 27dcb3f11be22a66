/**
 * kill -9 at a random moment of appending candles, again and again; and several processes appending at once.
 * TRADEAI_KILL_ROUNDS sets how often.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sliceCandles } from '../../src/market/candle-series.js';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { openCandleStore } from '../../src/storage/candle-store.js';

const KILL_ROUNDS = Number(process.env.TRADEAI_KILL_ROUNDS ?? 8);
const LONGEST_LIFE_MS = 150;
const STEP = 300;
const KEY = { source: 'demo', symbol: 'BTCUSDT', interval: '1m' } as const;
const SCRIPT = join(import.meta.dirname, '../support/append-loop.mjs');

/** More than are appended in so many short lives. */
const MARKET_ROWS = Math.max(40_000, 5_000 * KILL_ROUNDS);

const { series: market } = simulateMarket({
  ...KEY,
  rowCount: MARKET_ROWS,
  seed: 1,
  firstOpenTimeMs: Date.UTC(2024, 0, 1),
  plantedR2: 0,
});

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-append-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

function startLoop(
  firstRow: number,
  rounds?: number,
): { child: ChildProcess; rowCounts: number[]; isStarted: Promise<unknown> } {
  const numbers = [MARKET_ROWS, firstRow, STEP, ...(rounds === undefined ? [] : [rounds])];
  const parameters = [SCRIPT, home, ...numbers.map(String)];
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! });
  const rowCounts: number[] = [];
  lines.on('line', (line) => rowCounts.push(Number(line)));
  return { child, rowCounts, isStarted: once(lines, 'line') };
}

test(`${KILL_ROUNDS} kills leave the old file or the new one, whole, and nothing that was reported is lost`, async () => {
  const store = openCandleStore(home);
  let rowCount = 0;
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const { child, rowCounts, isStarted } = startLoop(rowCount);
    const isClosed = once(child, 'close');
    await isStarted;
    await delay(Math.random() * LONGEST_LIFE_MS);
    child.kill('SIGKILL');
    await isClosed;

    const stored = await store.read(KEY);
    rowCount = stored?.openTimeMs.length ?? 0;
    expect(rowCount).toBeGreaterThanOrEqual(rowCounts.at(-1) ?? 0);
    expect(rowCount % STEP).toBe(0);
    expect(stored).toEqual(sliceCandles(market, 0, rowCount));
  }
  // The next append clears up what the killed ones left.
  await store.append('demo', sliceCandles(market, rowCount, rowCount + 1));
  expect(await readdir(join(home, 'data/candles/demo/BTCUSDT'))).toEqual(['1m.parquet']);
}, 300_000);

test('of three processes appending at once none loses a candle', async () => {
  const loops = [0, 10 * STEP, 20 * STEP].map((firstRow) => startLoop(firstRow, 10));
  const exits = await Promise.all(loops.map(({ child }) => once(child, 'close')));
  expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);
  expect(await openCandleStore(home).read(KEY)).toEqual(sliceCandles(market, 0, 30 * STEP));
}, 120_000);
