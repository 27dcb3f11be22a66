/** kill -9 at a random moment of freezing forecasts, again and again. TRADEAI_KILL_ROUNDS sets how often. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openForecastLedger } from '../../src/storage/forecast-ledger.js';

const KILL_ROUNDS = Number(process.env.TRADEAI_KILL_ROUNDS ?? 8);
const LONGEST_LIFE_MS = 150;
const SCRIPT = join(import.meta.dirname, '../support/ledger-loop.mjs');

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-ledger-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

test(
  `${KILL_ROUNDS} kills lose no forecast that was answered for, and double none`,
  async () => {
    let hours = 0;
    for (let round = 0; round < KILL_ROUNDS; round++) {
      const child = spawn(process.execPath, [SCRIPT, home, String(Math.max(0, hours - 1))], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = createInterface({ input: child.stdout! });
      let last = -1;
      lines.on('line', (line) => {
        last = Number(line);
      });
      const isClosed = once(child, 'close');
      await once(lines, 'line');
      await delay(Math.random() * LONGEST_LIFE_MS);
      child.kill('SIGKILL');
      await isClosed;

      // A fresh reader, as another process would be.
      const { entries } = await openForecastLedger(home, () => undefined).read({ name: 'TESTUSDT', limit: 1e6 });
      hours = entries.length;
      expect(hours).toBeGreaterThan(last);
      const gaps = entries.slice(1).filter((entry, i) => entries[i].asOfMs - entry.asOfMs !== 3_600_000);
      expect(gaps).toEqual([]);
      // All but the newest were settled before the one after them was frozen.
      expect(entries.slice(1).filter(({ outcome }) => outcome === null)).toEqual([]);
    }
    expect(hours).toBeGreaterThan(KILL_ROUNDS);
  },
  60_000 + KILL_ROUNDS * 10_000,
);
