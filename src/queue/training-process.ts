/** Trains in a process of its own, at low priority, so that forecasts are served while it does. */

import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { JobOutcome } from '../ports/job.js';
import type { RunListener, RunToStart, TrainingRun, TrainingRunner } from '../ports/training-runner.js';
import type { TrainingCommand, TrainingNews } from './training-protocol.js';

export interface TrainingProcessOptions {
  /** The program that trains: it gets its commands by message. */
  readonly workerPath: string;
  readonly workerArguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly onNote: (text: string) => void;
}

/** How long a training that was told to stop may take to write its checkpoint. */
const STOP_TIMEOUT_MS = 15_000;

export function createTrainingProcessRunner(options: TrainingProcessOptions): TrainingRunner {
  return { start: (run, listener) => startRun(run, listener, options) };
}

function startRun(run: RunToStart, listener: RunListener, options: TrainingProcessOptions): TrainingRun {
  const { workerPath, workerArguments, environment, onNote } = options;
  const child = fork(workerPath, workerArguments, {
    env: environment,
    // Nothing of the server's own flags, such as an inspector's port; its output goes nowhere but here.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  lowerPriority(child);
  const open = new Set(run.names);
  let lastWords = '';
  const settle = (name: string, outcome: JobOutcome) => {
    if (open.delete(name)) listener.onOutcome(name, outcome);
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-2_000);
  });
  child.on('message', (news: TrainingNews) => {
    if (news.kind === 'progress') {
      if (open.has(news.name)) listener.onProgress(news.name, news.progress);
    } else if (news.kind === 'outcome') settle(news.name, news.outcome);
    else onNote(news.text);
  });
  const ended = new Promise<void>((resolve) => {
    const end = (how: string) => {
      for (const name of open) {
        const message = `the training process ended before ${name} was done (${how})${lastWords === '' ? '' : `: ${lastWords.trim()}`}`;
        settle(name, {
          error: { code: 'INTERNAL', message, hint: 'ask for the training again; what it had done is kept' },
        });
      }
      resolve();
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(signal ?? `exit status ${code}`));
  });
  send(child, { kind: 'train', run });
  return {
    ended,
    cancel: (name) => send(child, { kind: 'cancel', name }),
    async stop() {
      send(child, { kind: 'stop' });
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function send(child: ChildProcess, command: TrainingCommand): void {
  // A process that is gone has had its last word in `close`.
  if (child.connected) child.send(command, () => undefined);
}

function lowerPriority(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  } catch {
    // A container may forbid it: the training then only competes more.
  }
}
