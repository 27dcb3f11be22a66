/**
 * Forecasts and outcomes being added with the file system failing, or the power gone, at every single call. The real file
 * system does the work; the wrapper below counts its calls, fails one, or writes them down.
 */

import type { FileHandle } from 'node:fs/promises';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CRASH_MODELS, type DiskOperation, play, readDisk, restore } from '../../test/support/crash-disk.js';
import { makeForecast } from '../../test/support/ledger-forecasts.js';
import { TradeAiError } from '../core/errors.js';
import { outcomeOf } from '../evaluation/ledger.js';
import type { ForecastLedger } from '../ports/ledger.js';
import { openForecastLedger } from './forecast-ledger.js';

const faults = vi.hoisted(() => ({
  isOn: false,
  calls: 0,
  /** Call numbers in [failStart, failEnd) fail. */
  failStart: Number.POSITIVE_INFINITY,
  failEnd: Number.POSITIVE_INFINITY,
  code: 'EIO',
  operations: [] as DiskOperation[],
}));

vi.mock('node:fs/promises', async (importOriginal) => {
  type FileSystem = typeof import('node:fs/promises');
  const real = await importOriginal<FileSystem>();

  /** Whether this call is to fail. */
  const isFailing = () => {
    if (!faults.isOn) return false;
    const call = faults.calls++;
    return call >= faults.failStart && call < faults.failEnd;
  };
  const fail = (syscall: string): never => {
    throw Object.assign(new Error(`${faults.code}: injected, ${syscall}`), { code: faults.code, syscall, errno: -5 });
  };
  const countCall = (syscall: string) => {
    if (isFailing()) fail(syscall);
  };
  const note = (operation: DiskOperation) => {
    if (faults.isOn) faults.operations.push(operation);
  };
  const noteContent = async (path: string) => note({ kind: 'write', path, bytes: await real.readFile(path) });

  const watchFile = (file: FileHandle, path: string, isWritten: boolean) => ({
    appendFile: async (bytes: Uint8Array) => {
      if (isFailing()) {
        // a full disk takes a part
        await file.appendFile(bytes.subarray(0, bytes.length >> 1));
        await noteContent(path);
        fail('write');
      }
      await file.appendFile(bytes);
      await noteContent(path);
    },
    truncate: async (length: number) => {
      countCall('ftruncate');
      await file.truncate(length);
      await noteContent(path);
    },
    stat: async () => {
      countCall('fstat');
      return file.stat();
    },
    read: async (buffer: Uint8Array, offset: number, length: number, position: number) => {
      countCall('read');
      return file.read(buffer, offset, length, position);
    },
    // the sync itself is left out: it costs milliseconds and shows nothing here
    sync: async () => {
      countCall('fsync');
      note({ kind: isWritten ? 'syncFile' : 'syncFolder', path });
    },
    close: async () => {
      await file.close();
      countCall('close');
    },
  });

  return {
    ...real,
    open: async (path: string, flags: string) => {
      countCall('open');
      const isNew = flags === 'a+' && !(await real.stat(path).catch(() => false));
      const file = await real.open(path, flags);
      if (isNew) note({ kind: 'create', path });
      return watchFile(file, path, flags === 'a+');
    },
    mkdir: async (path: string, options?: { recursive: true }) => {
      countCall('mkdir');
      const made = await real.mkdir(path, options);
      // the lock comes and goes unseen: it holds nothing
      if (options === undefined || made === undefined) return made;
      const folders = [path];
      while (folders[0] !== made) folders.unshift(dirname(folders[0]));
      for (const folder of folders) note({ kind: 'makeFolder', path: folder });
      return made;
    },
  };
});

const NAME = 'TESTUSDT';
const SHADOW = { version: 2, role: 'shadow' } as const;
let folder: string;
/** A workspace with three forecasts of which the first is settled; every test starts from a copy. */
let start: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-ledger-crash-'));
  start = join(folder, 'start');
  const ledger = openForecastLedger(start, () => undefined);
  await ledger.append([makeForecast(0), makeForecast(1), makeForecast(2)]);
  await ledger.resolve(NAME, [settle(0)]);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function settle(hour: number) {
  const forecast = makeForecast(hour);
  return { ...forecast, settledAtMs: 1, outcome: outcomeOf(forecast, 101, 1) };
}

/** Everything the ledger says, as text that can be compared. */
async function describeLedger(home: string): Promise<string[]> {
  const { entries } = await openForecastLedger(home, () => undefined).read({ name: NAME, limit: 1_000 });
  return entries.map(({ asOfMs, version, outcome }) => `${asOfMs} v${version} ${outcome?.close ?? 'open'}`);
}

/** The steps of new candles, the last of which begins a new month; what each answered for stays answered for. */
const STEPS: readonly ((ledger: ForecastLedger) => Promise<unknown>)[] = [
  (ledger) => ledger.resolve(NAME, [settle(1), settle(2)]),
  (ledger) => ledger.append([makeForecast(3), makeForecast(3, SHADOW)]),
  (ledger) => ledger.resolve(NAME, [settle(3)], [makeForecast(4)]),
  (ledger) => ledger.append([makeForecast(50)]),
];

/** States of the ledger after none of the steps, one, and so on. */
async function listStates(): Promise<string[][]> {
  const home = join(folder, 'states');
  await cp(start, home, { recursive: true });
  const states = [await describeLedger(home)];
  for (const step of STEPS) {
    await step(openForecastLedger(home, () => undefined));
    states.push(await describeLedger(home));
  }
  return states;
}

async function watch(action: () => Promise<unknown>, failStart?: number, failEnd?: number): Promise<unknown> {
  Object.assign(faults, { isOn: true, calls: 0, operations: [] });
  faults.failStart = failStart ?? Number.POSITIVE_INFINITY;
  faults.failEnd = failEnd ?? Number.POSITIVE_INFINITY;
  try {
    await action();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    faults.isOn = false;
  }
}

test.each(CRASH_MODELS)('a power cut after any call loses nothing that was answered for (%s)', async (model) => {
  const states = await listStates();
  const home = join(folder, 'recorded');
  await cp(start, home, { recursive: true });
  const ledger = openForecastLedger(home, () => undefined);
  /** Operations done when the so-manieth step was answered for. */
  const ends: number[] = [];
  const error = await watch(async () => {
    for (const step of STEPS) {
      await step(ledger);
      ends.push(faults.operations.length);
    }
  });
  expect(error).toBeUndefined();
  const { operations } = faults;
  expect(operations.filter(({ kind }) => kind === 'syncFile').length).toBe(STEPS.length);
  for (let end = 0; end <= operations.length; end++) {
    const disk = await readDisk(start);
    play(disk, home, operations.slice(0, end));
    const restored = join(folder, `crash-${end}`);
    await restore(disk, model, restored);
    const answered = ends.filter((done) => done <= end).length;
    const found = await describeLedger(restored);
    expect([states[answered], states[answered + 1]], `after ${end} operations`).toContainEqual(found);
    await rm(restored, { recursive: true });
  }
});

test.each([
  ['once', 1, 'EIO'],
  ['from then on', Number.POSITIVE_INFINITY, 'ENOSPC'],
])('a failure at any call, %s (%d calls, %s), is told, and can be tried again', async (_, span, code) => {
  faults.code = code;
  const states = await listStates();
  const [before, after] = [states[0], states.at(-1)];
  const act = async (ledger: ForecastLedger) => {
    for (const step of STEPS) await step(ledger);
  };
  await cp(start, join(folder, 'counted'), { recursive: true });
  expect(await watch(() => act(openForecastLedger(join(folder, 'counted'), () => undefined)))).toBeUndefined();
  const callCount = faults.calls;
  expect(callCount).toBeGreaterThan(20);
  for (let call = 0; call < callCount; call++) {
    const home = join(folder, `fail-${call}`);
    await cp(start, home, { recursive: true });
    const ledger = openForecastLedger(home, () => undefined);
    const error = await watch(() => act(ledger), call, call + span);
    if (error !== undefined) {
      expect(error, `call ${call}`).toBeInstanceOf(TradeAiError);
      expect(['STORAGE_UNWRITABLE', 'STORAGE_UNREADABLE']).toContain((error as TradeAiError).code);
    }
    expect((await describeLedger(home)).length).toBeGreaterThanOrEqual(before.length);
    await act(ledger);
    expect(await describeLedger(home)).toEqual(after);
    await rm(home, { recursive: true });
  }
});

test('what was written but not synced before a failure is synced before it is answered for', async () => {
  const home = join(folder, 'unsynced');
  await cp(start, home, { recursive: true });
  const ledger = openForecastLedger(home, () => undefined);
  const path = join(home, 'data/ledger/TESTUSDT/2026-10.jsonl');
  await watch(() => ledger.append([makeForecast(3)]));
  const syncCall = faults.calls;
  for (let call = 0; call < syncCall; call++) {
    // the sync, and the cutting off after it
    await watch(() => ledger.append([makeForecast(4)]), call, call + 2);
    if ((await readFile(path, 'utf8')).split('\n').length < 7) continue;
    // The line is there, and nobody knows whether it is on disk.
    await watch(() => openForecastLedger(home, () => undefined).append([makeForecast(4)]));
    expect(faults.operations.map(({ kind }) => kind)).toContain('syncFile');
    return;
  }
  expect.unreachable('no failure came between write and sync');
});
