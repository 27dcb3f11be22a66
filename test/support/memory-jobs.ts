/** Jobs of the memory service: one runs at a time, its losses fall by formula, one epoch a tick. */

import { TradeAiError } from '../../src/core/errors.js';
import type { Job, ServerEvent } from '../../src/wire/wire.js';

const EPOCHS = 12;
const STAGES = ['collecting', 'fold 1/4', 'fold 2/4', 'fold 3/4', 'fold 4/4', 'last fit', 'judging'];
const HOUR_MS = 3_600_000;

export interface MemoryJobs {
  list(): Job[];
  find(id: string): Job;
  queue(name: string, trigger: string): Job;
  cancel(id: string): Job;
  stop(): void;
}

export function openMemoryJobs({
  nowMs,
  epochMs,
  emit,
}: {
  nowMs: number;
  epochMs: number;
  emit: (event: ServerEvent) => void;
}): MemoryJobs {
  const jobs = new Map<string, Job>();
  for (const job of makePastJobs(nowMs)) jobs.set(job.id, job);
  let timer: NodeJS.Timeout | undefined;

  const change = (job: Job, parts: Partial<Job>): Job => {
    const changed = { ...job, ...parts };
    jobs.set(job.id, changed);
    emit({ kind: 'job', atMs: Date.now(), job: changed });
    return changed;
  };
  const step = () => {
    const running = [...jobs.values()].find(({ state }) => state === 'running');
    const next = running ?? [...jobs.values()].find(({ state }) => state === 'queued');
    if (next === undefined) {
      clearInterval(timer);
      timer = undefined;
    } else if (running === undefined) {
      change(next, { state: 'running', startedAtMs: Date.now(), progress: progressOf(0) });
    } else {
      const ticks = running.progress!.stageIndex * EPOCHS + running.progress!.epoch + 1;
      if (ticks < STAGES.length * EPOCHS) change(running, { progress: progressOf(ticks) });
      else change(running, { state: 'done', endedAtMs: Date.now(), result: RESULT });
    }
  };
  return {
    list: () => [...jobs.values()].reverse(),
    find(id) {
      const job = jobs.get(id);
      if (job === undefined) throw new TradeAiError('JOB_NOT_FOUND', `there is no job ${id}`);
      return job;
    },
    queue(name, trigger) {
      const known = [...jobs.values()].find(
        (job) => job.name === name && (job.state === 'queued' || job.state === 'running'),
      );
      if (known !== undefined) return known;
      timer ??= setInterval(step, epochMs);
      const id = `job-${jobs.size + 1}`;
      return change(
        {
          id,
          kind: 'retrain',
          name,
          state: 'queued',
          trigger,
          queuedAtMs: Date.now(),
          startedAtMs: null,
          endedAtMs: null,
          progress: null,
          result: null,
          error: null,
        },
        {},
      );
    },
    cancel(id) {
      const job = this.find(id);
      if (job.state !== 'queued' && job.state !== 'running') return job;
      return change(job, { state: 'cancelled', endedAtMs: Date.now() });
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

const RESULT: Job['result'] = {
  version: 6,
  promoted: true,
  verdict: 'skill',
  reasons: ['lower loss 3.9871e-5 against 3.9902e-5 of champion 5 on the same 7884 rows'],
};

function progressOf(ticks: number): NonNullable<Job['progress']> {
  const stageIndex = Math.floor(ticks / EPOCHS);
  const epoch = ticks % EPOCHS;
  const losses = (floor: number, fall: number) =>
    Array.from({ length: epoch }, (_, i) => floor + fall * Math.exp(-i / 3) + 0.0002 * Math.sin(7 * i));
  return {
    stage: STAGES[stageIndex],
    stageIndex,
    stageCount: STAGES.length,
    epoch,
    epochs: EPOCHS,
    sequencesPerSecond: epoch === 0 ? null : 61_250,
    secondsLeft: (STAGES.length * EPOCHS - ticks) * 0.4,
    trainLoss: losses(0.991, 0.012),
    validationLoss: losses(0.994, 0.009),
  };
}

function makePastJobs(nowMs: number): Job[] {
  const base = (index: number, name: string): Job => ({
    id: `job-${index}`,
    kind: 'retrain',
    name,
    state: 'done',
    trigger: 'schedule',
    queuedAtMs: nowMs - (30 - index) * HOUR_MS,
    startedAtMs: nowMs - (30 - index) * HOUR_MS + 900,
    endedAtMs: nowMs - (30 - index) * HOUR_MS + 48_000,
    progress: null,
    result: null,
    error: null,
  });
  return [
    { ...base(1, 'BTCUSDT'), result: { ...RESULT!, version: 3 } },
    {
      ...base(2, 'ETHUSDT'),
      state: 'failed',
      error: {
        code: 'EXCHANGE_UNREACHABLE',
        message: 'api.binance.com did not answer within 10 s',
        hint: 'look at the network; the next attempt is at 03:17',
      },
    },
    { ...base(3, 'SOLUSDT'), state: 'cancelled', trigger: 'request' },
    { ...base(4, 'ETHUSDT'), result: { ...RESULT!, promoted: false, verdict: 'no-demonstrated-skill' } },
  ];
}
