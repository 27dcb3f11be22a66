/** Trains in a process of its own, at low priority, so that forecasts are served while it does. */

import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { describeError } from '../core/errors.js';
import type { TrainingRunner } from '../ports/training-runner.js';
import { type ProcessListener, type SupervisionOptions, superviseRun, type TrainingProcess } from './supervised-run.js';
import type { TrainingCommand } from './training-protocol.js';

export interface TrainingProcessOptions extends Omit<SupervisionOptions, 'startProcess'> {
  /** The program that trains: it gets its commands by message. */
  readonly workerPath: string;
  readonly workerArguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

export function createTrainingProcessRunner(options: TrainingProcessOptions): TrainingRunner {
  return {
    start: (run, listener) =>
      superviseRun(run, listener, { ...options, startProcess: (processes) => startProcess(processes, options) }),
  };
}

function startProcess(
  { onNews, onEnd }: ProcessListener,
  { workerPath, workerArguments, environment }: TrainingProcessOptions,
): TrainingProcess {
  let child: ChildProcess;
  try {
    child = fork(workerPath, workerArguments, {
      env: environment,
      // Nothing of the server's own flags, such as an inspector's port; its output goes nowhere but here.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
  } catch (error) {
    // Some reasons the system has are told by an event, others, as a lack of memory, by an exception.
    queueMicrotask(() => onEnd({ how: describeError(error).message, lastWords: '' }));
    return { send: () => undefined, kill: () => undefined };
  }
  lowerPriority(child);
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-2_000);
  });
  child.on('message', onNews);
  let isOver = false;
  const end = (how: string) => {
    if (isOver) return;
    isOver = true;
    child.off('message', onNews);
    onEnd({ how, lastWords: lastWords.trim() });
  };
  child.on('error', (error) => {
    // One that began lives on when it cannot be told something or killed: it has ended when it is closed.
    if (child.pid === undefined) end(error.message);
  });
  child.on('close', (code, signal) => end(signal ?? `exit status ${code}`));
  return {
    send: (command) => send(child, command),
    kill: () => void child.kill('SIGKILL'),
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
