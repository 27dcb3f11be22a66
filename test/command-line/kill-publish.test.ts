/**
 * kill -9 at a moment of publishing, deciding and promoting, again and again; and several processes doing it at once.
 * TRADEAI_WRITER_ROUNDS sets how often the latter.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ModelRegistry } from '../../src/ports/registry.js';
import { openFileRegistry } from '../../src/storage/file-registry.js';
import { killRounds, killTimeoutMs, seedKills } from '../support/seeded-kills.js';
import { makeDraft } from '../support/version-draft.js';

const KILL_ROUNDS = killRounds(40);
const WRITER_ROUNDS = Number(process.env.TRADEAI_WRITER_ROUNDS ?? 40);
/** A round of the loop says three lines. */
const LONGEST_LIFE_LINES = 12;
const SCRIPT = join(import.meta.dirname, '../support/publish-loop.mjs');

interface LoopEvent {
  event: 'ready' | 'published' | 'decided' | 'promoted' | 'conflict';
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

function startLoop(rounds?: number): ChildProcess {
  const parameters = [SCRIPT, home, 'BTCUSDT', ...(rounds === undefined ? [] : [String(rounds)])];
  return spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
}

const parseEvents = (lines: readonly string[]): LoopEvent[] => lines.map((line) => JSON.parse(line));

async function contentOf(path: string): Promise<Buffer> {
  return readFile(join(home, path));
}

test(
  `${KILL_ROUNDS} kills leave the pointer at a complete version, and nothing half-made is counted or kept`,
  async () => {
    let lastSeenVersion = 0;
    let lastGeneration = 0;
    let leftovers = 0;
    let decisions = 0;
    const kills = seedKills();
    for (let round = 0; round < KILL_ROUNDS; round++) {
      const events = parseEvents(await kills.killLoop(startLoop(), LONGEST_LIFE_LINES));

      // everything counted is complete, and all that was reported is there
      const versions = await registry.listVersions('BTCUSDT');
      for (const version of versions.filter((number) => number > lastSeenVersion)) {
        await registry.load('BTCUSDT', version);
      }
      for (const { event, version } of events) {
        if (event === 'published') expect(versions).toContain(version);
        if (event !== 'decided') continue;
        decisions += 1;
        expect((await registry.load('BTCUSDT', version)).decision).toMatchObject({ version, verdict: 'skill' });
      }
      const pointer = await registry.champion('BTCUSDT');
      const promoted = events.filter(({ event }) => event === 'promoted');
      expect(pointer?.generation ?? 0).toBeGreaterThanOrEqual(promoted.at(-1)?.generation ?? lastGeneration);
      lastGeneration = pointer?.generation ?? 0;
      if (pointer !== undefined) {
        const { manifest, decision } = await registry.load('BTCUSDT');
        expect(manifest.version).toBe(pointer.version);
        // Whoever sees a champion of the loop sees why.
        if (pointer.reasons.length > 0) expect(decision).toMatchObject({ isPromoted: true });
      }

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
    console.log(
      `${KILL_ROUNDS} kills: ${decisions} decisions, ${leftovers} hidden leftovers collected, ${lastSeenVersion} versions published`,
    );
  },
  killTimeoutMs(KILL_ROUNDS),
);

test('of several processes every publication gets its own number and every generation one winner', async () => {
  const loops = [startLoop(WRITER_ROUNDS), startLoop(WRITER_ROUNDS), startLoop(WRITER_ROUNDS)];
  const lines: string[] = [];
  for (const child of loops) createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  const exits = await Promise.all(loops.map((child) => once(child, 'close')));
  expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);

  const events = parseEvents(lines);
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
