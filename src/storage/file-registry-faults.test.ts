/**
 * A publication and a promotion with the file system failing, or the power gone, at every single call.
 * The real file system does the work; the wrapper below counts its calls, fails one, or writes them down.
 * Every fifth call fails in turn; TRADEAI_FAULT_STEP=1 takes them all.
 */

import type { FileHandle } from 'node:fs/promises';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CRASH_MODELS, type DiskOperation, play, readDisk, restore } from '../../test/support/crash-disk.js';
import { makeDraft } from '../../test/support/version-draft.js';
import { TradeAiError } from '../core/errors.js';
import { collectAbandoned } from '../files/temporary-names.js';
import { openFileRegistry } from './file-registry.js';

const faults = vi.hoisted(() => ({
  isOn: false,
  calls: 0,
  /** Call numbers in [failStart, failEnd) fail with `code`. */
  failStart: Number.POSITIVE_INFINITY,
  failEnd: Number.POSITIVE_INFINITY,
  code: 'EIO',
  operations: [] as DiskOperation[],
}));

vi.mock('node:fs/promises', async (importOriginal) => {
  type FileSystem = typeof import('node:fs/promises');
  const real = await importOriginal<FileSystem>();

  function countCall(syscall: string): void {
    if (!faults.isOn) return;
    const call = faults.calls++;
    if (call < faults.failStart || call >= faults.failEnd) return;
    const error = new Error(`${faults.code}: injected, ${syscall}`);
    throw Object.assign(error, { code: faults.code, syscall, errno: -5 });
  }

  const note = (operation: DiskOperation) => {
    if (faults.isOn) faults.operations.push(operation);
  };

  const watchFile = (file: FileHandle, path: string, isWritten: boolean) => ({
    writeFile: async (bytes: string | Uint8Array) => {
      countCall('write');
      await file.writeFile(bytes);
      note({ kind: 'write', path, bytes: Buffer.from(bytes as string) });
    },
    readFile: async () => {
      countCall('read');
      return file.readFile();
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

  const watched = {
    ...real,
    open: async (path: string, flags: string | number) => {
      countCall('open');
      const file = await real.open(path, flags);
      if (flags === 'w') note({ kind: 'create', path });
      return watchFile(file, path, flags === 'w');
    },
    mkdir: async (path: string, options?: { recursive: true }) => {
      countCall('mkdir');
      const made = await real.mkdir(path, options);
      if (options === undefined) note({ kind: 'makeFolder', path });
      if (made === undefined) return made;
      const folders = [path];
      while (folders[0] !== made) folders.unshift(dirname(folders[0]));
      for (const folder of folders) note({ kind: 'makeFolder', path: folder });
      return made;
    },
    rename: async (path: string, to: string) => {
      countCall('rename');
      await real.rename(path, to);
      note({ kind: 'rename', path, to });
    },
    writeFile: async (path: string, bytes: string) => {
      countCall('write');
      await real.writeFile(path, bytes);
      note({ kind: 'create', path });
      note({ kind: 'write', path, bytes: Buffer.from(bytes) });
    },
  };
  const removers = ['rm', 'rmdir', 'unlink'] as const;
  for (const name of removers) {
    Object.assign(watched, {
      [name]: async (path: string, options?: { force: boolean }) => {
        countCall(name);
        await real[name](path, options);
        note({ kind: 'remove', path });
      },
    });
  }
  for (const name of ['readdir', 'lstat', 'stat', 'readFile'] as const) {
    const call = real[name] as (...parameters: unknown[]) => Promise<unknown>;
    Object.assign(watched, {
      [name]: async (...parameters: unknown[]) => {
        countCall(name);
        return call(...parameters);
      },
    });
  }
  return watched;
});

const FAULT_STEP = Number(process.env.TRADEAI_FAULT_STEP ?? 5);

let folder: string;
/** A workspace whose champion is version 1; every test starts from a copy. */
let start: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-faults-'));
  start = join(folder, 'start');
  await openFileRegistry(start).publish(makeDraft('BTCUSDT', 'v1'));
  await openFileRegistry(start).promote({ name: 'BTCUSDT', version: 1, reasons: [], expectedGeneration: 0 });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function publishAndPromote(home: string): Promise<void> {
  const registry = openFileRegistry(home);
  const claim = await registry.claim('BTCUSDT');
  const { version } = await registry.publish({ ...makeDraft('BTCUSDT', 'v2'), claim });
  await registry.promote({ name: 'BTCUSDT', version, reasons: ['better'], expectedGeneration: 1, claim });
}

/** Runs the action under watch; its error, if any. */
async function watch(action: () => Promise<void>, failStart?: number, failEnd?: number): Promise<unknown> {
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

/** Every version counted is complete, and the champion is one of those allowed. */
async function expectSound(home: string, allowedChampions: readonly number[]): Promise<number> {
  const registry = openFileRegistry(home);
  for (const version of await registry.listVersions('BTCUSDT')) await registry.load('BTCUSDT', version);
  const { manifest, files } = await registry.load('BTCUSDT');
  expect(allowedChampions).toContain(manifest.version);
  expect(Buffer.from(files.get('model.onnx')!).toString()).toBe(
    `BTCUSDT model.onnx ${manifest.version === 1 ? 'v1' : 'v2'}\n`,
  );
  return manifest.version;
}

test.each([
  ['once', 1, 'EIO'],
  ['once', 1, 'EMFILE'],
  ['from then on', Number.POSITIVE_INFINITY, 'ENOSPC'],
])(
  'a failure at any call, %s (%d calls, %s), is told, leaves a sound registry, and can be tried again',
  async (_, span, code) => {
    faults.code = code;
    await cp(start, join(folder, 'counted'), { recursive: true });
    expect(await watch(() => publishAndPromote(join(folder, 'counted')))).toBeUndefined();
    const callCount = faults.calls;
    expect(callCount).toBeGreaterThan(50);

    for (let call = 0; call < callCount; call += FAULT_STEP) {
      const home = join(folder, `fail-${call}`);
      await cp(start, home, { recursive: true });
      const error = await watch(() => publishAndPromote(home), call, call + span);
      if (error !== undefined) {
        expect(error, `call ${call}`).toBeInstanceOf(TradeAiError);
        expect(['STORAGE_UNWRITABLE', 'STORAGE_UNREADABLE']).toContain((error as TradeAiError).code);
        expect((error as TradeAiError).message).toContain(home);
        expect((error as TradeAiError).hint).toBeDefined();
      }
      await expectSound(home, error === undefined ? [2] : [1, 2]);

      const registry = openFileRegistry(home);
      await collectAbandoned(join(home, 'models/versions/BTCUSDT'), Date.now() + 3_600_000);
      const { version } = await registry.publish(makeDraft('BTCUSDT', 'v2'));
      await registry.promote({
        name: 'BTCUSDT',
        version,
        reasons: [],
        expectedGeneration: (await registry.champion('BTCUSDT'))!.generation,
      });
      expect((await registry.load('BTCUSDT')).manifest.version).toBe(version);
      await rm(home, { recursive: true });
    }
  },
);

test.each(CRASH_MODELS)('a power cut after any call leaves the old champion or the new one (%s)', async (model) => {
  const home = join(folder, 'recorded');
  await cp(start, home, { recursive: true });
  expect(await watch(() => publishAndPromote(home))).toBeUndefined();
  const operations = faults.operations;
  expect(operations.length).toBeGreaterThan(40);

  const champions: number[] = [];
  for (let end = 0; end <= operations.length; end++) {
    const disk = await readDisk(start);
    play(disk, home, operations.slice(0, end));
    const restored = join(folder, `crash-${end}`);
    await restore(disk, model, restored);
    champions.push(await expectSound(restored, [1, 2]));
    await rm(restored, { recursive: true });
  }
  expect(champions).toEqual([...champions].sort());
  expect(champions.at(0)).toBe(1);
  expect(champions.at(-1)).toBe(2);
});

test('a publication that was reported survives a power cut', async () => {
  const home = join(folder, 'published');
  await cp(start, home, { recursive: true });
  await watch(async () => {
    await openFileRegistry(home).publish(makeDraft('BTCUSDT', 'v2'));
  });
  const disk = await readDisk(start);
  play(disk, home, faults.operations);
  const restored = join(folder, 'restored');
  await restore(disk, 'names-lost', restored);
  expect(await openFileRegistry(restored).listVersions('BTCUSDT')).toEqual([1, 2]);
  await expectSound(restored, [1]);
});
