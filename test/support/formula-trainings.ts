/** Trainings without any: one at a time, losses fall by formula, an epoch a tick. */

import type { JobOutcome } from '../../src/ports/job.js';
import type { JobStore, TrainingRunner } from '../../src/ports/training-runner.js';
import type { Job, TrainingProgress } from '../../src/wire/job.js';
import { openMemoryJobStore } from './memory-job-store.js';

const EPOCHS = 12;
const STAGES = ['collecting', 'fold 1/4', 'fold 2/4', 'fold 3/4', 'fold 4/4', 'final refit', 'judging'];
const HOUR_MS = 3_600_000;

const RESULT: NonNullable<Job['result']> = {
  version: 6,
  promoted: true,
  verdict: 'skill',
  reasons: ['lower loss 3.9871e-5 against 3.9902e-5 of champion 5 on the same 7884 rows'],
};
const INTERRUPTED: JobOutcome = { error: { code: 'INTERRUPTED', message: 'interrupted', hint: null } };

/** @param epochMs between two epochs */
export function createFormulaRunner(epochMs: number): TrainingRunner {
  return {
    start({ names }, { onProgress, onOutcome }) {
      const left = [...names];
      let tell = () => {};
      const ended = new Promise<void>((resolve) => {
        tell = resolve;
      });
      let ticks = 0;
      const finish = (name: string, outcome: JobOutcome) => {
        const at = left.indexOf(name);
        if (at < 0) return;
        left.splice(at, 1);
        if (at === 0) ticks = 0;
        onOutcome(name, outcome);
        if (left.length > 0) return;
        clearInterval(timer);
        tell();
      };
      const timer = setInterval(() => {
        if (ticks < STAGES.length * EPOCHS) onProgress(left[0], progressOf(ticks++));
        else finish(left[0], { result: RESULT });
      }, epochMs);
      timer.unref();
      return {
        ended,
        cancel: (name) => finish(name, INTERRUPTED),
        async stop() {
          for (const name of [...left]) finish(name, INTERRUPTED);
        },
      };
    },
  };
}

/** Remembers the jobs of the day before. */
export function createPastJobs(nowMs: number): JobStore {
  const base = (index: number, name: string): Job => ({
    id: String(index),
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
  const jobs: readonly Job[] = [
    { ...base(1, 'BTCUSDT'), result: { ...RESULT, version: 3 } },
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
    { ...base(4, 'ETHUSDT'), result: { ...RESULT, promoted: false, verdict: 'no-demonstrated-skill' } },
  ];
  return openMemoryJobStore(jobs);
}

function progressOf(ticks: number): TrainingProgress {
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
