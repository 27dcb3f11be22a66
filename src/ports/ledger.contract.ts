/** What every ledger does, whatever it keeps its lines in. */

import { beforeEach, expect, test } from 'vitest';
import { HOUR_MS, LEDGER_START_MS, makeForecast } from '../../test/support/ledger-forecasts.js';
import { type LedgerEntry, outcomeOf } from '../evaluation/ledger.js';
import type { LedgerResolution, RecordedForecast } from '../wire/ledger.js';
import type { ForecastLedger } from './ledger.js';

const NAME = 'TESTUSDT';
const SHADOW = { version: 2, role: 'shadow' } as const;
/** Of an October that lies a month behind the first forecast. */
const LAST_MONTH_HOUR = -30 * 24;

/** What became of the forecast of an hour: this close, or no candle. */
export function resolutionOf(hour: number, close: number | null, version = 1): LedgerResolution {
  const forecast = makeForecast(hour, { version });
  const settledAtMs = forecast.targetTimeMs + 50;
  const outcome = close === null ? null : outcomeOf(forecast, close, settledAtMs);
  return { version, asOfMs: forecast.asOfMs, settledAtMs, outcome };
}

export function hourOf({ asOfMs }: LedgerEntry): number {
  return (asOfMs - LEDGER_START_MS) / HOUR_MS;
}

function entryOf({ inputs: _inputs, ...forecast }: RecordedForecast): LedgerEntry {
  return { ...forecast, outcome: null, isUnscorable: false };
}

async function scanAll(ledger: ForecastLedger, version: number): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const batch of ledger.scan(NAME, version)) entries.push(...batch);
  return entries;
}

/**
 * Adds the tests of the contract to a file.
 *
 * @param open the ledger as another process sees it; an empty one for each test
 */
export function testLedgerContract(open: () => ForecastLedger): void {
  let ledger: ForecastLedger;
  beforeEach(() => {
    ledger = open();
  });

  test('holds what was appended, newest first, also for another process', async () => {
    await ledger.append([makeForecast(0), makeForecast(1)]);
    expect(await ledger.append([makeForecast(2)])).toEqual([entryOf(makeForecast(2))]);
    for (const of of [ledger, open()]) {
      const { entries, nextBeforeMs, problems } = await of.read({ name: NAME, limit: 1_000 });
      expect(entries).toEqual([2, 1, 0].map((hour) => entryOf(makeForecast(hour))));
      expect([nextBeforeMs, problems]).toEqual([null, []]);
      expect((await of.read({ name: NAME, limit: 1 })).entries).toEqual([entryOf(makeForecast(2))]);
      expect(await of.recordings({ name: NAME, limit: 2 })).toEqual([makeForecast(2), makeForecast(1)]);
    }
  });

  test('there is one forecast a version and candle: the first', async () => {
    await ledger.append([makeForecast(0)]);
    for (const of of [ledger, open()]) {
      const [entry] = await of.append([makeForecast(0, { predictedChange: -1, servedAtMs: 9 })]);
      expect(entry).toEqual(entryOf(makeForecast(0)));
    }
    const [champion, shadow] = await ledger.append([makeForecast(1), makeForecast(1, SHADOW)]);
    expect([champion.version, shadow.version]).toEqual([1, 2]);
    const twice = await ledger.append([makeForecast(2), makeForecast(2, { score: 7 })]);
    expect(twice).toEqual([entryOf(makeForecast(2)), entryOf(makeForecast(2))]);
    const { entries } = await open().read({ name: NAME, limit: 9 });
    expect(entries.map((entry) => [hourOf(entry), entry.version])).toEqual([
      [2, 1],
      [1, 2],
      [1, 1],
      [0, 1],
    ]);
  });

  test('an outcome is added once, and a missing candle resolves a forecast for ever', async () => {
    await ledger.append([makeForecast(0), makeForecast(1), makeForecast(2)]);
    expect((await ledger.pending(NAME)).map(hourOf)).toEqual([0, 1, 2]);
    const [resolved] = await ledger.resolve(NAME, [resolutionOf(0, 102)]);
    expect(resolved).toEqual({ ...entryOf(makeForecast(0)), outcome: resolutionOf(0, 102).outcome });
    await ledger.resolve(NAME, [resolutionOf(0, 50), resolutionOf(1, null)]);
    expect(await ledger.resolve(NAME, [resolutionOf(1, 101), resolutionOf(7, 101)])).toHaveLength(1);
    expect(await ledger.resolve(NAME, [])).toEqual([]);
    for (const of of [ledger, open()]) {
      const { entries } = await of.read({ name: NAME, limit: 10 });
      expect(entries.map(({ outcome, isUnscorable }) => [outcome?.close ?? null, isUnscorable])).toEqual([
        [null, false],
        [null, true],
        [102, false],
      ]);
      expect((await of.pending(NAME)).map(hourOf)).toEqual([2]);
    }
  });

  test('outcomes and the next forecasts are added together, each under its own rule', async () => {
    await ledger.append([makeForecast(0), makeForecast(1)]);
    const next = [makeForecast(2), makeForecast(2, SHADOW), makeForecast(50)];
    const entries = await ledger.resolve(NAME, [resolutionOf(7, 101), resolutionOf(1, 102)], next);
    const resolved = { ...entryOf(makeForecast(1)), outcome: resolutionOf(1, 102).outcome };
    expect(entries).toEqual([resolved, ...next.map(entryOf)]);
    const again = await open().resolve(NAME, [resolutionOf(1, 50)], [makeForecast(2, { score: 7 })]);
    expect(again).toEqual([resolved, entryOf(makeForecast(2))]);
    expect(await ledger.resolve(NAME, [], [makeForecast(51)])).toEqual([entryOf(makeForecast(51))]);
    for (const of of [ledger, open()]) {
      expect((await of.pending(NAME)).map((entry) => [hourOf(entry), entry.version])).toEqual([
        [0, 1],
        [2, 1],
        [2, 2],
        [50, 1],
        [51, 1],
      ]);
      expect((await of.read({ name: NAME, limit: 10 })).entries).toHaveLength(6);
    }
  });

  test('a forecast that nothing has become of is pending, however many months later', async () => {
    const hours = [2 * LAST_MONTH_HOUR, 2 * LAST_MONTH_HOUR + 1, LAST_MONTH_HOUR, 0, 50];
    await ledger.append(hours.map((hour) => makeForecast(hour)));
    await ledger.resolve(
      NAME,
      [hours[0], hours[2], hours[3]].map((hour) => resolutionOf(hour, 101)),
    );
    for (const of of [ledger, open()]) expect((await of.pending(NAME)).map(hourOf)).toEqual([hours[1], hours[4]]);
    const late = open();
    await late.resolve(NAME, [resolutionOf(hours[1], 101), resolutionOf(hours[4], 101)]);
    for (const of of [ledger, late, open()]) expect(await of.pending(NAME)).toEqual([]);
  });

  test('pages run through the months, newest first, and keep the versions of a candle together', async () => {
    const hours = Array.from({ length: 60 }, (_, hour) => hour);
    await ledger.append(hours.flatMap((hour) => [makeForecast(hour), makeForecast(hour, SHADOW)]));
    const seen: string[] = [];
    let beforeMs: number | undefined;
    let pages = 0;
    do {
      const page = await open().read({ name: NAME, beforeMs, limit: 7 });
      expect(page.entries).toHaveLength(6);
      seen.push(...page.entries.map((entry) => `${hourOf(entry)} ${entry.version}`));
      beforeMs = page.nextBeforeMs ?? undefined;
      pages += 1;
    } while (beforeMs !== undefined && pages < 100);
    expect(seen).toEqual(hours.toReversed().flatMap((hour) => [`${hour} 2`, `${hour} 1`]));
    const { entries, nextBeforeMs } = await ledger.read({ name: NAME, version: 2, limit: 60 });
    expect([entries.length, nextBeforeMs]).toEqual([60, null]);
    const last = await ledger.read({ name: NAME, version: 2, beforeMs: makeForecast(1).asOfMs, limit: 60 });
    expect(last.entries.map(hourOf)).toEqual([0]);
    expect(await ledger.read({ name: NAME, version: 3, limit: 60 })).toMatchObject({ entries: [], nextBeforeMs: null });
  });

  test('a scan runs through all of one version, oldest first, with its outcomes', async () => {
    const hours = [LAST_MONTH_HOUR, 0, 1, 49, 50];
    await ledger.append(hours.flatMap((hour) => [makeForecast(hour, SHADOW), makeForecast(hour)]));
    await ledger.resolve(NAME, [resolutionOf(1, 103, 2), resolutionOf(49, null, 2), resolutionOf(0, 101)]);
    for (const of of [ledger, open()]) {
      const entries = await scanAll(of, 2);
      expect(entries.map(hourOf)).toEqual(hours);
      expect(new Set(entries.map(({ version }) => version))).toEqual(new Set([2]));
      expect(entries.map(({ outcome }) => outcome?.close ?? null)).toEqual([null, null, 103, null, null]);
      expect(entries.map(({ isUnscorable }) => isUnscorable)).toEqual([false, false, false, true, false]);
      expect(await scanAll(of, 9)).toEqual([]);
    }
  });

  test('names have nothing to do with each other, and one without forecasts is empty', async () => {
    const other = makeForecast(0, { name: 'OTHERUSDT' });
    expect(await ledger.append([makeForecast(0), other])).toEqual([entryOf(makeForecast(0)), entryOf(other)]);
    await ledger.resolve('OTHERUSDT', [resolutionOf(0, 101)]);
    expect((await ledger.pending(NAME)).map(hourOf)).toEqual([0]);
    expect(await ledger.pending('OTHERUSDT')).toEqual([]);
    const nothing = { entries: [], nextBeforeMs: null, problems: [] };
    expect(await ledger.read({ name: 'NONE', limit: 5 })).toEqual(nothing);
    expect(await ledger.pending('NONE')).toEqual([]);
    expect(await ledger.read({ name: NAME, beforeMs: -1e18, limit: 5 })).toEqual(nothing);
  });

  test('a name that is no name is refused', async () => {
    const refusal = { code: 'NAME_INVALID' };
    await expect(ledger.read({ name: '../x', limit: 1 })).rejects.toMatchObject(refusal);
    await expect(ledger.pending('../x')).rejects.toMatchObject(refusal);
    await expect(ledger.append([makeForecast(0, { name: '..' })])).rejects.toMatchObject(refusal);
    await expect(ledger.resolve('..', [resolutionOf(0, 1)])).rejects.toMatchObject(refusal);
  });
}
