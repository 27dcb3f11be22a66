/** What the ledger reads, in bytes. They are counted by Linux, for the whole process: /proc/self/io. */

import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR_MS, makeForecast } from '../../test/support/ledger-forecasts.js';
import { needs } from '../../test/support/needs.js';
import { resolutionOf } from '../ports/ledger.contract.js';
import type { ForecastLedger } from '../ports/ledger.js';
import type { RecordedForecast } from '../wire/ledger.js';
import { openForecastLedger } from './forecast-ledger.js';
import { formatLine } from './ledger-lines.js';

const NAME = 'TESTUSDT';
const MONTHS = 12;
const HOURS = 24 * 10;
const INPUTS = { dtype: 'F32', shape: [60, 25], data: Buffer.alloc(60 * 25 * 4).toString('base64') } as const;
const COUNTER = '/proc/self/io';
/** What a test runner reads beside it, at most. */
const NOISE_BYTES = 100_000;

let home: string;
/** Of each month file. */
let monthBytes: number;

/** Of the first ten days of the so-manieth month, 0 being the oldest. */
function hoursOf(month: number): number[] {
  const first = (Date.UTC(2026, month, 1) - makeForecast(0).asOfMs) / HOUR_MS;
  return Array.from({ length: HOURS }, (_, hour) => first + hour);
}

function forecastOf(hour: number): RecordedForecast {
  return makeForecast(hour, { inputs: INPUTS });
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-ledger-'));
  const folder = join(home, 'data/ledger', NAME);
  await mkdir(folder, { recursive: true });
  for (let month = 0; month < MONTHS; month++) {
    const text = hoursOf(month)
      .flatMap((hour) => [
        formatLine({ kind: 'forecast', ...forecastOf(hour) }),
        formatLine({ kind: 'outcome', ...resolutionOf(hour, 101) }),
      ])
      .join('');
    monthBytes = text.length;
    const path = join(folder, `2026-${String(month + 1).padStart(2, '0')}.jsonl`);
    await writeFile(path, text);
    const longAgo = new Date('2026-01-01');
    await utimes(path, longAgo, longAgo);
  }
});

afterAll(() => rm(home, { recursive: true, force: true }));

function reopen(heldBytes?: number): ForecastLedger {
  return openForecastLedger(home, () => undefined, { heldBytes });
}

async function countReads(action: () => Promise<unknown>): Promise<number> {
  const read = () => Number(/^rchar: (\d+)$/m.exec(readFileSync(COUNTER, 'utf8'))![1]);
  const before = read();
  await action();
  return read() - before;
}

const pageBefore = (ledger: ForecastLedger, month: number, limit = 10) =>
  ledger.read({ name: NAME, beforeMs: Date.UTC(2026, month, 8), limit });

describe('bytes that are read', needs(existsSync(COUNTER), 'bytes counted by Linux'), () => {
  test('the first who asks for a month reads it whole, and nobody does so again', async () => {
    const first = await countReads(() => pageBefore(reopen(), 5));
    expect(first).toBeGreaterThan(monthBytes);
    expect(first).toBeLessThan(1.1 * monthBytes + NOISE_BYTES);
    for (const ledger of [reopen(), reopen(0)]) {
      const bytes = await countReads(async () => {
        expect((await pageBefore(ledger, 5)).entries).toHaveLength(10);
      });
      expect(bytes).toBeLessThan((monthBytes * 10) / HOURS + NOISE_BYTES);
    }
  });

  test('pending forecasts are found without the lines of months that are over', async () => {
    await reopen().pending(NAME);
    expect(await countReads(() => reopen().pending(NAME))).toBeLessThan(NOISE_BYTES);
    const ledger = reopen();
    await ledger.pending(NAME);
    expect(await countReads(() => ledger.pending(NAME))).toBeLessThan(NOISE_BYTES);
  });

  test('the forecasts of a version that is not in a month are looked for in the head of its index', async () => {
    await reopen().pending(NAME);
    const bytes = await countReads(async () => {
      expect((await reopen().read({ name: NAME, version: 2, limit: 5 })).entries).toEqual([]);
      for await (const batch of reopen().scan(NAME, 2)) expect(batch).toEqual([]);
    });
    expect(bytes).toBeLessThan(NOISE_BYTES);
  });

  test('a candle reads what was added since, however much is behind it and however little is held', async () => {
    await reopen().pending(NAME);
    const start = HOURS + hoursOf(MONTHS - 1)[0];
    for (const [i, ledger] of [reopen(), reopen(0)].entries()) {
      await ledger.pending(NAME);
      const bytes = await countReads(async () => {
        for (let hour = start + i * 10; hour < start + i * 10 + 10; hour++) {
          expect(await ledger.append([forecastOf(hour)])).toHaveLength(1);
          const [pending] = await ledger.pending(NAME);
          expect(await ledger.resolve(NAME, [resolutionOf(hour, 101)])).toHaveLength(1);
          expect(pending.asOfMs).toBe(forecastOf(hour).asOfMs);
        }
      });
      // Ten forecasts and their outcomes, and with nothing held the index and the pending forecast for each use.
      expect(bytes).toBeLessThan(i === 0 ? NOISE_BYTES : monthBytes);
    }
  });

  test('a scan of everything holds one batch at a time', async () => {
    let count = 0;
    let largest = 0;
    const bytes = await countReads(async () => {
      for await (const batch of reopen(0).scan(NAME, 1)) {
        count += batch.length;
        largest = Math.max(largest, batch.length);
      }
    });
    expect(count).toBeGreaterThanOrEqual(MONTHS * HOURS);
    expect(largest).toBeLessThanOrEqual(1_000);
    expect(bytes).toBeLessThan(1.2 * MONTHS * monthBytes + NOISE_BYTES);
  });
});

test('a workspace without indexes, as older versions wrote it, is read as it is', async () => {
  const folder = join(home, 'data/ledger', NAME);
  await rm(join(folder, '2026-03.index'), { force: true });
  const before = await readFile(join(folder, '2026-03.jsonl'));
  const { entries } = await reopen().read({ name: NAME, beforeMs: Date.UTC(2026, 3, 1), limit: HOURS });
  expect(entries).toHaveLength(HOURS);
  expect(entries.every(({ outcome }) => outcome?.close === 101)).toBe(true);
  expect(await reopen().recordings({ name: NAME, beforeMs: Date.UTC(2026, 3, 1), limit: 1 })).toEqual([
    forecastOf(hoursOf(2).at(-1)!),
  ]);
  expect(before.equals(await readFile(join(folder, '2026-03.jsonl')))).toBe(true);
});
