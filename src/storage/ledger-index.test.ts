import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeForecast } from '../../test/support/ledger-forecasts.js';
import { openMemoryLedger } from '../../test/support/memory-ledger.js';
import type { LedgerEntry } from '../evaluation/ledger.js';
import { resolutionOf } from '../ports/ledger.contract.js';
import type { ForecastLedger } from '../ports/ledger.js';
import { openForecastLedger } from './forecast-ledger.js';
import { formatIndex, LedgerIndex, parseHeader, parseIndex } from './ledger-index.js';

const NAME = 'TESTUSDT';
/** Of times of change that are believed. */
const LONG_AGO = new Date('2026-01-01');
let home: string;
let folder: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-ledger-'));
  folder = join(home, 'data/ledger', NAME);
});

afterEach(() => rm(home, { recursive: true, force: true }));

function reopen(): ForecastLedger {
  return openForecastLedger(home, () => undefined);
}

/** Everything that is asked of a ledger. */
async function describeLedger(ledger: ForecastLedger): Promise<unknown> {
  const scanned: LedgerEntry[] = [];
  for await (const batch of ledger.scan(NAME, 2)) scanned.push(...batch);
  const page = await ledger.read({ name: NAME, limit: 1_000 });
  return {
    page,
    scanned,
    pending: await ledger.pending(NAME),
    short: await ledger.read({ name: NAME, limit: 3, beforeMs: makeForecast(48).asOfMs }),
    recordings: await ledger.recordings({ name: NAME, version: 1, limit: 4 }),
  };
}

/** Two months of which one forecast is still open, quiet for long, with their indexes. */
async function writeMonths(): Promise<unknown> {
  const hours = [0, 1, 2, 47, 48, 49, 50];
  await reopen().append(hours.flatMap((hour) => [makeForecast(hour), makeForecast(hour, { version: 2 })]));
  await reopen().resolve(
    NAME,
    hours.slice(1).flatMap((hour) => [resolutionOf(hour, 101), resolutionOf(hour, null, 2)]),
  );
  for (const month of ['2026-10', '2026-11']) await utimes(join(folder, `${month}.jsonl`), LONG_AGO, LONG_AGO);
  const described = await describeLedger(reopen());
  expect((await readdir(folder)).sort()).toEqual(['2026-10.index', '2026-10.jsonl', '2026-11.index', '2026-11.jsonl']);
  return described;
}

test('an index keeps rows in order, and is the same after it was saved', () => {
  const keys = fc.array(fc.record({ asOfMs: fc.nat(40), version: fc.integer({ min: 1, max: 3 }) }), { maxLength: 200 });
  fc.assert(
    fc.property(keys, keys, (forecasts, outcomes) => {
      const index = new LedgerIndex();
      const known = new Map<string, number>();
      for (const [i, key] of forecasts.entries()) {
        const isFirst = !known.has(`${key.asOfMs} ${key.version}`);
        expect(index.addForecast(key, { start: i, length: 7 })).toBe(isFirst);
        if (isFirst) known.set(`${key.asOfMs} ${key.version}`, i);
      }
      const open = new Set(known.keys());
      for (const key of outcomes) {
        expect(index.addOutcome(key, { start: 9, length: 1 })).toBe(open.delete(`${key.asOfMs} ${key.version}`));
      }
      index.sizeBytes = 1_000;
      const bytes = formatIndex(index, { mtimeMs: 5.5, tailCrc: 77 });
      const saved = parseIndex(bytes)!;
      expect(saved.file).toEqual({ sizeBytes: 1_000, mtimeMs: 5.5, tailCrc: 77 });
      expect(parseHeader(bytes)).toEqual({ file: saved.file, summary: index.summary });
      for (const of of [index, saved.index]) {
        const rows = Array.from({ length: of.rowCount }, (_, row) => of.keyAt(row));
        expect(rows).toEqual(rows.toSorted((a, b) => a.asOfMs - b.asOfMs || a.version - b.version));
        expect(rows.map((key) => of.forecastAt(of.find(key)!).start)).toEqual(
          rows.map(({ asOfMs, version }) => known.get(`${asOfMs} ${version}`)),
        );
        expect(
          of
            .pendingRows()
            .map((row) => `${of.keyAt(row).asOfMs} ${of.keyAt(row).version}`)
            .sort(),
        ).toEqual([...open].sort());
        expect(of.summary).toEqual(index.summary);
      }
    }),
  );
});

test('an index of which any byte is another, or the end is missing, is none', () => {
  const index = new LedgerIndex();
  index.addForecast({ asOfMs: 3, version: 1 }, { start: 0, length: 10 });
  index.addForecast({ asOfMs: 4, version: 1 }, { start: 11, length: 10 });
  const bytes = formatIndex(index, { mtimeMs: null, tailCrc: 1 });
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] ^= 1 << (at % 8);
    expect(parseIndex(changed), `byte ${at}`).toBeUndefined();
    expect(parseIndex(bytes.subarray(0, at)), `${at} bytes`).toBeUndefined();
  }
  expect(parseIndex(bytes)).toBeDefined();
});

test('a missing, damaged, foreign or outdated index changes nothing, and is made again', async () => {
  const expected = await writeMonths();
  const [october, november] = [join(folder, '2026-10.index'), join(folder, '2026-11.index')];
  const [sound, other] = [await readFile(october), await readFile(november)];
  const harm: (() => Promise<unknown>)[] = [
    () => rm(october),
    () => writeFile(october, ''),
    () => writeFile(october, sound.subarray(0, 100)),
    () => writeFile(october, sound.with(200, sound[200] ^ 1)),
    () => writeFile(october, other),
  ];
  for (const [i, act] of harm.entries()) {
    await act();
    expect(await describeLedger(reopen()), `harm ${i}`).toEqual(expected);
    expect(await readFile(october), `harm ${i}`).toEqual(sound);
  }
});

test('an index whose rows point at other lines is found out by the lines', async () => {
  const expected = await writeMonths();
  const path = join(folder, '2026-10.index');
  const sound = parseIndex(await readFile(path))!;
  const wrong = new LedgerIndex();
  for (let row = 0; row < sound.index.rowCount; row++) {
    const { start, length } = sound.index.forecastAt(row);
    wrong.addForecast(sound.index.keyAt(row), { start: start + 1, length });
    wrong.addOutcome(sound.index.keyAt(row), { start: 1e9, length: 5 });
  }
  wrong.sizeBytes = sound.index.sizeBytes;
  await writeFile(path, formatIndex(wrong, sound.file));
  expect(await describeLedger(reopen())).toEqual(expected);
});

test('any history of a ledger is that of one in memory, whatever becomes of its indexes', async () => {
  const hour = fc.integer({ min: 40, max: 55 });
  const version = fc.integer({ min: 1, max: 2 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), hours: fc.array(hour, { maxLength: 4 }), version }),
    fc.record({ kind: fc.constant('resolve' as const), hours: fc.array(hour, { maxLength: 4 }), version }),
    fc.record({ kind: fc.constantFrom('reopen', 'forgetful', 'dropIndex', 'swapIndex', 'age', 'tear' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await rm(folder, { recursive: true, force: true });
      const memory = openMemoryLedger();
      let ledger = reopen();
      const paths = ['2026-10', '2026-11'].map((month) => join(folder, month));
      for (const taken of steps) {
        if (taken.kind === 'append') {
          const forecasts = taken.hours.map((at, i) => makeForecast(at, { version: taken.version, score: i }));
          expect(await ledger.append(forecasts)).toEqual(await memory.append(forecasts));
        } else if (taken.kind === 'resolve') {
          const resolutions = taken.hours.map((at) => resolutionOf(at, at % 3 === 0 ? null : at, taken.version));
          expect(await ledger.resolve(NAME, resolutions)).toEqual(await memory.resolve(NAME, resolutions));
        } else if (taken.kind === 'reopen') ledger = reopen();
        else if (taken.kind === 'forgetful') ledger = openForecastLedger(home, () => undefined, { heldBytes: 0 });
        else if (taken.kind === 'dropIndex') await rm(`${paths[0]}.index`, { force: true });
        else if (taken.kind === 'swapIndex') {
          const other = await readFile(`${paths[1]}.index`).catch(() => undefined);
          if (other !== undefined) await writeFile(`${paths[0]}.index`, other);
        } else if (taken.kind === 'age') {
          for (const path of paths) await utimes(`${path}.jsonl`, LONG_AGO, LONG_AGO).catch(() => undefined);
        } else {
          for (const path of paths) if (existsSync(`${path}.jsonl`)) await appendFile(`${path}.jsonl`, '{"torn');
        }
      }
      expect(await describeLedger(reopen())).toEqual(await describeLedger(memory));
      expect(await describeLedger(ledger)).toEqual(await describeLedger(memory));
    }),
    { numRuns: 25 },
  );
}, 60_000);
