/** What fetching or updating several series came to, for people and as JSON. */

import type { CandleFetchOutcome } from '../../app/candles.js';
import { formatCount } from '../../text/numbers.js';
import { formatFailure } from '../format.js';
import { printOutcomes, throwOnlyFailure } from '../outcomes.js';
import type { Shell } from '../shell.js';

/**
 * Prints the outcomes and sets the exit status; the failure of a single one is the command's.
 *
 * @param isOneByItself whether the JSON of a single one is that, or a list of one
 */
export function printSeries(
  shell: Shell,
  outcomes: readonly CandleFetchOutcome[],
  { isOneByItself }: { readonly isOneByItself: boolean },
): void {
  throwOnlyFailure(outcomes);
  printOutcomes(shell, outcomes, {
    isOneByItself,
    format: () => outcomes.map((outcome) => describe(outcome, shell)).join('\n'),
  });
}

function describe(outcome: CandleFetchOutcome, { console }: Shell): string {
  const { symbol, interval, source } = outcome;
  const name = `${symbol} ${interval} from ${source}`;
  if (!('error' in outcome)) {
    return `${name}: ${formatCount(outcome.addedRows)} candles added, ${formatCount(outcome.revisedRows)} revised`;
  }
  return `${name}: ${formatFailure(outcome.error, console.colors.red)}`;
}
