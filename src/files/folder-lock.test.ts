import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withFolderLock } from './folder-lock.js';
import { ownerName } from './owner.js';
import { factsOfThisProcess, type ProcessFacts } from './process-facts.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-lock-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function leaveLock(owner: string): Promise<void> {
  await mkdir(join(folder, '.lock'));
  await writeFile(join(folder, '.lock', owner), '');
}

/** A process with the host name and number of this one, in another container. */
function twin(place: string): ProcessFacts {
  return { ...factsOfThisProcess(), place, startOf: () => '1' };
}

function ownerThatDied(): string {
  const { pid } = spawnSync(process.execPath, ['--version']);
  return ownerName().replace(`-${process.pid}-`, `-${pid}-`);
}

test('one at a time, and nothing is left behind', async () => {
  let inside = 0;
  let most = 0;
  let done = 0;
  const action = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await delay(1);
    inside -= 1;
    done += 1;
  };
  await Promise.all(Array.from({ length: 12 }, () => withFolderLock(folder, action)));
  expect([most, done]).toEqual([1, 12]);
  expect(await readdir(folder)).toEqual([]);
});

test('the result and the error of the action come through, and free the lock', async () => {
  expect(await withFolderLock(folder, async () => 7)).toBe(7);
  await expect(withFolderLock(folder, () => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
  expect(await withFolderLock(folder, async () => 8)).toBe(8);
});

test('the lock of a dead process is broken, by one of many', async () => {
  await leaveLock(ownerThatDied());
  let inside = 0;
  const most = await Promise.all(
    Array.from({ length: 8 }, () =>
      withFolderLock(folder, async () => {
        inside += 1;
        const seen = inside;
        await delay(1);
        inside -= 1;
        return seen;
      }),
    ),
  );
  expect(Math.max(...most)).toBe(1);
});

test('the lock of a former life under the own number is free at the first look', async () => {
  const former = twin('aaaaaaaaaaaa');
  await leaveLock(ownerName(former));
  const facts = { ...former, startOf: () => '2' };
  const sleep = () => expect.unreachable('it waited');
  expect(await withFolderLock(folder, async () => 1, { facts, sleep })).toBe(1);
});

test('the lock of another container is held while it gives signs of life, and no longer', async () => {
  const owner = ownerName(twin('bbbbbbbbbbbb'));
  await leaveLock(owner);
  let looks = 0;
  const sleep = async () => {
    looks += 1;
    if (looks <= 400 && looks % 40 === 0) await utimes(join(folder, '.lock', owner), looks, looks);
  };
  expect(await withFolderLock(folder, async () => looks, { facts: twin('aaaaaaaaaaaa'), sleep })).toBe(451);
});

test('who waits for a silent owner is not told that the time is up before it is known whether it lives', async () => {
  const facts = twin('aaaaaaaaaaaa');
  const sleep = async () => undefined;
  await leaveLock(ownerName({ ...twin('cccccccccccc'), host: 'other' }));
  expect(await withFolderLock(folder, async () => 1, { facts, sleep, timeoutMs: -1 })).toBe(1);
});

test('two processes of one host name and number never hold it at once', async () => {
  let inside = 0;
  let most = 0;
  const action = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await delay(1);
    inside -= 1;
  };
  const places = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
  await Promise.all(
    Array.from({ length: 12 }, (_, index) => withFolderLock(folder, action, { facts: twin(places[index % 2]) })),
  );
  expect(most).toBe(1);
});

test('who holds it gives signs of life', async () => {
  await withFolderLock(folder, async () => {
    const [owner] = await readdir(join(folder, '.lock'));
    const touchedAtMs = async () => (await stat(join(folder, '.lock', owner))).mtimeMs;
    const first = await touchedAtMs();
    await vi.waitFor(async () => expect(await touchedAtMs()).toBeGreaterThan(first), 60_000);
  });
});

test('a lock is as old as its taking, not as the wait for it', async () => {
  await leaveLock(ownerName());
  const sleep = async () => {
    const prepared = (await readdir(folder)).find((name) => name !== '.lock')!;
    const [owner] = await readdir(join(folder, prepared));
    await utimes(join(folder, prepared, owner), 1, 1);
    await rm(join(folder, '.lock'), { recursive: true });
  };
  const action = async () => {
    const [owner] = await readdir(join(folder, '.lock'));
    return (await stat(join(folder, '.lock', owner))).mtimeMs;
  };
  expect(await withFolderLock(folder, action, { sleep })).toBeGreaterThan(1_000);
});

test('an empty lock folder, as a kill while freeing leaves it, is no lock', async () => {
  await mkdir(join(folder, '.lock'));
  expect(await withFolderLock(folder, async () => 1)).toBe(1);
});

test('the lock of a living process is waited for, and then it is said', async () => {
  await leaveLock(ownerName());
  await expect(withFolderLock(folder, async () => 1, { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'VERSION_CONFLICT',
    message: expect.stringContaining(folder),
  });
  expect(await readdir(folder)).toEqual(['.lock']);
});

test('who lost the lock is told so', async () => {
  await expect(
    withFolderLock(folder, async (lock) => {
      await lock.confirm();
      await rm(join(folder, '.lock'), { recursive: true });
      await lock.confirm();
    }),
  ).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
});
