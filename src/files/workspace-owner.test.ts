import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownWorkspace } from './workspace-owner.js';

const HOST = hostname().replace(/[^A-Za-z0-9]/g, '_');
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-owner-'));
  path = join(folder, 'data/server.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What another process left in the folder. */
async function leaveFile(host: string, processId: number, ageMs = 0): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const owner = `${host}-${processId}-0123456789ab`;
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

test('half a file holds nobody back', async () => {
  await leaveFile(HOST, 1);
  await writeFile(path, '{ "owner": ');
  await (await ownWorkspace(path, Date.now())).release();
});

test('an owner that was taken over while it was stopped is told, and leaves the file alone', async () => {
  const owner = await ownWorkspace(path, Date.now(), 20);
  await wait(60);
  expect(owner.lost.aborted).toBe(false);
  const taken = JSON.stringify({ owner: 'other-7-0123456789ab', processId: 7, startedAtMs: 0, url: null });
  await writeFile(path, taken);
  if (!owner.lost.aborted) await once(owner.lost, 'abort');
  await owner.release();
  expect(await readFile(path, 'utf8')).toBe(taken);
});
