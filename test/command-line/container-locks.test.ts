/** Servers that are the first process of a namespace each, as in containers: all have number 1, and one host name. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { needs } from '../support/needs.js';

const SCRIPT = join(import.meta.dirname, '../support/container-locks.mjs');
const NAMESPACE = ['-rpf', '--mount-proc', '--kill-child'];
const canUnshare = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;
/** At the workspace; whoever has held that has held the lock, too. */
const MOST_LOOKS = 50;

interface News {
  readonly processId: number;
  readonly place: string;
  readonly looks?: number;
  readonly code?: string;
}

let home: string;
let containers: ChildProcess[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-containers-'));
  containers = [];
});
afterEach(async () => {
  await Promise.all(containers.map(kill));
  await rm(home, { recursive: true, force: true });
});

async function start(): Promise<{ container: ChildProcess; news: News }> {
  const container = spawn('unshare', [...NAMESPACE, process.execPath, SCRIPT, home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  containers.push(container);
  const [line] = await once(container.stdout!, 'data');
  return { container, news: JSON.parse(String(line)) };
}

async function kill(container: ChildProcess): Promise<void> {
  if (container.exitCode !== null || container.signalCode !== null) return;
  const closed = once(container, 'close');
  container.kill('SIGKILL');
  await closed;
}

test(
  'what a killed one held is free for the next at once, and what a living one holds is not',
  needs(canUnshare, 'no namespaces of processes'),
  async () => {
    const first = await start();
    expect(first.news).toMatchObject({ processId: 1, looks: 0 });
    const beside = await start();
    expect(beside.news).toMatchObject({ processId: 1, code: 'WORKSPACE_BUSY' });
    expect(beside.news.place).not.toBe(first.news.place);
    await kill(first.container);
    const next = await start();
    expect(next.news.processId).toBe(1);
    // The kernel gives the number of a namespace that is gone to the next one, unless another program has taken it.
    expect(next.news.looks).toBeLessThanOrEqual(next.news.place === first.news.place ? 0 : MOST_LOOKS);
  },
);
