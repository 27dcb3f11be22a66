/** What fetching or updating several series came to, for people and as JSON. */

import type { CandleFetchOutcome } from '../../app/candles.js';
import { describeError } from '../../core/errors.js';
import { formatCount } from '../../text/numbers.js';
import { exitStatusOf } from '../exit-status.js';
import { formatFailure } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/**
 * Prints the outcomes and sets the exit status; the failure of a single one is the command's.
 *
 * @param isOneByItself whether the JSON of a single one is that, or a list of one
 */
export function printOutcomes(
  shell: Shell,
  outcomes: readonly CandleFetchOutcome[],
  { isOneByItself }: { readonly isOneByItself: boolean },
): void {
  const failure = outcomes.find((outcome) => 'error' in outcome);
  if (outcomes.length === 1 && failure) throw failure.error;
  const plain = outcomes.map((outcome) =>
    'error' in outcome ? { ...outcome, error: describeError(outcome.error) } : outcome,
  );
  printResult(shell, isOneByItself && plain.length === 1 ? plain[0] : plain, () =>
    outcomes.map((outcome) => describe(outcome, shell)).join('\n'),
  );
  if (failure) process.exitCode = exitStatusOf(failure.error);
}

function describe(outcome: CandleFetchOutcome, { console }: Shell): string {
  const { symbol, interval, source } = outcome;
  const name = `${symbol} ${interval} from ${source}`;
  if (!('error' in outcome)) {
    return `${name}: ${formatCount(outcome.addedRows)} candles added, ${formatCount(outcome.revisedRows)} revised`;
  }
  return `${name}: ${formatFailure(outcome.error, console.colors.red)}`;
}
