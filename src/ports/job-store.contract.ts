import { expect, test } from 'vitest';
import type { Job } from '../wire/job.js';
import type { JobStore } from './training-runner.js';

const JOBS: readonly Job[] = [
  {
    id: '1',
    kind: 'retrain',
    name: 'BTCUSDT',
    state: 'done',
    trigger: 'schedule',
    queuedAtMs: 1_000,
    startedAtMs: 2_000,
    endedAtMs: 3_000,
    progress: null,
    result: { version: 2, promoted: false, verdict: 'no-demonstrated-skill', reasons: ['the champion stays'] },
    error: null,
    runId: '20261128T111404123Z-9f3a1c2b',
  },
  {
    id: '2',
    kind: 'retrain',
    name: 'ETHUSDT',
    state: 'running',
    trigger: 'request',
    queuedAtMs: 4_000,
    startedAtMs: 5_000,
    endedAtMs: null,
    progress: null,
    result: null,
    error: { code: 'INTERRUPTED', message: 'interrupted', hint: null },
  },
];

/**
 * What every store of jobs does: nothing is there before the first save, and what was saved last is there for the next one
 * who opens it.
 *
 * @param open the same store anew with every call within a test
 */
export function testJobStoreContract(what: string, open: () => () => JobStore): void {
  test(`${what} has no jobs before the first are saved`, async () => {
    expect(await open()().load()).toEqual([]);
  });

  test(`${what} gives the jobs that were saved last, to whoever opens it next`, async () => {
    const reopen = open();
    await reopen().save(JOBS);
    expect(await reopen().load()).toEqual(JOBS);
    await reopen().save(JOBS.slice(1));
    expect(await reopen().load()).toEqual(JOBS.slice(1));
  });
}
