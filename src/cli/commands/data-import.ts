import type { CandleFileOutcome } from '../../app/candles.js';
import { formatCount } from '../../text/numbers.js';
import { type FlagValues, readText } from '../flag-values.js';
import { formatFailure } from '../format.js';
import { printOutcomes, throwOnlyFailure } from '../outcomes.js';
import { printWarnings, type Shell } from '../shell.js';

/** `tradeai data import FILES`: a row a file; the failure of a single one is the command's. */
export async function importData(shell: Shell, files: readonly string[], flags: FlagValues): Promise<void> {
  const { workspace, signal } = shell;
  const options = {
    symbol: readText(flags.symbol),
    interval: readText(flags.interval),
    timeZone: readText(flags.timeZone),
    source: readText(flags.source),
    replace: flags.replace === true,
  };
  const outcomes = await workspace.importAllCandles(files, options, { signal });
  throwOnlyFailure(outcomes);
  const isAlone = outcomes.length === 1;
  printWarnings(
    shell,
    outcomes.flatMap((outcome) =>
      'error' in outcome ? [] : outcome.notices.map((notice) => (isAlone ? notice : `${outcome.file}: ${notice}`)),
    ),
  );
  printOutcomes(shell, outcomes, {
    isOneByItself: true,
    format: () =>
      outcomes.map((outcome) => `${isAlone ? '' : `${outcome.file}: `}${describe(outcome, shell)}`).join('\n'),
  });
}

function describe(outcome: CandleFileOutcome, { console }: Shell): string {
  if ('error' in outcome) return formatFailure(outcome.error, console.colors.red);
  const { source, symbol, interval, rowsRead, addedRows, revisedRows, rowCount, quarantinedRows } = outcome;
  const quarantined = quarantinedRows === 0 ? '' : `, ${formatCount(quarantinedRows)} put into quarantine`;
  return `${symbol} ${interval} from ${source}: ${formatCount(rowsRead)} candles read, ${formatCount(addedRows)} added, ${formatCount(revisedRows)} revised, ${formatCount(rowCount)} stored${quarantined}`;
}
