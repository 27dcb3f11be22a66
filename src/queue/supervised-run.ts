/**
 * A run of trainings in processes that may hang and die: one at a time, which trains and decides all that is left.
 *
 * A process that dies fails the name it was at, and the next one goes on with the others in the same run: what was published
 * before is not trained again. One that dies at no name, because it cannot start or while it decides on all of them, fails
 * what is left. Whoever cancels a name gives it some seconds to keep its progress; a process that does not answer then, or
 * makes no progress for a long time, is killed.
 */

import type { JobOutcome } from '../ports/job.js';
import type { TakeNote } from '../ports/note.js';
import type { RunListener, RunToStart, TrainingRun } from '../ports/training-runner.js';
import type { JobError } from '../wire/job.js';
import type { TrainingCommand, TrainingNews } from './training-protocol.js';

export interface TrainingProcess {
  /** Does nothing when the process is gone. */
  send(command: TrainingCommand): void;
  kill(): void;
}

export interface ProcessListener {
  readonly onNews: (news: TrainingNews) => void;
  /** Once, after the last news, and never before `startProcess` has returned. */
  readonly onEnd: (end: ProcessEnd) => void;
}

export interface ProcessEnd {
  /** A signal, an exit status, or why there was no process. */
  readonly how: string;
  /** What it said last; empty when it said nothing. */
  readonly lastWords: string;
}

export interface SupervisionOptions {
  /** Never throws: that there is no process is an end, too. */
  readonly startProcess: (listener: ProcessListener) => TrainingProcess;
  /** Minutes without any progress after which a process is killed. */
  readonly stallMinutes: number;
  /** How long a name that was cancelled may take to keep its progress. */
  readonly cancelGraceMs?: number;
  readonly onNote: TakeNote;
}

/** Leaves a moment of ten seconds for the end itself. */
const CANCEL_GRACE_MS = 8_000;
/** How long a training that was told to stop may take to write its checkpoint. */
const STOP_TIMEOUT_MS = 15_000;
const AGAIN = 'ask for the training again; what it had kept stays';

export function superviseRun(
  { runId, names }: RunToStart,
  listener: RunListener,
  { startProcess, stallMinutes, cancelGraceMs = CANCEL_GRACE_MS, onNote }: SupervisionOptions,
): TrainingRun {
  /** Names without an outcome. */
  const open = new Set(names);
  /** Of names that were cancelled and have not answered. */
  const graces = new Map<string, NodeJS.Timeout>();
  let worker: TrainingProcess;
  /** The name that the process is at. */
  let current: string | undefined;
  let isStalled = false;
  let isStopping = false;

  const settle = (name: string, outcome: JobOutcome) => {
    clearTimeout(graces.get(name));
    graces.delete(name);
    if (open.delete(name)) listener.onOutcome(name, outcome);
  };

  /** The life of one process. @returns how it ended */
  const live = () =>
    new Promise<ProcessEnd>((resolve) => {
      current = undefined;
      isStalled = false;
      // Minutes are counted one by one: a computer that sleeps counts none.
      let idleMinutes = 0;
      worker = startProcess({
        onNews(news) {
          if (news.kind !== 'note') idleMinutes = 0;
          if (news.kind === 'note') onNote(news.text, news.facts);
          else if (news.kind === 'at-work') current = news.name ?? undefined;
          else if (news.kind === 'outcome') settle(news.name, news.outcome);
          else if (open.has(news.name)) listener.onProgress(news.name, news.progress);
        },
        onEnd(end) {
          clearInterval(watchdog);
          resolve(end);
        },
      });
      const watchdog = setInterval(() => {
        idleMinutes += 1;
        if (idleMinutes < stallMinutes) return;
        isStalled = true;
        worker.kill();
      }, 60_000);
      worker.send({ kind: 'train', run: { runId, names: [...open] } });
      for (const name of graces.keys()) worker.send({ kind: 'cancel', name });
    });

  const errorOf = (name: string, { how, lastWords }: ProcessEnd): JobError => {
    if (isStopping) {
      const message = `interrupted: the training process ended before ${name} was stopped (${how})`;
      return { code: 'INTERRUPTED', message, hint: 'it goes on when the server starts again, from what it had kept' };
    }
    if (isStalled) {
      const message = `the training of ${name} made no progress for ${stallMinutes} minutes, and was ended`;
      return { code: 'TRAINING_STALLED', message, hint: `${AGAIN}. The limit is serve.trainingStallMinutes` };
    }
    const memory = how === 'SIGKILL' ? '. A system without memory kills processes like this' : '';
    const words = lastWords === '' ? '' : `: ${lastWords}`;
    const message = `the training process ended before ${name} was done (${how})${words}`;
    return { code: 'INTERNAL', message, hint: AGAIN + memory };
  };

  const runAll = async () => {
    while (open.size > 0) {
      const openBefore = open.size;
      const end = await live();
      let failed: string[] = [];
      if (!isStopping && current !== undefined && open.has(current)) failed = [current];
      else if (isStopping || open.size === openBefore) failed = [...open];
      for (const name of failed) settle(name, { error: errorOf(name, end) });
    }
  };

  const ended = runAll();
  return {
    ended,
    cancel(name) {
      if (!open.has(name) || graces.has(name)) return;
      worker.send({ kind: 'cancel', name });
      const giveUp = () => {
        const isAtWork = current === undefined || current === name;
        const message = isAtWork
          ? `cancelled: the training process of ${name} did not answer, and was ended`
          : `cancelled while ${name} waited for others of its run: it was not promoted`;
        settle(name, { error: { code: 'INTERRUPTED', message, hint: null } });
        if (isAtWork) worker.kill();
      };
      graces.set(name, setTimeout(giveUp, cancelGraceMs));
    },
    async stop() {
      isStopping = true;
      worker.send({ kind: 'stop' });
      const timer = setTimeout(() => worker.kill(), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
