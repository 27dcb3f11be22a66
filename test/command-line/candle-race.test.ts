import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { makeFolder } from '../support/built-program.js';

const SCRIPT = join(import.meta.dirname, '../support/candle-race.mjs');
/** `20min` for the long form. */
const LENGTH = process.env.TRADEAI_RACE_LENGTH ?? '120';
const SEED = process.env.TRADEAI_RACE_SEED ?? '1';

test('who reads while another process converts and appends never sees damage, a hole or fewer candles', async () => {
  const run = promisify(execFile)(process.execPath, [SCRIPT, makeFolder(), LENGTH, SEED]);
  const { rowCount, stored, reads, appends, problems } = JSON.parse((await run).stdout);
  expect(problems).toEqual([]);
  expect(stored).toBe(rowCount);
  expect(appends).toBeGreaterThan(100);
  expect(reads).toBeGreaterThan(10);
}, 1_800_000);
