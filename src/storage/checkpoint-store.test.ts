import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openMemoryCheckpoints } from '../../test/support/memory-checkpoints.js';
import { ownerName } from '../files/owner.js';
import { factsOfThisProcess } from '../files/process-facts.js';
import { testCheckpointStoreContract } from '../ports/checkpoint-store.contract.js';
import type { RunRecord } from '../ports/checkpoint-store.js';
import { openCheckpointStore } from './checkpoint-store.js';

const RUN: RunRecord = { id: 'a', kind: 'train', names: ['BTCUSDT'], startedBy: 'person' };

async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'tradeai-checkpoints-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  return home;
}

testCheckpointStoreContract('in a folder', async () => {
  const home = await makeHome();
  return { here: openCheckpointStore(home), there: openCheckpointStore(home) };
});

testCheckpointStoreContract('in memory', async () => {
  const memory = openMemoryCheckpoints();
  return { here: memory.open(), there: memory.open() };
});

test('a run whose process is gone is stopped, and can be begun again', async () => {
  const home = await makeHome();
  const folder = join(home, 'models/checkpoints/a');
  await openCheckpointStore(home).begin(RUN);
  const host = (await import('node:os')).hostname().replace(/[^A-Za-z0-9]/g, '_');
  // No process has this number: it is above the highest that Linux gives.
  await writeFile(join(folder, 'owner'), `${host}-4194305-0123456789ab`);
  const store = openCheckpointStore(home);
  expect(await store.listRuns()).toMatchObject([{ id: 'a', isRunning: false }]);
  await store.begin(RUN);
  expect((await readdir(folder)).sort()).toEqual(['owner', 'run.json']);
});

test('a run of another container with the same host name and number is left to it while it gives signs of life', async () => {
  const home = await makeHome();
  const twin = (place: string) => ({ ...factsOfThisProcess(), place });
  const there = openCheckpointStore(home, { facts: twin('bbbbbbbbbbbb') });
  await there.begin(RUN);
  const here = openCheckpointStore(home, { facts: twin('aaaaaaaaaaaa') });
  await expect(here.begin(RUN)).rejects.toMatchObject({ code: 'WORKSPACE_BUSY' });
  // Killed, it says no more.
  const killed = ownerName(twin('cccccccccccc'));
  await writeFile(join(home, 'models/checkpoints/a/owner'), killed);
  let looks = 0;
  const sleep = async () => {
    looks += 1;
  };
  const next = openCheckpointStore(home, { facts: twin('aaaaaaaaaaaa'), sleep });
  await next.begin(RUN);
  expect(looks).toBe(50);
  // Who lost it while it was stopped neither writes to it nor ends it.
  const key = { runId: 'a', name: 'BTCUSDT' };
  await next.save(key, Buffer.from('next'));
  await expect(there.save(key, Buffer.from('there'))).rejects.toMatchObject({ code: 'WORKSPACE_BUSY' });
  await there.leave({ ...RUN, names: ['OTHER'] });
  await there.end('a');
  expect(Buffer.from((await next.load(key))!).toString()).toBe('next');
  expect(await next.listRuns()).toMatchObject([{ ...RUN, isRunning: false }]);
  await next.end('a');
});

test('a run that is left is free, even where its names cannot be written', async () => {
  const home = await makeHome();
  const folder = join(home, 'models/checkpoints/a');
  const store = openCheckpointStore(home);
  await store.begin(RUN);
  await rm(join(folder, 'run.json'));
  await mkdir(join(folder, 'run.json'));
  await expect(store.leave(RUN)).rejects.toMatchObject({ code: 'STORAGE_UNWRITABLE' });
  expect(await readdir(folder)).toEqual(['run.json']);
});

test('a training that an older program stopped is a run of its own, loaded and removed where it lies', async () => {
  const home = await makeHome();
  const folder = join(home, 'models/checkpoints');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'BTCUSDT.safetensors'), 'old');
  const store = openCheckpointStore(home);
  await store.begin({ ...RUN, id: 'later' });
  const [old] = await store.listRuns();
  expect(old).toMatchObject({ kind: 'train', names: ['BTCUSDT'], checkpoints: ['BTCUSDT'], isRunning: false });
  await store.begin(old);
  expect(Buffer.from((await store.load({ runId: old.id, name: 'BTCUSDT' }))!).toString()).toBe('old');
  await store.leave(old);
  expect(await readdir(folder)).toContain('BTCUSDT.safetensors');
  await store.end(old.id);
  expect(await readdir(folder)).toEqual(['later']);
});

test('what is no run is not listed: foreign files, folders, and records that are damaged', async () => {
  const home = await makeHome();
  const folder = join(home, 'models/checkpoints');
  await mkdir(join(folder, 'empty'), { recursive: true });
  await mkdir(join(folder, 'torn'));
  await writeFile(join(folder, 'torn/run.json'), '{"id":');
  await mkdir(join(folder, 'moved'));
  await writeFile(join(folder, 'moved/run.json'), JSON.stringify(RUN));
  await writeFile(join(folder, 'notes.txt'), 'x');
  await writeFile(join(folder, '.hidden.safetensors'), 'x');
  expect(await openCheckpointStore(home).listRuns()).toEqual([]);
});
