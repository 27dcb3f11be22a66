/** kill -9 at a moment drawn from a seed while forecasts are frozen, again and again. See support/seeded-kills.ts. */

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openForecastLedger } from '../../src/storage/forecast-ledger.js';
import { killRounds, killTimeoutMs, seedKills } from '../support/seeded-kills.js';

const KILL_ROUNDS = killRounds(8);
/** Forecasts of one life. */
const MAXIMUM_STEPS = 12;
const SCRIPT = join(import.meta.dirname, '../support/ledger-loop.mjs');

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-ledger-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

test(
  `${KILL_ROUNDS} kills lose no forecast that was answered for, and double none`,
  async () => {
    const kills = seedKills();
    let hours = 0;
    for (let round = 0; round < KILL_ROUNDS; round++) {
      const child = spawn(process.execPath, [SCRIPT, home, String(Math.max(0, hours - 1))], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const last = Number((await kills.killLoop(child, MAXIMUM_STEPS)).at(-1));

      // A fresh reader, as another process would be.
      const { entries } = await openForecastLedger(home, () => undefined).read({ name: 'TESTUSDT', limit: 1e6 });
      hours = entries.length;
      expect(hours).toBeGreaterThan(last);
      const gaps = entries.slice(1).filter((entry, i) => entries[i].asOfMs - entry.asOfMs !== 3_600_000);
      expect(gaps).toEqual([]);
      // All but the newest were resolved before the one after them was frozen.
      expect(entries.slice(1).filter(({ outcome }) => outcome === null)).toEqual([]);
    }
    expect(hours).toBeGreaterThan(KILL_ROUNDS);
  },
  killTimeoutMs(KILL_ROUNDS),
);
