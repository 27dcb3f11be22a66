/**
 * kill -9 at a random moment of appending candles, again and again; and several processes appending at once.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sliceCandles } from '../../src/market/candle-series.js';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { writeCandleParquet } from '../../src/storage/candle-parquet-writer.js';
import { openCandleStore } from '../../src/storage/candle-store.js';
import { killRounds, killTimeoutMs, seedKills } from '../support/seeded-kills.js';

const KILL_ROUNDS = killRounds(8);
const LONGEST_LIFE_MS = 250;
/** Kills of one workspace, one after the other. */
const LIVES = 4;
/** Candles of a minute, enough to leave the tail, and enough for two or three files at once. */
const STEPS = '1,1,1,300,300,9000';
/** From 25 January on: two ends of a month are in it. */
const MARKET_ROWS = 60_000;
const KEY = { source: 'demo', symbol: 'BTCUSDT', interval: '1m' } as const;
const SCRIPT = join(import.meta.dirname, '../support/append-loop.mjs');

const { series: market } = simulateMarket({
  ...KEY,
  rowCount: MARKET_ROWS,
  seed: 1,
  firstOpenTimeMs: Date.UTC(2024, 0, 25),
  plantedR2: 0,
});

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-append-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

interface Loop {
  readonly child: ChildProcess;
  /** How far it has come: the rows it began with, then those that were stored. */
  readonly rowCounts: number[];
  readonly isStarted: Promise<unknown>;
}

function startLoop(home: string, firstRow: number, ...more: readonly (string | number)[]): Loop {
  const parameters = [SCRIPT, home, ...[MARKET_ROWS, firstRow, ...more].map(String)];
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! });
  const rowCounts: number[] = [];
  lines.on('line', (line) => rowCounts.push(Number(line)));
  return { child, rowCounts, isStarted: once(lines, 'line') };
}

const symbolFolderOf = (home: string) => join(home, 'data/candles/demo/BTCUSDT');

async function bytesOf(home: string): Promise<Map<string, string>> {
  const place = join(symbolFolderOf(home), KEY.interval);
  const found = new Map<string, string>();
  for (const name of await readdir(place)) found.set(name, (await readFile(join(place, name))).toString('base64'));
  return found;
}

/** A workspace as older versions wrote it, which the next append converts. */
async function makeOldWorkspace(home: string, rowCount: number): Promise<void> {
  const path = join(symbolFolderOf(home), `${KEY.interval}.parquet`);
  await mkdir(dirname(path), { recursive: true });
  const series = sliceCandles(market, 0, rowCount);
  await writeCandleParquet({ path, series, source: KEY.source, isPacked: true });
}

test(
  `${KILL_ROUNDS} kills while appending, compacting and converting lose nothing and leave no hole`,
  async () => {
    const kills = seedKills();
    let home = '';
    let rowCount = 0;
    for (let round = 0; round < KILL_ROUNDS; round++) {
      if (round % LIVES === 0) {
        home = join(folder, `${round}`);
        // Every other one is of an older version.
        rowCount = round % (2 * LIVES) === 0 ? 0 : 1 + kills.drawCount(MARKET_ROWS / 2);
        if (rowCount > 0) await makeOldWorkspace(home, rowCount);
      }
      const { child, rowCounts, isStarted } = startLoop(home, rowCount, STEPS, kills.drawCount(2 ** 31));
      const isClosed = once(child, 'close');
      await isStarted;
      await delay(kills.drawPart() * LONGEST_LIFE_MS);
      child.kill('SIGKILL');
      await isClosed;

      const store = openCandleStore(home);
      const stored = await store.read(KEY);
      rowCount = stored?.openTimeMs.length ?? 0;
      expect(rowCount).toBeGreaterThanOrEqual(rowCounts.at(-1) ?? 0);
      if (stored) expect(stored).toEqual(sliceCandles(market, 0, rowCount));
      expect((await store.describe(KEY))?.rowCount ?? 0).toBe(rowCount);
      if (round % LIVES !== LIVES - 1) continue;
      // The next append clears up what the killed ones left.
      await store.append(KEY.source, sliceCandles(market, rowCount, rowCount + 1));
      const unstopped = join(folder, 'unstopped', `${round}`);
      await openCandleStore(unstopped).append(KEY.source, sliceCandles(market, 0, rowCount + 1));
      expect(await bytesOf(home)).toEqual(await bytesOf(unstopped));
      expect(await readdir(symbolFolderOf(home))).toEqual([KEY.interval]);
      await rm(home, { recursive: true });
    }
  },
  killTimeoutMs(KILL_ROUNDS),
);

test('of three processes appending at once none loses a candle', async () => {
  const loops = [0, 3000, 6000].map((firstRow) => startLoop(join(folder, 'home'), firstRow, 300, 1, 10));
  const exits = await Promise.all(loops.map(({ child }) => once(child, 'close')));
  expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);
  expect(await openCandleStore(join(folder, 'home')).read(KEY)).toEqual(sliceCandles(market, 0, 9000));
}, 120_000);
