import { afterEach, expect, test } from 'vitest';
import type { TrainingProgress } from '../wire/job.js';
import type { JobOutcome } from './job.js';
import type { TrainingRun, TrainingRunner } from './training-runner.js';

/** A runner, and two names that it can train. */
export interface RunnerUnderTest {
  readonly runner: TrainingRunner;
  /** Its training takes so long that a test can interrupt it. */
  readonly slowName: string;
  readonly quickName: string;
  close?(): void;
}

const RUN_ID = '20240101T000000000Z-00000000';

/**
 * What every runner of trainings does: each name has one outcome, and says nothing after it; one that is cancelled does not
 * concern the others; a run that is stopped ends.
 *
 * @param open a new runner, for one test
 */
export function testTrainingRunnerContract(what: string, open: () => Promise<RunnerUnderTest>): void {
  let opened: RunnerUnderTest;
  afterEach(() => opened.close?.());

  /** Starts a run; `begun` resolves when the training of a name is under way. */
  function start({ runner }: RunnerUnderTest, names: readonly string[]) {
    const outcomes: [string, JobOutcome][] = [];
    const toldTooLate: string[] = [];
    let isUnderWay = (_name: string, _progress: TrainingProgress) => {};
    const begun = (wanted: string) =>
      new Promise<void>((resolve) => {
        isUnderWay = (name, { epoch }) => {
          if (name === wanted && epoch > 0) resolve();
        };
      });
    const run: TrainingRun = runner.start(
      { runId: RUN_ID, names },
      {
        onProgress(name, progress) {
          if (outcomes.some(([ended]) => ended === name)) toldTooLate.push(name);
          isUnderWay(name, progress);
        },
        onOutcome: (name, outcome) => outcomes.push([name, outcome]),
      },
    );
    return { run, outcomes, toldTooLate, begun };
  }

  const kinds = (outcomes: readonly [string, JobOutcome][]) =>
    Object.fromEntries(outcomes.map(([name, outcome]) => [name, 'result' in outcome ? 'done' : outcome.error.code]));

  test(`${what} tells one outcome of a name, and is over then`, async () => {
    opened = await open();
    const { run, outcomes, toldTooLate } = start(opened, [opened.quickName]);
    await run.ended;
    expect(outcomes).toMatchObject([[opened.quickName, { result: { version: expect.any(Number) } }]]);
    run.cancel(opened.quickName);
    await run.stop();
    expect(outcomes).toHaveLength(1);
    expect(toldTooLate).toEqual([]);
  });

  test(`${what} goes on with the others when one name is cancelled, and one that is none of its own`, async () => {
    opened = await open();
    const { slowName, quickName } = opened;
    const { run, outcomes, toldTooLate, begun } = start(opened, [slowName, quickName]);
    await begun(slowName);
    run.cancel('NOTMINE');
    run.cancel(slowName);
    await run.ended;
    expect(kinds(outcomes)).toEqual({ [slowName]: 'INTERRUPTED', [quickName]: 'done' });
    expect(outcomes).toHaveLength(2);
    expect(toldTooLate).toEqual([]);
  });

  test(`${what} ends when it is stopped, with an outcome of every name`, async () => {
    opened = await open();
    const { slowName, quickName } = opened;
    const { run, outcomes, begun } = start(opened, [slowName, quickName]);
    await begun(slowName);
    await run.stop();
    await run.ended;
    expect(kinds(outcomes)).toEqual({ [slowName]: 'INTERRUPTED', [quickName]: 'INTERRUPTED' });
    expect(outcomes).toHaveLength(2);
  });
}
