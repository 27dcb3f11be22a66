import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFormulaRunner } from '../../test/support/formula-trainings.js';
import type { JobOutcome } from '../ports/job.js';
import { testTrainingRunnerContract } from '../ports/training-runner.contract.js';
import { createTrainingProcessRunner } from './training-process.js';

// Trainings that go well, and those that are stopped: test/command-line/serve-training.test.ts.

testTrainingRunnerContract('a runner by formula', async () => ({
  runner: createFormulaRunner(1),
  slowName: 'BTCUSDT',
  quickName: 'ETHUSDT',
}));

const SUPPORT = join(import.meta.dirname, '../../test/support');

async function outcomeOf(workerPath: string, environment = process.env): Promise<JobOutcome[]> {
  const outcomes: JobOutcome[] = [];
  const runner = createTrainingProcessRunner({
    workerPath,
    workerArguments: [],
    environment,
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

test('a process that the system refuses at once is a job that failed', async () => {
  const [outcome] = await outcomeOf(join(SUPPORT, 'dying-worker.mjs'), { TOO_LONG: 'x'.repeat(2 ** 23) });
  expect(outcome).toMatchObject({ error: { code: 'INTERNAL', message: expect.stringMatching(/E2BIG|ENAMETOOLONG/) } });
});

test('a process that cannot be told something has not ended by that', async () => {
  const onProcess = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess };
    child.once('spawn', () => child.emit('error', new Error('kill EPERM')));
  };
  subscribe('child_process', onProcess);
  const outcomes = await outcomeOf(join(SUPPORT, 'dying-worker.mjs'));
  unsubscribe('child_process', onProcess);
  expect(outcomes).toMatchObject([{ error: { message: expect.stringContaining('(SIGKILL): out of luck') } }]);
});
