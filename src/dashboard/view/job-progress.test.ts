import { expect, test } from 'vitest';
import type { Job } from '../../wire/wire.js';
import { describeEpochs, shareDone, sortJobs } from './job-progress.js';

const job = (parts: Partial<Job>) => ({ state: 'running', progress: null, queuedAtMs: 0, ...parts }) as Job;
const at = (stageIndex: number, epoch: number) =>
  ({
    stageIndex,
    stageCount: 4,
    epoch,
    epochs: 10,
    stage: '',
    trainLoss: [],
    validationLoss: [],
  }) as unknown as Job['progress'];

test('counts stages and the epochs of the one in progress, and the judging as one more', () => {
  expect(shareDone(job({}))).toBe(0);
  expect(shareDone(job({ progress: at(2, 5) }))).toBeCloseTo(2.5 / 5, 12);
  expect(shareDone(job({ progress: at(3, 99) }))).toBeCloseTo(4 / 5, 12);
  expect(shareDone(job({ progress: at(4, 10) }))).toBeCloseTo(4 / 5, 12);
  expect(shareDone(job({ state: 'done' }))).toBe(1);
});

test('puts what runs first, then the queue in its order, then the newest of the past', () => {
  const jobs = [
    job({ id: 'old', state: 'done', queuedAtMs: 1 }),
    job({ id: 'second', state: 'queued', queuedAtMs: 4 }),
    job({ id: 'new', state: 'failed', queuedAtMs: 2 }),
    job({ id: 'first', state: 'queued', queuedAtMs: 3 }),
    job({ id: 'running', queuedAtMs: 5 }),
  ];
  expect(sortJobs(jobs).map(({ id }) => id)).toEqual(['running', 'first', 'second', 'new', 'old']);
});

test('says what is done where there are no epochs', () => {
  const collecting = { ...at(0, 0), stageCount: 0, epochs: 0 } as Job['progress'];
  expect([collecting, at(1, 5), at(4, 10)].map((progress) => describeEpochs(job({ progress })))).toEqual([
    'reads the candles',
    'epoch 5 of at most 10',
    'on rows the version never saw',
  ]);
});
