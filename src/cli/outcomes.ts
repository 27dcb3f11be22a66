/** What a command came to with several things, each by itself. */

import { describeError } from '../core/errors.js';
import { exitStatusOf } from './exit-status.js';
import { printResult, type Shell } from './shell.js';

/** Of one thing that failed. */
interface Failed {
  readonly error: unknown;
}

/** The failure of the only one is the command's. */
export function throwOnlyFailure(outcomes: readonly object[]): void {
  if (outcomes.length === 1 && isFailed(outcomes[0])) throw outcomes[0].error;
}

export interface OutcomePrinting<Outcome> {
  /** The JSON of one that did not fail; itself when absent. */
  readonly toPlain?: (outcome: Exclude<Outcome, Failed>) => unknown;
  /** Whether the JSON of a single one is that, and no list of one. */
  readonly isOneByItself?: boolean;
  readonly format: () => string;
}

/** Prints the outcomes; the exit status is that of the first failure. */
export function printOutcomes<Outcome extends object>(
  shell: Shell,
  outcomes: readonly Outcome[],
  { toPlain = (outcome) => outcome, isOneByItself = false, format }: OutcomePrinting<Outcome>,
): void {
  const plain = outcomes.map((outcome) =>
    isFailed(outcome)
      ? { ...outcome, error: describeError(outcome.error) }
      : toPlain(outcome as Exclude<Outcome, Failed>),
  );
  printResult(shell, isOneByItself && plain.length === 1 ? plain[0] : plain, format);
  const failure = outcomes.map((outcome): object => outcome).find(isFailed);
  if (failure) process.exitCode = exitStatusOf(failure.error);
}

function isFailed(outcome: object): outcome is Failed {
  return 'error' in outcome;
}
