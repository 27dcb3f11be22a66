import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JobOutcome } from '../ports/job.js';
import type { TrainingProgress } from '../wire/job.js';
import { superviseRun } from './supervised-run.js';
import type { TrainingCommand, TrainingNews } from './training-protocol.js';

// The processes are made up; real ones, stopped and killed: test/command-line/serve-training.test.ts.

const MINUTE_MS = 60_000;
const DONE: JobOutcome = { result: { version: 2, promoted: true, verdict: 'skill', reasons: [] } };
const PROGRESS: TrainingProgress = {
  stage: 'judging',
  stageIndex: 0,
  stageCount: 1,
  epoch: 1,
  epochs: 1,
  sequencesPerSecond: null,
  secondsLeft: null,
  trainLoss: [],
  validationLoss: [],
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function supervise(names: readonly string[]) {
  const processes: {
    commands: TrainingCommand[];
    tell: (news: TrainingNews) => void;
    end: (how: string, lastWords?: string) => void;
  }[] = [];
  const outcomes: Record<string, string> = {};
  const hints: Record<string, string | null> = {};
  const told: string[] = [];
  let isOver = false;
  const run = superviseRun(
    { runId: 'a', names },
    {
      onProgress: (name) => told.push(name),
      onOutcome(name, outcome) {
        outcomes[name] = 'result' in outcome ? 'done' : `${outcome.error.code} ${outcome.error.message}`;
        if ('error' in outcome) hints[name] = outcome.error.hint;
      },
    },
    {
      startProcess({ onNews, onEnd }) {
        const commands: TrainingCommand[] = [];
        const end = (how: string, lastWords = '') => onEnd({ how, lastWords });
        processes.push({ commands, tell: onNews, end });
        return { send: (command) => commands.push(command), kill: () => end('SIGKILL') };
      },
      stallMinutes: 3,
      onNote: (text) => told.push(text),
    },
  );
  void run.ended.then(() => {
    isOver = true;
  });
  const namesOf = (index: number) =>
    processes[index].commands.flatMap((command) => (command.kind === 'train' ? command.run.names : []));
  return { run, processes, outcomes, hints, told, namesOf, isOver: () => isOver };
}

const atWork = (name: string | null): TrainingNews => ({ kind: 'at-work', name });
const done = (name: string): TrainingNews => ({ kind: 'outcome', name, outcome: DONE });

test('a process that dies fails the name it was at; the next one goes on with the others', async () => {
  const { processes, outcomes, hints, namesOf, isOver } = supervise(['A', 'B', 'C']);
  processes[0].tell(atWork('A'));
  processes[0].tell(atWork('B'));
  processes[0].end('SIGKILL', 'out of luck');
  await vi.advanceTimersByTimeAsync(0);
  expect(outcomes).toEqual({ B: 'INTERNAL the training process ended before B was done (SIGKILL): out of luck' });
  expect(hints.B).toMatch(/what it had kept stays.*memory/);
  expect(namesOf(1)).toEqual(['A', 'C']);
  processes[1].tell(done('A'));
  processes[1].tell(done('C'));
  expect(isOver()).toBe(false);
  processes[1].end('exit status 0');
  await vi.advanceTimersByTimeAsync(0);
  expect(outcomes).toMatchObject({ A: 'done', C: 'done' });
  expect([isOver(), processes.length]).toEqual([true, 2]);
});

test.each([
  ['cannot start', []],
  ['dies while it decides', [atWork('A'), atWork('B'), atWork(null)]],
])('a process that %s fails what is left, and is not begun again and again', async (_what, news) => {
  const { processes, outcomes, isOver } = supervise(['A', 'B']);
  for (const item of news) processes[0].tell(item);
  processes[0].end('exit status 1');
  await vi.advanceTimersByTimeAsync(0);
  expect(Object.keys(outcomes)).toEqual(['A', 'B']);
  expect([isOver(), processes.length]).toEqual([true, 1]);
});

test('a name that is cancelled and does not answer is ended within ten seconds; the others go on', async () => {
  const { run, processes, outcomes, namesOf } = supervise(['A', 'B']);
  processes[0].tell(atWork('A'));
  run.cancel('A');
  run.cancel('A');
  expect(processes[0].commands.slice(1)).toEqual([{ kind: 'cancel', name: 'A' }]);
  await vi.advanceTimersByTimeAsync(7_000);
  expect(outcomes).toEqual({});
  await vi.advanceTimersByTimeAsync(2_000);
  expect(outcomes.A).toMatch(/^INTERRUPTED cancelled: .* did not answer/);
  expect(namesOf(1)).toEqual(['B']);
});

test('a name that is cancelled before its process is at any is ended, too', async () => {
  const { run, processes, outcomes, isOver } = supervise(['A']);
  run.cancel('A');
  await vi.advanceTimersByTimeAsync(9_000);
  expect(outcomes.A).toMatch(/^INTERRUPTED/);
  expect([isOver(), processes.length]).toEqual([true, 1]);
});

test('a name that is cancelled and answers keeps its process', async () => {
  const { run, processes, outcomes } = supervise(['A', 'B']);
  processes[0].tell(atWork('A'));
  run.cancel('A');
  const error = { code: 'INTERRUPTED', message: 'interrupted after 3 epochs; they are kept', hint: null };
  processes[0].tell({ kind: 'outcome', name: 'A', outcome: { error } });
  processes[0].tell(atWork('B'));
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(outcomes).toEqual({ A: 'INTERRUPTED interrupted after 3 epochs; they are kept' });
  expect(processes).toHaveLength(1);
});

test('a name that waits for others is cancelled without them, also in the process after', async () => {
  const { run, processes, outcomes, namesOf } = supervise(['A', 'B', 'C']);
  processes[0].tell(atWork('B'));
  run.cancel('C');
  processes[0].end('SIGSEGV');
  await vi.advanceTimersByTimeAsync(0);
  expect(namesOf(1)).toEqual(['A', 'C']);
  expect(processes[1].commands.at(-1)).toEqual({ kind: 'cancel', name: 'C' });
  processes[1].tell(atWork('A'));
  await vi.advanceTimersByTimeAsync(9_000);
  expect(outcomes.C).toMatch(/^INTERRUPTED cancelled while C waited/);
  expect([outcomes.A, processes.length]).toEqual([undefined, 2]);
});

test('a process without progress is ended, and the next one goes on with the others', async () => {
  const { processes, outcomes, hints, told, namesOf } = supervise(['A', 'B']);
  processes[0].tell(atWork('A'));
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  processes[0].tell({ kind: 'progress', name: 'A', progress: PROGRESS });
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  processes[0].tell(atWork('A'));
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  // To talk is no progress.
  processes[0].tell({ kind: 'note', text: 'the exchange does not answer' });
  expect([outcomes, told]).toEqual([{}, ['A', 'the exchange does not answer']]);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(outcomes.A).toBe('TRAINING_STALLED the training of A made no progress for 3 minutes, and was ended');
  expect(hints.A).toMatch(/serve\.trainingStallMinutes/);
  expect(namesOf(1)).toEqual(['B']);
});

test('a process that does not answer a stop is ended after fifteen seconds, and its names go on later', async () => {
  const { run, processes, outcomes } = supervise(['A', 'B']);
  processes[0].tell(atWork('A'));
  const stopped = run.stop();
  expect(processes[0].commands.at(-1)).toEqual({ kind: 'stop' });
  await vi.advanceTimersByTimeAsync(14_000);
  expect(outcomes).toEqual({});
  await vi.advanceTimersByTimeAsync(1_000);
  await stopped;
  expect(outcomes).toMatchObject({
    A: expect.stringMatching(/^INTERRUPTED/),
    B: expect.stringMatching(/^INTERRUPTED/),
  });
  expect([processes.length, vi.getTimerCount()]).toEqual([1, 0]);
});
