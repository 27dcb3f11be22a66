import { chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeForecast } from '../../test/support/ledger-forecasts.js';
import { needs } from '../../test/support/needs.js';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { hourOf, resolutionOf } from '../ports/ledger.contract.js';
import type { ForecastLedger } from '../ports/ledger.js';
import { openForecastLedger } from './forecast-ledger.js';

const NAME = 'TESTUSDT';
/** Three months: 40 forecasts of October's last hours, 720 hours later 5 of November, and 3 of December. */
const OCTOBER = Array.from({ length: 40 }, (_, hour) => hour);
const NOVEMBER = [100, 101, 102, 103, 104];
const DECEMBER = [800, 801, 802];
const ALL = [...OCTOBER, ...NOVEMBER, ...DECEMBER];
const IS_REFUSABLE = process.getuid?.() !== 0 && process.platform !== 'win32';
let home: string;
let notes: string[];
let october: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-ledger-'));
  october = join(home, 'data/ledger', NAME, '2026-10.jsonl');
  await reopen().append(ALL.map((hour) => makeForecast(hour)));
  await reopen().append([makeForecast(0, { name: 'OTHERUSDT' })]);
  await reopen().resolve(
    NAME,
    ALL.slice(0, -1).map((hour) => resolutionOf(hour, 101)),
  );
  notes = [];
});

afterEach(() => rm(home, { recursive: true, force: true }));

function reopen(): ForecastLedger {
  return openForecastLedger(home, (text) => notes.push(text));
}

async function hoursOf(ledger: ForecastLedger): Promise<number[]> {
  return (await ledger.read({ name: NAME, limit: 1_000 })).entries.map(hourOf).reverse();
}

async function scannedHours(ledger: ForecastLedger): Promise<number[]> {
  const hours: number[] = [];
  for await (const batch of ledger.scan(NAME, 1)) hours.push(...batch.map(hourOf));
  return hours;
}

/** What a candle does: resolves, and freezes the next forecast. */
async function takeCandle(ledger: ForecastLedger): Promise<void> {
  expect((await ledger.pending(NAME)).map(hourOf)).toEqual([802]);
  expect(await ledger.resolve(NAME, [resolutionOf(802, 99)])).toMatchObject([{ outcome: { close: 99 } }]);
  expect(await ledger.append([makeForecast(803)])).toHaveLength(1);
  expect((await ledger.pending(NAME)).map(hourOf)).toEqual([803]);
}

test('random bytes in the middle of a month cost the lines they hit, and are told once with path and count', async () => {
  const bytes = await readFile(october);
  const random = new Random(7, RANDOM_STREAM.test);
  // The forecasts come first, 40 lines of about the same length; these bytes hit lines 11 to 14.
  const lines = bytes.toString().split('\n').slice(0, -1);
  const start = lines.slice(0, 10).join('\n').length + 50;
  const end = lines.slice(0, 13).join('\n').length + 50;
  for (let at = start; at < end; at++) bytes[at] = Math.floor(256 * random.nextUniform());
  await writeFile(october, bytes);
  const hit = [10, 11, 12, 13];
  const expected = ALL.filter((hour) => !hit.includes(hour));
  const ledger = reopen();
  const page = await ledger.read({ name: NAME, limit: 1_000 });
  expect(page.entries.map(hourOf).reverse()).toEqual(expected);
  expect(page.entries.filter(({ outcome }) => outcome === null).map(hourOf)).toEqual([802]);
  expect(await scannedHours(ledger)).toEqual(expected);
  await takeCandle(ledger);
  await ledger.read({ name: NAME, limit: 1_000 });
  expect(notes).toHaveLength(1);
  const [, path, count] = /^(.*): left out (\d+) lines/.exec(notes[0])!;
  expect(path).toBe(october);
  // The random bytes hold line ends of their own.
  expect(Number(count)).toBeGreaterThanOrEqual(1);
  expect(page.problems).toEqual([`${count} lines of 2026-10 are not as they were written, and are left out`]);
  expect((await ledger.read({ name: NAME, limit: 5 })).problems).toEqual([]);
  // Another process, with the index of the damaged month saved by then, says the same.
  expect((await reopen().read({ name: NAME, limit: 1_000 })).problems).toEqual(page.problems);
  expect(notes).toEqual([notes[0], notes[0]]);
});

test('a line that is damaged after its month was indexed is left out and told', async () => {
  const ledger = reopen();
  expect(await hoursOf(ledger)).toEqual(ALL);
  const bytes = await readFile(october);
  bytes[bytes.indexOf('\n') + 30] ^= 1;
  await writeFile(october, bytes);
  const expected = ALL.filter((hour) => hour !== 1);
  for (const of of [ledger, reopen()]) expect(await hoursOf(of)).toEqual(expected);
  expect(notes.every((note) => note.includes('left out 1 lines'))).toBe(true);
  await takeCandle(ledger);
});

test('a torn line at the end of a month that is over costs nothing', async () => {
  const bytes = await readFile(october);
  await writeFile(october, Buffer.concat([bytes, bytes.subarray(0, 77)]));
  const ledger = reopen();
  expect(await hoursOf(ledger)).toEqual(ALL);
  await takeCandle(ledger);
  expect(notes).toEqual([]);
  // Who adds to it cuts it off.
  await ledger.append([makeForecast(40)]);
  expect(notes.join()).toContain('cut off 77 bytes');
  expect(await hoursOf(reopen())).toEqual([...ALL, 40, 803].sort((a, b) => a - b));
});

test('a month that is a folder is told once, and everything else goes on', async () => {
  await rm(october);
  await mkdir(october);
  const ledger = reopen();
  const page = await ledger.read({ name: NAME, limit: 1_000 });
  expect(page.entries.map(hourOf).reverse()).toEqual([...NOVEMBER, ...DECEMBER]);
  expect(page.problems).toEqual(['the forecasts of 2026-10 cannot be read']);
  expect(await scannedHours(ledger)).toEqual([...NOVEMBER, ...DECEMBER]);
  expect(await ledger.recordings({ name: NAME, limit: 100 })).toHaveLength(8);
  await takeCandle(ledger);
  expect(notes).toHaveLength(1);
  expect(notes[0]).toContain(october);
  await expect(ledger.append([makeForecast(3)])).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE' });
});

test(
  'a month that may not be read is told once, and everything else goes on',
  needs(IS_REFUSABLE, 'a user who may not read everything'),
  async () => {
    await chmod(october, 0);
    const ledger = reopen();
    expect(await hoursOf(ledger)).toEqual([...NOVEMBER, ...DECEMBER]);
    await takeCandle(ledger);
    expect(notes).toHaveLength(1);
    await chmod(october, 0o600);
    expect(await hoursOf(ledger)).toEqual([...ALL, 803]);
  },
);

test('a month that is full of something else holds nothing, and everything else goes on', async () => {
  await writeFile(october, Buffer.alloc(300_000, 'x\n'));
  const ledger = reopen();
  expect(await hoursOf(ledger)).toEqual([...NOVEMBER, ...DECEMBER]);
  await takeCandle(ledger);
  expect(notes).toEqual([expect.stringContaining('left out 150000 lines')]);
});

test('a damaged month whose folder cannot be written says what is missing, and gains no index', async () => {
  const bytes = await readFile(october);
  bytes[200] ^= 1;
  await writeFile(october, bytes);
  const index = october.replace('.jsonl', '.index');
  await rm(index, { force: true });
  // A folder in its place cannot be replaced by a file, whoever tries.
  await mkdir(join(index, 'x'), { recursive: true });
  const longAgo = new Date('2026-11-20');
  await utimes(october, longAgo, longAgo);
  for (let round = 0; round < 2; round++) {
    const { entries, problems } = await reopen().read({ name: NAME, limit: 1_000 });
    expect(entries.map(hourOf).reverse()).toEqual(ALL.slice(1));
    expect(problems).toEqual(['1 lines of 2026-10 are not as they were written, and are left out']);
  }
  await takeCandle(reopen());
});

test('damage of one name is none of another', async () => {
  await writeFile(october, 'x\n');
  const ledger = reopen();
  const { entries, problems } = await ledger.read({ name: 'OTHERUSDT', limit: 9 });
  expect([entries.map(hourOf), problems]).toEqual([[0], []]);
  expect((await ledger.pending('OTHERUSDT')).map(hourOf)).toEqual([0]);
  expect(notes).toEqual([]);
});
