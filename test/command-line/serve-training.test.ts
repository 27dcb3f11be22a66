/** Trainings in a process of their own, as the server has them: the built program on a real workspace. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { JobOutcome } from '../../src/ports/job.js';
import { testTrainingRunnerContract } from '../../src/ports/training-runner.contract.js';
import type { TrainingRun } from '../../src/ports/training-runner.js';
import { createTrainingProcessRunner } from '../../src/queue/training-process.js';
import type { TrainingProgress } from '../../src/wire/job.js';
import { type LiveWorkspace, openLiveWorkspace, SYMBOL, trainLiveTemplate } from '../support/live-workspace.js';
import { needs } from '../support/needs.js';

const WORKER = join(import.meta.dirname, '../../dist/app/training-worker.js');
const NUMBERED_WORKER = join(import.meta.dirname, '../support/numbered-worker.mjs');
const RUN_ID = '20240101T000000000Z-00000000';
const ENDLESS = { epochs: 10_000, patience: 10_000 };

let template: { home: string; remove(): void };
let workspace: LiveWorkspace;

beforeAll(async () => {
  template = await trainLiveTemplate({ source: 'file' });
});
afterAll(() => template.remove());
beforeEach(() => {
  workspace = openLiveWorkspace(template);
});
afterEach(() => workspace.remove());

interface TrainingPlan {
  readonly workerPath?: string;
  readonly modes?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** As long as this machine may need for a checkpoint, unless nothing is waited for. */
  readonly cancelGraceMs?: number;
}

function createRunner(
  { workerPath = WORKER, modes = [], environment = {}, cancelGraceMs = 600_000 }: TrainingPlan = {},
  onNote: (text: string) => void = () => undefined,
) {
  return createTrainingProcessRunner({
    workerPath,
    workerArguments: [workspace.home, ...modes],
    environment: { ...process.env, ...environment },
    stallMinutes: 60,
    cancelGraceMs,
    onNote,
  });
}

function train(names: readonly string[], plan?: TrainingPlan) {
  const progress: { name: string; news: TrainingProgress }[] = [];
  const outcomes = new Map<string, JobOutcome>();
  const notes: string[] = [];
  const run: TrainingRun = createRunner(plan, (text) => notes.push(text)).start(
    { runId: RUN_ID, names },
    {
      onProgress: (name, news) => progress.push({ name, news }),
      onOutcome: (name, outcome) => outcomes.set(name, outcome),
    },
  );
  return { run, progress, outcomes, notes };
}

/** A champion whose retraining would never end. */
const publishEndless = (name: string) => publishWith(name, ENDLESS);

/** A champion with other options. */
async function publishWith(name: string, options: object): Promise<void> {
  const { registry } = workspace.ports;
  const { manifest, files } = await registry.load(SYMBOL);
  const config = JSON.parse(new TextDecoder().decode(files.get('config.json')));
  const changed = new Map(files).set('config.json', Buffer.from(JSON.stringify({ ...config, ...options, name })));
  const { version } = await registry.publish({ manifest: { ...manifest, name }, files: changed });
  await registry.promote({ name, version, reasons: ['for a test'], expectedGeneration: 0 });
}

const epochsBegin = (progress: { name: string; news: TrainingProgress }[], name: string) =>
  vi.waitFor(() => expect(progress.some((told) => told.name === name && told.news.epoch > 2)).toBe(true), {
    timeout: 60_000,
    interval: 20,
  });
const checkpointOf = (name: string) => join(workspace.home, 'models/checkpoints', RUN_ID, `${name}.safetensors`);
const workerId = () => Number(readFileSync(join(workspace.home, 'worker-id'), 'utf8'));
const isAlive = (processId: number) => {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
};
const priorityOf = (processId: number) =>
  Number(readFileSync(`/proc/${processId}/stat`, 'utf8').split(') ')[1].split(' ')[16]);

testTrainingRunnerContract('a process that trains', async () => {
  await publishEndless('ENDLESS');
  return { runner: createRunner(), slowName: 'ENDLESS', quickName: SYMBOL };
});

test('a name is trained and published in another process, which says how far it is', async () => {
  const { run, progress, outcomes } = train([SYMBOL]);
  await run.ended;
  expect(outcomes.get(SYMBOL)).toMatchObject({ result: { version: 3 } });
  expect(progress.map(({ news }) => news.stage)).toContain('judging');
  expect(await workspace.ports.registry.listVersions(SYMBOL)).toEqual([1, 2, 3]);
});

test('nothing is fetched for a champion that was trained offline, nor where others keep the candles current', async () => {
  const candles = join(workspace.home, 'data/candles');
  renameSync(join(candles, 'file'), join(candles, 'binance'));
  await publishWith('OFFLINE', { source: 'binance', offline: true });
  await publishWith('ONLINE', { source: 'binance', offline: false });
  const environment = { TRADEAI_BINANCE_URL: 'http://127.0.0.1:9' };
  const byChampion = train(['OFFLINE'], { environment });
  await byChampion.run.ended;
  expect(byChampion.outcomes.get('OFFLINE')).toMatchObject({ result: { version: 2 } });
  const byServer = train(['ONLINE'], { environment, modes: ['offline'] });
  await byServer.run.ended;
  expect(byServer.outcomes.get('ONLINE')).toMatchObject({ result: { version: 2 } });
});

test('one of two names is cancelled and keeps its checkpoint; the other is published', async () => {
  await publishEndless('ENDLESS');
  const { run, progress, outcomes } = train(['ENDLESS', SYMBOL]);
  await epochsBegin(progress, 'ENDLESS');
  run.cancel('ENDLESS');
  await run.ended;
  expect(outcomes.get('ENDLESS')).toMatchObject({ error: { code: 'INTERRUPTED' } });
  expect(outcomes.get(SYMBOL)).toMatchObject({ result: { version: 3 } });
  expect(existsSync(checkpointOf('ENDLESS'))).toBe(true);
});

test('a name that is published already and waits for the others is not promoted when it is cancelled', async () => {
  await publishEndless('ENDLESS');
  const { run, progress, outcomes } = train([SYMBOL, 'ENDLESS']);
  await epochsBegin(progress, 'ENDLESS');
  run.cancel(SYMBOL);
  run.cancel('ENDLESS');
  await run.ended;
  expect(outcomes.get(SYMBOL)).toMatchObject({
    error: { code: 'INTERRUPTED', message: expect.stringContaining('version 3 is published, and was not promoted') },
  });
  expect(await workspace.ports.registry.listVersions(SYMBOL)).toEqual([1, 2, 3]);
  expect((await workspace.ports.registry.champion(SYMBOL))?.version).toBe(1);
});

test('a stop ends the run with a checkpoint', async () => {
  await publishEndless('ENDLESS');
  const { run, progress, outcomes } = train(['ENDLESS', SYMBOL]);
  await epochsBegin(progress, 'ENDLESS');
  await run.stop();
  await run.ended;
  expect([...outcomes.keys()].sort()).toEqual(['ENDLESS', SYMBOL].sort());
  expect(outcomes.get(SYMBOL)).toMatchObject({ error: { code: 'INTERRUPTED' } });
  expect(existsSync(checkpointOf('ENDLESS'))).toBe(true);
});

test('a name that cannot be trained says why, and others are not concerned', async () => {
  const { run, outcomes } = train(['NONE', SYMBOL]);
  await run.ended;
  expect(outcomes.get('NONE')).toMatchObject({ error: { code: 'MODEL_NOT_FOUND' } });
  expect(outcomes.get(SYMBOL)).toMatchObject({ result: { version: 3 } });
});

test('a process that hangs is ended when its name is cancelled, and another one trains the others', async () => {
  await publishEndless('ENDLESS');
  const { run, progress, outcomes } = train(['ENDLESS', SYMBOL], { workerPath: NUMBERED_WORKER, cancelGraceMs: 0 });
  await epochsBegin(progress, 'ENDLESS');
  const hanging = workerId();
  process.kill(hanging, 'SIGSTOP');
  run.cancel('ENDLESS');
  await run.ended;
  expect(outcomes.get('ENDLESS')).toMatchObject({
    error: { code: 'INTERRUPTED', message: expect.stringContaining('did not answer') },
  });
  expect(isAlive(hanging)).toBe(false);
  expect(outcomes.get(SYMBOL)).toMatchObject({ result: { version: 3 } });
});

test('a process that is killed fails the name it was at, and another one trains and decides the others', async () => {
  await publishEndless('ENDLESS');
  const { run, progress, outcomes } = train(['ENDLESS', SYMBOL], { workerPath: NUMBERED_WORKER });
  await epochsBegin(progress, 'ENDLESS');
  process.kill(workerId(), 'SIGKILL');
  await run.ended;
  expect(outcomes.get('ENDLESS')).toMatchObject({
    error: { code: 'INTERNAL', message: expect.stringContaining('ended before ENDLESS was done (SIGKILL)') },
  });
  expect(outcomes.get(SYMBOL)).toMatchObject({ result: { version: 3 } });
});

test(
  'it works at the lowest priority, and ends with a checkpoint when its server is killed',
  needs(process.platform === 'linux', 'no /proc'),
  async () => {
    await publishEndless('ENDLESS');
    const server: ChildProcess = spawn(
      process.execPath,
      [join(import.meta.dirname, '../support/training-server.mjs'), WORKER, workspace.home, 'ENDLESS'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = await once(server.stdout!, 'data');
    const workerId = Number(line);
    expect(priorityOf(workerId)).toBe(19);
    server.kill('SIGKILL');
    await vi.waitFor(() => expect(existsSync(`/proc/${workerId}/fd`)).toBe(false), { timeout: 60_000, interval: 50 });
    expect(existsSync(checkpointOf('ENDLESS'))).toBe(true);
  },
);
