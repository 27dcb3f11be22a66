import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOUR_MS, LEDGER_START_MS, makeForecast } from '../../test/support/ledger-forecasts.js';
import { type LedgerSettlement, scoreForecast } from '../evaluation/ledger.js';
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

function settlementOf(hour: number, close: number | null): LedgerSettlement {
  const forecast = makeForecast(hour);
  const settledAtMs = forecast.targetTimeMs + 50;
  const outcome = close === null ? null : scoreForecast(forecast, close, settledAtMs);
  return { version: forecast.version, asOfMs: forecast.asOfMs, settledAtMs, outcome };
}

async function hoursOf(of: ForecastLedger, limit = 1_000): Promise<number[]> {
  const { entries } = await of.read({ name: NAME, limit });
  return entries.map(({ asOfMs }) => (asOfMs - LEDGER_START_MS) / HOUR_MS);
}

test('holds what was appended, newest first, also for another process', async () => {
  await ledger.append([makeForecast(0), makeForecast(1)]);
  const { inputs: _inputs, ...forecast } = makeForecast(2);
  expect(await ledger.append([makeForecast(2)])).toEqual([{ ...forecast, outcome: null, isUnscorable: false }]);
  for (const of of [ledger, reopen()]) {
    expect(await hoursOf(of)).toEqual([2, 1, 0]);
    expect((await of.read({ name: NAME, limit: 1 })).entries).toEqual([
      { ...forecast, outcome: null, isUnscorable: false },
    ]);
  }
  expect(await reopen().recordings({ name: NAME, limit: 2 })).toEqual([makeForecast(2), makeForecast(1)]);
});

test('there is one forecast a version and candle: the first, also after a restart', async () => {
  await ledger.append([makeForecast(0)]);
  const bytes = await readFile(join(home, MONTH));
  for (const of of [ledger, reopen()]) {
    const [entry] = await of.append([makeForecast(0, { predictedChange: -1, servedAtMs: 9 })]);
    expect(entry).toMatchObject({ predictedChange: 0.01, servedAtMs: makeForecast(0).servedAtMs });
  }
  expect(await readFile(join(home, MONTH))).toEqual(bytes);
  const [champion, shadow] = await ledger.append([makeForecast(1), makeForecast(1, { version: 2, role: 'shadow' })]);
  expect([champion.version, shadow.version]).toEqual([1, 2]);
  expect(await hoursOf(ledger)).toEqual([1, 1, 0]);
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
}, 20_000);

test('an outcome is added once, and a missing candle settles a forecast for ever', async () => {
  await ledger.append([makeForecast(0), makeForecast(1), makeForecast(2)]);
  expect((await ledger.pending(NAME)).map(({ asOfMs }) => asOfMs)).toEqual(
    [0, 1, 2].map((hour) => LEDGER_START_MS + hour * HOUR_MS),
  );
  const [scored] = await ledger.settle(NAME, [settlementOf(0, 102)]);
  expect(scored.outcome).toMatchObject({ close: 102, isHit: true, isInside: true });
  await ledger.settle(NAME, [settlementOf(0, 50), settlementOf(1, null)]);
  await ledger.settle(NAME, [settlementOf(1, 101), settlementOf(7, 101)]);
  for (const of of [ledger, reopen()]) {
    const { entries } = await of.read({ name: NAME, limit: 10 });
    expect(entries.map(({ outcome, isUnscorable }) => [outcome?.close ?? null, isUnscorable])).toEqual([
      [null, false],
      [null, true],
      [102, false],
    ]);
    expect((await of.pending(NAME)).map(({ asOfMs }) => asOfMs)).toEqual([LEDGER_START_MS + 2 * HOUR_MS]);
  }
});

test('pages run through the months, newest first, and keep the versions of a candle together', async () => {
  const hours = Array.from({ length: 60 }, (_, hour) => hour);
  await ledger.append(
    hours.flatMap((hour) => [makeForecast(hour), makeForecast(hour, { version: 2, role: 'shadow' })]),
  );
  const seen: string[] = [];
  let beforeMs: number | undefined;
  let pages = 0;
  do {
    const page = await reopen().read({ name: NAME, beforeMs, limit: 7 });
    expect(page.entries).toHaveLength(6);
    seen.push(...page.entries.map(({ asOfMs, version }) => `${(asOfMs - LEDGER_START_MS) / HOUR_MS} ${version}`));
    beforeMs = page.nextBeforeMs ?? undefined;
    pages += 1;
  } while (beforeMs !== undefined && pages < 100);
  expect(seen).toEqual(hours.toReversed().flatMap((hour) => [`${hour} 2`, `${hour} 1`]));
  const { entries, nextBeforeMs } = await ledger.read({ name: NAME, version: 2, limit: 60 });
  expect([entries.length, nextBeforeMs]).toEqual([60, null]);
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
}, 20_000);

test('a changed byte costs its own line and is told', async () => {
  await ledger.append([makeForecast(0), makeForecast(1), makeForecast(2)]);
  const path = join(home, MONTH);
  const bytes = await readFile(path);
  bytes[bytes.indexOf('\n') + 30] ^= 1;
  await writeFile(path, bytes);
  expect(await hoursOf(reopen())).toEqual([2, 0]);
  expect(notes.join()).toContain('left out 1 lines');
});

test('a name that is no name reaches no path, and a name without forecasts is empty', async () => {
  await expect(ledger.read({ name: '../x', limit: 1 })).rejects.toMatchObject({ code: 'NAME_INVALID' });
  await expect(ledger.append([makeForecast(0, { name: '..' })])).rejects.toMatchObject({ code: 'NAME_INVALID' });
  expect(await ledger.read({ name: 'NONE', limit: 5 })).toEqual({ entries: [], nextBeforeMs: null });
  expect(await ledger.pending('NONE')).toEqual([]);
  expect(await ledger.read({ name: NAME, beforeMs: -1e18, limit: 5 })).toEqual({ entries: [], nextBeforeMs: null });
});
