import { expect, test } from 'vitest';
import type { RunListener, TrainingRunner } from '../ports/training-runner.js';
import type { Job, TrainingProgress } from '../wire/job.js';
import { JobQueue } from './job-queue.js';

const RESULT = { result: { version: 2, promoted: true, verdict: 'skill', reasons: ['better'] } } as const;
const PROGRESS: TrainingProgress = {
  stage: 'fold 1/4',
  stageIndex: 0,
  stageCount: 5,
  epoch: 1,
  epochs: 50,
  sequencesPerSecond: 9_000,
  secondsLeft: 12,
  trainLoss: [1],
  validationLoss: [1],
};

/** A runner whose runs end when the test says so. */
function controlledRunner() {
  const runs: {
    runId: string;
    names: readonly string[];
    listener: RunListener;
    cancelled: string[];
    end: () => void;
  }[] = [];
  const runner: TrainingRunner = {
    start({ runId, names }, listener) {
      let end = () => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      const cancelled: string[] = [];
      const interrupt = (name: string) =>
        listener.onOutcome(name, { error: { code: 'INTERRUPTED', message: 'interrupted', hint: null } });
      runs.push({ runId, names, listener, cancelled, end });
      return {
        ended,
        cancel: (name) => {
          cancelled.push(name);
          interrupt(name);
        },
        async stop() {
          for (const name of names) interrupt(name);
          end();
        },
      };
    },
  };
  return { runner, runs };
}

async function openQueue(known: readonly Job[] = []) {
  const { runner, runs } = controlledRunner();
  const saved: (readonly Job[])[] = [];
  const changes: Job[] = [];
  let nowMs = 1_000;
  const queue = await JobQueue.open({
    runner,
    store: { load: async () => known, save: async (jobs) => void saved.push(jobs) },
    now: () => nowMs++,
    onChange: (job) => changes.push(job),
    onProblem: (error) => {
      throw error;
    },
  });
  const states = () => queue.list().map(({ name, state }) => `${name} ${state}`);
  return { queue, runs, saved, changes, states };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('names asked for together are trained in one run, and the next batch waits for it', async () => {
  const { queue, runs, states } = await openQueue();
  queue.add(['BTCUSDT', 'ETHUSDT'], 'request');
  queue.add(['XRPUSDT'], 'schedule');
  expect(runs.map(({ names }) => names)).toEqual([['BTCUSDT', 'ETHUSDT']]);
  runs[0].listener.onProgress('BTCUSDT', PROGRESS);
  expect(states()).toEqual(['XRPUSDT queued', 'ETHUSDT queued', 'BTCUSDT running']);
  runs[0].listener.onOutcome('BTCUSDT', RESULT);
  runs[0].listener.onOutcome('ETHUSDT', { error: { code: 'CANDLES_TOO_FEW', message: 'too few', hint: null } });
  runs[0].end();
  await settle();
  expect(states()).toEqual(['XRPUSDT queued', 'ETHUSDT failed', 'BTCUSDT done']);
  expect(runs[1].names).toEqual(['XRPUSDT']);
});

test('a name that waits already is not queued twice', async () => {
  const { queue } = await openQueue();
  const [first] = queue.add(['BTCUSDT'], 'request');
  expect(queue.add(['BTCUSDT', 'BTCUSDT'], 'schedule').map(({ id }) => id)).toEqual([first.id]);
  expect(queue.list()).toHaveLength(1);
});

test('cancelling stops one name of a run, or takes a waiting one out of the queue', async () => {
  const { queue, runs, states } = await openQueue();
  const [btc] = queue.add(['BTCUSDT', 'ETHUSDT'], 'request');
  const [xrp] = queue.add(['XRPUSDT'], 'request');
  queue.cancel(btc.id);
  queue.cancel(xrp.id);
  expect(runs[0].cancelled).toEqual(['BTCUSDT']);
  expect(states()).toEqual(['XRPUSDT cancelled', 'ETHUSDT queued', 'BTCUSDT cancelled']);
  runs[0].listener.onOutcome('ETHUSDT', RESULT);
  runs[0].end();
  await settle();
  expect(runs).toHaveLength(1);
  expect(queue.cancel(btc.id).state).toBe('cancelled');
  expect(() => queue.get('99')).toThrow(/no job/);
});

test('stopping interrupts what runs and what waits', async () => {
  const { queue, states, saved } = await openQueue();
  queue.add(['BTCUSDT'], 'request');
  queue.add(['ETHUSDT'], 'request');
  await queue.stop();
  expect(states()).toEqual(['ETHUSDT interrupted', 'BTCUSDT interrupted']);
  expect(saved.at(-1)?.map(({ state }) => state)).toEqual(['interrupted', 'interrupted']);
});

test('what ran when the last server was killed goes on in its run when the queue starts, and ids go on', async () => {
  const first = await openQueue();
  first.queue.add(['BTCUSDT', 'ETHUSDT'], 'request');
  first.queue.add(['XRPUSDT'], 'schedule');
  first.runs[0].listener.onProgress('ETHUSDT', PROGRESS);
  first.runs[0].listener.onOutcome('BTCUSDT', RESULT);
  await settle();
  const { queue, runs, states } = await openQueue(first.saved.at(-1));
  expect(states()).toEqual(['XRPUSDT queued', 'ETHUSDT queued', 'BTCUSDT done']);
  expect(runs).toEqual([]);
  queue.start();
  expect(runs).toMatchObject([{ runId: first.runs[0].runId, names: ['ETHUSDT'] }]);
  runs[0].listener.onOutcome('ETHUSDT', RESULT);
  runs[0].end();
  await settle();
  expect(runs[1].names).toEqual(['XRPUSDT']);
  expect(runs[1].runId).not.toBe(runs[0].runId);
  expect(queue.add(['SOLUSDT'], 'request')[0].id).toBe('4');
});

test('what a stopped server interrupted goes on, too; what a person cancelled does not', async () => {
  const first = await openQueue();
  const [btc] = first.queue.add(['BTCUSDT', 'ETHUSDT'], 'request');
  first.queue.cancel(btc.id);
  await first.queue.stop();
  const { queue, runs, states } = await openQueue(first.saved.at(-1));
  expect(states()).toEqual(['ETHUSDT queued', 'BTCUSDT cancelled']);
  expect(queue.list()[0]).toMatchObject({ endedAtMs: null, error: null });
  queue.start();
  expect(runs).toMatchObject([{ runId: first.runs[0].runId, names: ['ETHUSDT'] }]);
});

test('what was interrupted too long ago, asked for again since, or by an older program is told, and not begun again', async () => {
  const first = await openQueue();
  first.queue.add(['BTCUSDT'], 'request');
  await first.queue.stop();
  const [job] = first.saved.at(-1)!;
  const old = { ...job, name: 'OLD', id: '2', runId: '19600101T000000000Z-00000000' };
  const foreign = { ...job, name: 'FOREIGN', id: '3', state: 'running' as const, runId: undefined };
  const again = { ...job, id: '4', state: 'done' as const };
  const { queue, runs, states } = await openQueue([job, old, foreign, again]);
  queue.start();
  expect(states()).toEqual(['BTCUSDT done', 'FOREIGN interrupted', 'OLD interrupted', 'BTCUSDT interrupted']);
  expect(runs).toEqual([]);
});

test('the oldest jobs that are over are forgotten', async () => {
  const { queue, runs } = await openQueue();
  for (let i = 0; i < 120; i++) {
    queue.add([`M${i}`], 'request');
    runs[i].listener.onOutcome(`M${i}`, RESULT);
    runs[i].end();
    await settle();
  }
  expect(queue.list()).toHaveLength(100);
  expect(queue.list()[0].name).toBe('M119');
});

test('a run that breaks off fails its names, and the next one begins', async () => {
  const { runner, runs } = controlledRunner();
  const problems: unknown[] = [];
  const broken = new Error('spawn ENOMEM');
  let starts = 0;
  const queue = await JobQueue.open({
    runner: {
      start: (run, listener) => ({
        ...runner.start(run, listener),
        ...(++starts === 1 && { ended: Promise.reject(broken) }),
      }),
    },
    store: { load: async () => [], save: async () => undefined },
    now: () => 1_000,
    onChange: () => undefined,
    onProblem: (error) => problems.push(error),
  });
  queue.add(['BTCUSDT'], 'request');
  queue.add(['ETHUSDT'], 'request');
  await settle();
  expect(problems).toEqual([broken]);
  expect(runs.map(({ names }) => names)).toEqual([['BTCUSDT'], ['ETHUSDT']]);
  expect(queue.list()).toMatchObject([
    { name: 'ETHUSDT', state: 'queued' },
    { name: 'BTCUSDT', state: 'failed', error: { code: 'INTERNAL', message: 'spawn ENOMEM' } },
  ]);
});
