import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeDraft } from '../../test/support/version-draft.js';
import { openFileRegistry } from '../storage/file-registry.js';
import { healAllCopies, listModels, pruneAll, pruneVersions, rollBack } from './lifecycle.js';

/** A registry where BTCUSDT has so many versions; those named were champions, one after another. */
async function openRegistry(versions: number, champions: readonly number[]) {
  const home = await mkdtemp(join(tmpdir(), 'tradeai-lifecycle-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const registry = openFileRegistry(home);
  for (let i = 1; i <= versions; i++) await registry.publish(makeDraft('BTCUSDT', `v${i}`));
  for (const [generation, version] of champions.entries()) {
    await registry.promote({ name: 'BTCUSDT', version, reasons: ['better'], expectedGeneration: generation });
  }
  return registry;
}

test('a rollback leads to the champion before, and a second one back', async () => {
  const registry = await openRegistry(3, [1, 3]);
  expect(await rollBack('BTCUSDT', registry)).toMatchObject({ version: 1, previousVersion: 3, generation: 3 });
  expect(await rollBack('BTCUSDT', registry)).toMatchObject({ version: 3, previousVersion: 1, generation: 4 });
});

test('a rollback refuses when the champion has changed since it was looked at', async () => {
  const registry = await openRegistry(3, [1, 3]);
  await expect(rollBack('BTCUSDT', registry, 1)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  expect(await registry.champion('BTCUSDT')).toMatchObject({ version: 3 });
});

test('a first champion has nothing to roll back to', async () => {
  const registry = await openRegistry(1, [1]);
  await expect(rollBack('BTCUSDT', registry)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  await expect(rollBack('ETHUSDT', registry)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
});

test('promoting the champion again does not forget the one before it', async () => {
  const registry = await openRegistry(2, [1, 2, 2]);
  expect(await registry.champion('BTCUSDT')).toMatchObject({ version: 2, previousVersion: 1 });
});

test('pruning keeps the newest, the champion and the one before it', async () => {
  const registry = await openRegistry(8, [2, 4]);
  const result = await pruneVersions('BTCUSDT', 2, registry);
  expect(result).toEqual({ name: 'BTCUSDT', kept: [2, 4, 7, 8], removed: [1, 3, 5, 6] });
  expect(await registry.listVersions('BTCUSDT')).toEqual([2, 4, 7, 8]);
  expect((await registry.load('BTCUSDT')).manifest.version).toBe(4);
  expect((await registry.publish(makeDraft('BTCUSDT', 'next'))).version).toBe(9);
});

test.each([2, 4])('version %i, which a reader may be at, is never removed', async (version) => {
  const registry = await openRegistry(5, [2, 4]);
  await expect(registry.remove('BTCUSDT', version)).rejects.toMatchObject({ code: 'VERSION_IN_USE' });
  expect(await registry.listVersions('BTCUSDT')).toEqual([1, 2, 3, 4, 5]);
});

test('a model whose pointer is damaged is a row with its problem, and the others are told and pruned', async () => {
  const home = await mkdtemp(join(tmpdir(), 'tradeai-lifecycle-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const registry = openFileRegistry(home);
  for (const name of ['AAA', 'BROKEN', 'ZZZ']) {
    for (const text of ['v1', 'v2', 'v3']) await registry.publish(makeDraft(name, text));
    await registry.promote({ name, version: 3, reasons: [], expectedGeneration: 0 });
  }
  await writeFile(join(home, 'models/versions/BROKEN/champion.json'), '{"version": 3');
  expect(await listModels(registry)).toMatchObject([
    { name: 'AAA', champion: { version: 3 }, versions: [1, 2, 3], problem: null },
    {
      name: 'BROKEN',
      champion: null,
      versions: [1, 2, 3],
      problem: expect.stringMatching(/champion.*models promote/s),
    },
    { name: 'ZZZ', champion: { version: 3 }, versions: [1, 2, 3], problem: null },
  ]);
  expect(await pruneAll(1, registry)).toMatchObject([
    { name: 'AAA', kept: [2, 3], removed: [1], problem: null },
    { name: 'BROKEN', kept: [1, 2, 3], removed: [], problem: expect.stringContaining('champion') },
    { name: 'ZZZ', kept: [2, 3], removed: [1], problem: null },
  ]);
});

test('the copies of every model are healed, and each is told of', async () => {
  const home = await mkdtemp(join(tmpdir(), 'tradeai-lifecycle-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const registry = openFileRegistry(home);
  for (const name of ['AAA', 'BBB']) {
    await registry.publish(makeDraft(name, 'v1'));
    await registry.promote({ name, version: 1, reasons: [], expectedGeneration: 0 });
  }
  await writeFile(join(home, 'scalers/BBB_scaler.json'), 'spoilt');
  const told: string[] = [];
  await healAllCopies(registry, (text) => told.push(text));
  expect(told).toEqual(["BBB: not the champion's, made anew: scalers/BBB_scaler.json"]);
  await healAllCopies(registry, (text) => told.push(text));
  expect(told).toHaveLength(1);
});
