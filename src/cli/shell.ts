/** What every command runs in: the console, the workspace, Ctrl-C, and the way errors are told. */

import { composeWorkspace, type Workspace } from '../app/workspace.js';
import { describeError } from '../core/errors.js';
import { plain } from '../text/sentences.js';
import { type Console, openConsole } from './console.js';
import { exitStatusOf } from './exit-status.js';
import { endWithoutReaders } from './standard-streams.js';

export interface Shell {
  readonly console: Console;
  readonly workspace: Workspace;
  readonly environment: NodeJS.ProcessEnv;
  readonly isJson: boolean;
  /** Aborted by the first Ctrl-C; the second one ends the process. */
  readonly signal: AbortSignal;
}

export interface ShellOptions {
  readonly home?: string;
  readonly json?: boolean;
}

/** Exit status of a process ended by Ctrl-C. */
const INTERRUPTED_STATUS = 130;

/** Runs one command to its end and sets the exit status of the process. */
export async function runInShell(options: ShellOptions, run: (shell: Shell) => Promise<void>): Promise<void> {
  const console = openConsole();
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_STATUS);
    controller.abort();
    console.settle();
    console.printNote('stopping … (Ctrl-C again to end at once)');
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    await run({
      console,
      workspace: composeWorkspace({ home: options.home, onNote: console.printNote }, { isCommandLine: true }),
      environment: process.env,
      isJson: options.json ?? false,
      signal: controller.signal,
    });
  } catch (error) {
    reportError(error, console, options.json ?? false);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    if (controller.signal.aborted) endWithoutReaders();
  }
}

/** Tells an error and sets the exit status. With `--json` stdout carries it too. */
export function reportError(error: unknown, console: Console, isJson: boolean): void {
  const { code, message, hint } = describeError(error);
  const { red, dim } = console.noteColors;
  console.settle();
  console.printNote(code === 'INTERRUPTED' ? message : `${red('error')}: ${message}`);
  if (hint !== null) console.printNote(`  ${hint}`);
  if (code === 'INTERNAL' && error instanceof Error) console.printNote(dim(error.stack ?? ''));
  if (isJson) console.printData(JSON.stringify({ error: { code, message, hint } }, null, 2));
  process.exitCode = exitStatusOf(error);
}

/** Prints a result: one JSON document with `--json`, text otherwise. */
export function printResult(shell: Pick<Shell, 'console' | 'isJson'>, result: unknown, text: () => string): void {
  shell.console.printData(shell.isJson ? JSON.stringify(result, null, 2) : plain(text()));
}

/** Prints what should be known and is no failure. */
export function printWarnings({ console }: Pick<Shell, 'console'>, warnings: readonly string[]): void {
  for (const warning of warnings) console.printNote(console.noteColors.yellow(`! ${warning}`));
}
