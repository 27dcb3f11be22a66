import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS, LEDGER_START_MS, makeForecast } from '../../test/support/ledger-forecasts.js';
import { testLedgerContract } from '../ports/ledger.contract.js';
import type { ForecastLedger } from '../ports/ledger.js';
import { openForecastLedger } from './forecast-ledger.js';

const NAME = 'TESTUSDT';
const MONTH = 'data/ledger/TESTUSDT/2026-10.jsonl';
let home: string;
let notes: string[];
let ledger: ForecastLedger;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-ledger-'));
  notes = [];
  ledger = reopen();
});

afterEach(() => rm(home, { recursive: true, force: true }));

/** The ledger as another process sees it. */
function reopen(): ForecastLedger {
  return openForecastLedger(home, (text) => notes.push(text));
}

async function hoursOf(of: ForecastLedger, limit = 1_000): Promise<number[]> {
  const { entries } = await of.read({ name: NAME, limit });
  return entries.map(({ asOfMs }) => (asOfMs - LEDGER_START_MS) / HOUR_MS);
}

testLedgerContract(reopen);

describe('with memory for one month', () => {
  testLedgerContract(() => openForecastLedger(home, (text) => notes.push(text), { heldBytes: 0 }));
});

test('several processes write the same candles without losing or doubling one', async () => {
  const processes = [reopen(), reopen(), reopen()];
  const hours = Array.from({ length: 12 }, (_, hour) => hour);
  await Promise.all(
    processes.map(async (of, index) => {
      for (const hour of hours) {
        const [entry] = await of.append([makeForecast(hour, { servedAtMs: index })]);
        expect(entry).toEqual((await reopen().read({ name: NAME, beforeMs: entry.asOfMs + 1, limit: 1 })).entries[0]);
      }
    }),
  );
  expect(await hoursOf(reopen())).toEqual(hours.toReversed());
  expect((await readFile(join(home, MONTH), 'utf8')).split('\n')).toHaveLength(hours.length + 1);
});

test('one page reads the months it lies in and no others', async () => {
  await ledger.append([makeForecast(0), makeForecast(49), makeForecast(50)]);
  // Not JSON at all: reading it would be told.
  await writeFile(join(home, MONTH), 'x\n');
  expect((await reopen().read({ name: NAME, limit: 1 })).entries).toHaveLength(1);
  expect(notes).toEqual([]);
  expect((await reopen().read({ name: NAME, limit: 3 })).entries).toHaveLength(2);
  expect(notes.join()).toContain('left out 1 lines');
});

test('wherever a crash tears the last line, the lines before it are there, and the next writer goes on', async () => {
  await ledger.append([makeForecast(0), makeForecast(1)]);
  const path = join(home, MONTH);
  const bytes = await readFile(path);
  const firstEnd = bytes.indexOf('\n') + 1;
  const step = Number(process.env.TRADEAI_FAULT_STEP ?? 13);
  for (let length = 0; length <= bytes.length; length += length % 100 === 0 ? 1 : step) {
    await writeFile(path, bytes.subarray(0, length));
    const expected = length < firstEnd ? [] : length < bytes.length ? [0] : [1, 0];
    expect(await hoursOf(reopen())).toEqual(expected);
    const of = reopen();
    await of.append([makeForecast(1)]);
    await of.append([makeForecast(2)]);
    expect(await hoursOf(reopen())).toEqual([2, 1, ...expected.filter((hour) => hour === 0)]);
  }
  expect(notes.join()).toContain('of a line that was never finished');
});

test('a changed byte costs its own line and is told', async () => {
  await ledger.append([makeForecast(0), makeForecast(1), makeForecast(2)]);
  const path = join(home, MONTH);
  const bytes = await readFile(path);
  bytes[bytes.indexOf('\n') + 30] ^= 1;
  await writeFile(path, bytes);
  expect(await hoursOf(reopen())).toEqual([2, 0]);
  expect(notes.join()).toContain('left out 1 lines');
});
