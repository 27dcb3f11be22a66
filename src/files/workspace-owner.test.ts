import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withFolderLock } from './folder-lock.js';
import { ownerName } from './owner.js';
import { factsOfThisProcess } from './process-facts.js';
import { ownWorkspace } from './workspace-owner.js';

const HOST = hostname().replace(/[^A-Za-z0-9]/g, '_');
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-owner-'));
  path = join(folder, 'data/server.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What another process left in the folder; an older program's, unless its owner is given. */
async function leaveFile(host: string, processId: number, ageMs = 0, owner = `${host}-${processId}-0123456789ab`) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify({ owner, processId, startedAtMs: Date.UTC(2026, 0, 1), url: 'http://there:1' }));
  const touched = new Date(Date.now() - ageMs);
  await utimes(path, touched, touched);
}

async function startSleeper() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  return child;
}

test('a second server is told who has the workspace, where, and since when', async () => {
  const other = await startSleeper();
  try {
    await leaveFile(HOST, other.pid!);
    await expect(ownWorkspace(path, Date.now())).rejects.toMatchObject({
      code: 'WORKSPACE_BUSY',
      message: `a server runs on this workspace already: process ${other.pid} at http://there:1, since 2026-01-01T00:00:00.000Z`,
    });
  } finally {
    other.kill('SIGKILL');
    await once(other, 'close');
  }
  // Killed, it holds nobody back.
  const owner = await ownWorkspace(path, Date.now());
  await owner.tellUrl('http://here:2');
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ processId: process.pid, url: 'http://here:2' });
  await owner.release();
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});

test('the same number after a restart of the container is its own former self', async () => {
  await leaveFile(HOST, process.pid);
  await (await ownWorkspace(path, Date.now())).release();
});

test('the same number in another container is another server, for as long as it gives signs of life', async () => {
  await leaveFile('othercontainer', process.pid);
  await expect(ownWorkspace(path, Date.now())).rejects.toMatchObject({ code: 'WORKSPACE_BUSY' });
  await leaveFile('othercontainer', process.pid, 11 * 60_000);
  await (await ownWorkspace(path, Date.now())).release();
});

test('another container with the same host name and number is told, and taken over when it is silent', async () => {
  const twin = { ...factsOfThisProcess(), place: 'bbbbbbbbbbbb' };
  const facts = { ...twin, place: 'aaaaaaaaaaaa' };
  await leaveFile(HOST, process.pid, 0, ownerName(twin));
  let looks = 0;
  const sleep = async () => {
    looks += 1;
    if (looks === 40) await utimes(path, 1, 1);
  };
  await expect(ownWorkspace(path, Date.now(), { facts, sleep })).rejects.toMatchObject({ code: 'WORKSPACE_BUSY' });
  expect(looks).toBe(40);
  await (await ownWorkspace(path, Date.now(), { facts, sleep })).release();
  expect(looks).toBe(90);
});

const WHOLE = { owner: `${HOST}-1-0123456789ab`, processId: 1, startedAtMs: 5, url: null };
test.each([
  '{ "owner": ',
  '',
  '{}',
  'null',
  '5',
  '[]',
  JSON.stringify({ ...WHOLE, owner: 'somebody' }),
  JSON.stringify({ ...WHOLE, startedAtMs: 1e300 }),
  JSON.stringify({ ...WHOLE, url: 5 }),
])('a file that names nobody holds nobody back: %j', async (text) => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await (await ownWorkspace(path, Date.now())).release();
});

test('an owner that was taken over while it was stopped is told, and leaves the file alone', async () => {
  const owner = await ownWorkspace(path, Date.now());
  await owner.tellUrl('http://here:2');
  expect(owner.lost.aborted).toBe(false);
  const taken = JSON.stringify({ owner: 'other-7-0123456789ab', processId: 7, startedAtMs: 0, url: null });
  await writeFile(path, taken);
  await owner.tellUrl('http://here:3');
  expect(await readFile(path, 'utf8')).toBe(taken);
  expect(owner.lost.aborted).toBe(true);
  await owner.release();
  expect(await readFile(path, 'utf8')).toBe(taken);
});

test('an owner that ends waits for whoever is taking the folder over, and leaves the file to it', async () => {
  let tellWait = () => {};
  const waits = new Promise<string>((resolve) => {
    tellWait = () => resolve('it waits');
  });
  const owner = await ownWorkspace(path, Date.now(), { sleep: async () => tellWait() });
  let released = Promise.resolve();
  await withFolderLock(dirname(path), async () => {
    released = owner.release();
    expect(await Promise.race([released, waits])).toBe('it waits');
    await leaveFile('other', 7);
  });
  await released;
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ processId: 7 });
});

test('a file that can no longer be read says nothing to its owner', async () => {
  const owner = await ownWorkspace(path, Date.now());
  await rm(path);
  await mkdir(path);
  await expect(owner.tellUrl('http://here:2')).rejects.toMatchObject({ code: 'STORAGE_UNWRITABLE' });
  expect(owner.lost.aborted).toBe(false);
});

test('an owner finds out by itself that it was taken over, and gives signs of life until then', async () => {
  const owner = await ownWorkspace(path, Date.now());
  const first = (await stat(path)).mtimeMs;
  await vi.waitFor(async () => expect((await stat(path)).mtimeMs).toBeGreaterThan(first), 60_000);
  expect(owner.lost.aborted).toBe(false);
  await leaveFile('other', 7);
  if (!owner.lost.aborted) await once(owner.lost, 'abort');
});
