import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { needsFiles } from '../../test/support/needs.js';
import { makeDraft } from '../../test/support/version-draft.js';
import type { ModelRegistry } from '../ports/registry.js';
import { openFileRegistry } from './file-registry.js';

let home: string;
let registry: ModelRegistry;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-stamps-'));
  registry = openFileRegistry(home);
});

afterEach(() => rm(home, { recursive: true, force: true }));

const folderOf = (name: string) => join(home, 'models/versions', name);
const pointerOf = (name: string) => join(folderOf(name), 'champion.json');

/** Lets a minute go by for the models of the registry: their times are that much older. */
async function age(): Promise<void> {
  const then = new Date(Date.now() - 60_000);
  for (const name of await readdir(join(home, 'models/versions'))) {
    if (existsSync(pointerOf(name))) await utimes(pointerOf(name), then, then);
    await utimes(folderOf(name), then, then);
  }
}

async function publish(name: string): Promise<number> {
  return (await registry.publish(makeDraft(name, 'text'))).version;
}

test('names are those of the list, each with a stamp that stays while nothing changes', async () => {
  expect(await registry.stamps()).toEqual(new Map());
  await publish('ETHUSDT');
  await publish('BTCUSDT');
  await registry.promote({ name: 'BTCUSDT', version: 1, reasons: ['because'], expectedGeneration: 0 });
  await mkdir(folderOf('EMPTY'));
  await age();
  const stamps = await registry.stamps();
  expect([...stamps.keys()]).toEqual(await registry.listNames());
  expect([...stamps.keys()]).toEqual(['BTCUSDT', 'ETHUSDT']);
  expect(await registry.stamps()).toEqual(stamps);
});

test.each<[string, () => Promise<unknown>]>([
  ['a promotion', () => registry.promote({ name: 'BTCUSDT', version: 2, reasons: ['because'], expectedGeneration: 1 })],
  ['a new version', () => publish('BTCUSDT')],
  ['a version that was removed', () => registry.remove('BTCUSDT', 2)],
  ['a version whose folder vanished', () => rm(join(folderOf('BTCUSDT'), '2'), { recursive: true })],
  ['a pointer that was removed', () => rm(pointerOf('BTCUSDT'))],
  [
    'a pointer that was written over in its place',
    async () => writeFile(pointerOf('BTCUSDT'), (await readFile(pointerOf('BTCUSDT'))).reverse()),
  ],
])('%s changes the stamp of its name alone', async (_what, change) => {
  await publish('BTCUSDT');
  await publish('BTCUSDT');
  await registry.promote({ name: 'BTCUSDT', version: 1, reasons: ['because'], expectedGeneration: 0 });
  await publish('ETHUSDT');
  await age();
  const before = await registry.stamps();
  await change();
  const after = await registry.stamps();
  expect(after.get('BTCUSDT')).not.toBe(before.get('BTCUSDT'));
  expect(after.get('ETHUSDT')).toBe(before.get('ETHUSDT'));
});

test('a folder that gets its first version later is a name from then on', async () => {
  await mkdir(folderOf('BTCUSDT'), { recursive: true });
  await age();
  expect(await registry.stamps()).toEqual(new Map());
  await publish('BTCUSDT');
  expect([...(await registry.stamps()).keys()]).toEqual(['BTCUSDT']);
});

test('what has changed just now has another stamp at every look: a second change may leave the same times', async () => {
  await publish('BTCUSDT');
  const first = await registry.stamps();
  expect((await registry.stamps()).get('BTCUSDT')).not.toBe(first.get('BTCUSDT'));
});

// Only Linux counts the bytes that a process has read.
test(
  'nothing is read of models that have not changed, 10 or 500 of them',
  needsFiles(['/proc/self/io'], 'count of bytes read'),
  async () => {
    const bytesRead = () => Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))![1]);
    const bytesOfLooks = async (): Promise<number> => {
      await registry.stamps();
      const before = bytesRead();
      for (let look = 0; look < 3; look++) await registry.stamps();
      return bytesRead() - before;
    };
    const addModels = async (first: number, end: number) => {
      for (let i = first; i < end; i++) {
        await mkdir(join(folderOf(`MODEL${i}`), '1'), { recursive: true });
        await writeFile(pointerOf(`MODEL${i}`), 'x'.repeat(400));
      }
      await age();
    };
    await addModels(0, 10);
    const ofTen = await bytesOfLooks();
    await addModels(10, 500);
    expect((await registry.stamps()).size).toBe(500);
    const ofAll = await bytesOfLooks();
    // Node's threads wake its loop with 8 bytes that count as read.
    expect((ofAll - ofTen) / (3 * 490)).toBeLessThan(2 * 8);
  },
);
