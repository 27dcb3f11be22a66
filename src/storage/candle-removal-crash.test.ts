/** A series being removed by a process that dies at every single change of the disk. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sliceCandles } from '../market/candle-series.js';
import { simulateMarket } from '../market/simulated-market.js';
import { writeCandleParquet } from './candle-parquet-writer.js';
import { openCandleStore } from './candle-store.js';
import { openQuarantine } from './quarantine.js';

/** After so many changes the process is dead: nothing it does has an effect any more. */
const life = vi.hoisted(() => ({ changes: 0, deadAfter: Number.POSITIVE_INFINITY }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const whileAlive =
    <Arguments extends unknown[], Result>(change: (...args: Arguments) => Promise<Result>) =>
    async (...args: Arguments): Promise<Result> => {
      if (life.changes >= life.deadAfter) throw Object.assign(new Error('dead'), { code: 'EIO' });
      life.changes += 1;
      return change(...args);
    };
  return { ...real, rename: whileAlive(real.rename), rm: whileAlive(real.rm) };
});

const KEY = { source: 'binance', symbol: 'BTCUSDT', interval: '1h' } as const;
const { series } = simulateMarket({ ...KEY, rowCount: 500, seed: 1, firstOpenTimeMs: 0, plantedR2: 0 });
const BAD = { openTimeMs: 7, open: 1, high: 1, low: 1, close: 1, volume: -1, fault: 'negative-volume' } as const;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-removal-'));
});
afterEach(() => {
  life.deadAfter = Number.POSITIVE_INFINITY;
  return rm(home, { recursive: true });
});

/** With what an older version left beside the folder, when its conversion was killed, where that is asked for. */
async function store(hasSingleFile: boolean): Promise<void> {
  const folder = join(home, 'data/candles/binance/BTCUSDT/1h');
  await openCandleStore(home).append(KEY.source, series);
  await openCandleStore(home).addSourceGaps(KEY, [{ fromMs: -9, toMs: 0 }]);
  await openQuarantine(home).add(KEY, [BAD]);
  const file = { path: `${folder}.parquet`, series, source: KEY.source, isPacked: true };
  if (hasSingleFile) await writeCandleParquet(file);
}

const look = async () => ({
  rowCount: (await openCandleStore(home).describe(KEY))?.rowCount,
  gaps: (await openCandleStore(home).readSourceGaps(KEY)).length,
  rejected: (await openQuarantine(home).read(KEY)).length,
});

test.each([false, true])(
  'leaves the series whole, or nothing of it beside the next (single file: %s)',
  async (hasFile) => {
    const seen = new Set<number | undefined>();
    for (let deadAfter = 0, isDone = false; !isDone; deadAfter++) {
      await rm(home, { recursive: true });
      await store(hasFile);
      Object.assign(life, { changes: 0, deadAfter });
      isDone = await openCandleStore(home)
        .remove(KEY)
        .catch(() => false);
      life.deadAfter = Number.POSITIVE_INFINITY;
      const { rowCount, ...beside } = await look();
      seen.add(rowCount);
      if (rowCount !== undefined) expect({ rowCount, ...beside }).toEqual({ rowCount: 500, gaps: 1, rejected: 1 });
      else {
        await openCandleStore(home).append(KEY.source, sliceCandles(series, 490, 500));
        expect(await look()).toEqual({ rowCount: 10, gaps: 0, rejected: 0 });
      }
    }
    expect(seen).toEqual(new Set([500, undefined]));
  },
);
