import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JobOutcome } from '../ports/job.js';
import { createTrainingProcessRunner } from './training-process.js';

// Trainings that go well, and those that are stopped: test/command-line/serve-training.test.ts.

const SUPPORT = join(import.meta.dirname, '../../test/support');

async function outcomeOf(workerPath: string): Promise<JobOutcome[]> {
  const outcomes: JobOutcome[] = [];
  const runner = createTrainingProcessRunner({
    workerPath,
    workerArguments: [],
    environment: process.env,
    stallMinutes: 60,
    onNote: () => undefined,
  });
  const run = runner.start(
    { runId: 'a-run', names: ['TESTUSDT'] },
    {
      onProgress: () => undefined,
      onOutcome: (_name, outcome) => outcomes.push(outcome),
    },
  );
  await run.ended;
  run.cancel('TESTUSDT');
  await run.stop();
  return outcomes;
}

test('a process that is killed leaves a job that failed, with its last words', async () => {
  expect(await outcomeOf(join(SUPPORT, 'dying-worker.mjs'))).toMatchObject([
    {
      error: {
        code: 'INTERNAL',
        message: 'the training process ended before TESTUSDT was done (SIGKILL): out of luck',
      },
    },
  ]);
});

test('a program that is not there is a job that failed', async () => {
  const [outcome] = await outcomeOf(join(SUPPORT, 'no-such-worker.mjs'));
  expect(outcome).toMatchObject({ error: { code: 'INTERNAL', message: expect.stringContaining('exit status 1') } });
});
