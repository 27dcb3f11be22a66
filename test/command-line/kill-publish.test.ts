/**
 * kill -9 at a random moment of publishing and promoting, again and again; and several processes doing it at once.
 * TRADEAI_KILL_ROUNDS and TRADEAI_WRITER_ROUNDS set how often.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ModelRegistry } from '../../src/ports/registry.js';
import { openFileRegistry } from '../../src/storage/file-registry.js';
import { makeDraft } from '../support/version-draft.js';

const KILL_ROUNDS = Number(process.env.TRADEAI_KILL_ROUNDS ?? 40);
const WRITER_ROUNDS = Number(process.env.TRADEAI_WRITER_ROUNDS ?? 40);
const LONGEST_LIFE_MS = 200;
const SCRIPT = join(import.meta.dirname, '../support/publish-loop.mjs');

interface LoopEvent {
  event: 'ready' | 'published' | 'promoted' | 'conflict';
  version: number;
  generation: number;
}

let home: string;
let registry: ModelRegistry;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-kill-'));
  registry = openFileRegistry(home);
});

afterEach(() => rm(home, { recursive: true, force: true }));

function startLoop(rounds?: number): { child: ChildProcess; events: LoopEvent[]; isReady: Promise<unknown> } {
  const parameters = [SCRIPT, home, 'BTCUSDT', ...(rounds === undefined ? [] : [String(rounds)])];
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! });
  const events: LoopEvent[] = [];
  lines.on('line', (line) => events.push(JSON.parse(line)));
  return { child, events, isReady: once(lines, 'line') };
}

async function contentOf(path: string): Promise<Buffer> {
  return readFile(join(home, path));
}

test(`${KILL_ROUNDS} kills leave the pointer at a complete version, and nothing half-made is counted or kept`, async () => {
  let lastSeenVersion = 0;
  let lastGeneration = 0;
  let leftovers = 0;
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const { child, events, isReady } = startLoop();
    const isClosed = once(child, 'close');
    await isReady;
    await delay(Math.random() * LONGEST_LIFE_MS);
    child.kill('SIGKILL');
    await isClosed;

    // everything counted is complete, and all that was reported is there
    const versions = await registry.listVersions('BTCUSDT');
    for (const version of versions.filter((number) => number > lastSeenVersion)) {
      await registry.load('BTCUSDT', version);
    }
    for (const { event, version } of events) if (event === 'published') expect(versions).toContain(version);
    const pointer = await registry.champion('BTCUSDT');
    const promoted = events.filter(({ event }) => event === 'promoted');
    expect(pointer?.generation ?? 0).toBeGreaterThanOrEqual(promoted.at(-1)?.generation ?? lastGeneration);
    lastGeneration = pointer?.generation ?? 0;
    if (pointer !== undefined) expect((await registry.load('BTCUSDT')).manifest.version).toBe(pointer.version);

    // the next publication clears up and brings the copies to the champion
    const names = await readdir(join(home, 'models/versions/BTCUSDT')).catch(() => []);
    leftovers += names.filter((name) => name.startsWith('.')).length;
    lastSeenVersion = (await registry.publish(makeDraft('BTCUSDT', `after kill ${round}`))).version;
    const hidden = await readdir(join(home, 'models/versions/BTCUSDT'));
    expect(hidden.filter((name) => name.startsWith('.'))).toEqual([]);
    if (pointer !== undefined) {
      const { files } = await registry.load('BTCUSDT');
      expect(await contentOf('models/BTCUSDT_lstm_model.onnx')).toEqual(files.get('model.onnx'));
      expect(await contentOf('scalers/BTCUSDT_scaler.json')).toEqual(files.get('scaler.json'));
    }
    await registry.promote({
      name: 'BTCUSDT',
      version: lastSeenVersion,
      reasons: [],
      expectedGeneration: lastGeneration,
    });
    lastGeneration += 1;
    for (const folder of ['', 'models', 'scalers']) {
      expect((await readdir(join(home, folder))).filter((name) => name.startsWith('.'))).toEqual([]);
    }
  }
  console.log(`${KILL_ROUNDS} kills: ${leftovers} hidden leftovers collected, ${lastSeenVersion} versions published`);
}, 600_000);

test('of several processes every publication gets its own number and every generation one winner', async () => {
  const loops = [startLoop(WRITER_ROUNDS), startLoop(WRITER_ROUNDS), startLoop(WRITER_ROUNDS)];
  const exits = await Promise.all(loops.map(({ child }) => once(child, 'close')));
  expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);

  const events = loops.flatMap((loop) => loop.events);
  const versions = events.filter(({ event }) => event === 'published').map(({ version }) => version);
  expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: 3 * WRITER_ROUNDS }, (_, i) => i + 1));
  expect(await registry.listVersions('BTCUSDT')).toEqual(versions);
  for (const version of versions) await registry.load('BTCUSDT', version);

  const generations = events.filter(({ event }) => event === 'promoted').map(({ generation }) => generation);
  expect(generations.sort((a, b) => a - b)).toEqual(generations.map((_, i) => i + 1));
  expect((await registry.champion('BTCUSDT'))?.generation).toBe(generations.length);
  const conflicts = events.filter(({ event }) => event === 'conflict').length;
  expect(generations.length + conflicts).toBe(3 * WRITER_ROUNDS);
  console.log(`3 writers: ${generations.length} promotions, ${conflicts} conflicts`);
}, 600_000);
