/** What several trainings came to, for people and as JSON. */

import type { RetrainOutcome } from '../../app/index.js';
import { formatFailure, formatTable } from '../format.js';
import { printOutcomes, throwOnlyFailure } from '../outcomes.js';
import type { Shell } from '../shell.js';

/** Prints the outcomes and sets the exit status; the failure of a single one is the command's. */
export function printTrainingOutcomes(shell: Shell, outcomes: readonly RetrainOutcome[]): void {
  throwOnlyFailure(outcomes);
  printOutcomes(shell, outcomes, {
    toPlain: ({ report }) => report,
    format: () =>
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
  });
}
