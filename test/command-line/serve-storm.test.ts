/** The short form of `bench/serve/storm.mjs`: promotions and corrupt versions while answers are asked for and checked. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SECONDS = Number(process.env.TRADEAI_STORM_SECONDS ?? 6);

test(`${SECONDS} seconds of promotions and corrupt versions under load: no failed answer, none of two versions`, async () => {
  const sizes = ['--promotions', String(2 * SECONDS), '--corrupt', String(Math.ceil(SECONDS * 0.6))];
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, '../../bench/serve/storm.mjs'),
    '--json',
    ...['--seconds', String(SECONDS), '--rate', '2000', '--rows', '2000', ...sizes],
  ]);
  const found = JSON.parse(stdout);
  expect(found).toMatchObject({ isGood: true, failed: 0, mixed: 0, wrong: [], exitStatus: 0 });
  expect(found.met).toBe(found.planted);
  expect(found.refusedLoads).toBeGreaterThanOrEqual(found.planted);
  expect(found.followed).toBe(2 * SECONDS);
  expect(found.answers).toBeGreaterThan(500 * SECONDS);
  // Garbage waits a while for its collector; what is kept for good would show over so many versions.
  expect(found.memory.atEndMb - found.memory.afterWarmUpMb).toBeLessThan(60);
});
