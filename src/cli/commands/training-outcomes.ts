/** What several trainings came to, for people and as JSON. */

import type { RetrainOutcome } from '../../app/index.js';
import { describeError } from '../../core/errors.js';
import { exitStatusOf } from '../exit-status.js';
import { formatFailure, formatTable } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/** Prints the outcomes and sets the exit status; the failure of a single one is the command's. */
export function printTrainingOutcomes(shell: Shell, outcomes: readonly RetrainOutcome[]): void {
  const failure = outcomes.find((outcome) => 'error' in outcome);
  if (outcomes.length === 1 && failure) throw failure.error;
  const plain = outcomes.map((outcome) =>
    'report' in outcome ? outcome.report : { name: outcome.name, error: describeError(outcome.error) },
  );
  printResult(shell, plain, () =>
    formatTable(
      ['model', 'version', 'champion', 'verdict'],
      outcomes.map((outcome) =>
        'report' in outcome
          ? [
              outcome.name,
              String(outcome.report.version),
              outcome.report.promoted ? 'yes' : 'no',
              outcome.report.verdict,
            ]
          : [outcome.name, '–', '–', formatFailure(outcome.error)],
      ),
      shell.console.colors,
    ),
  );
  if (failure) process.exitCode = exitStatusOf(failure.error);
}
