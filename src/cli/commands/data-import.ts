import type { CandleFileOutcome } from '../../app/candles.js';
import { describeError } from '../../core/errors.js';
import { formatCount } from '../../text/numbers.js';
import { exitStatusOf } from '../exit-status.js';
import { type FlagValues, readText } from '../flag-values.js';
import { formatFailure } from '../format.js';
import { printResult, printWarnings, type Shell } from '../shell.js';

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
  const failure = outcomes.find((outcome) => 'error' in outcome);
  const isAlone = outcomes.length === 1;
  if (isAlone && failure) throw failure.error;
  printWarnings(
    shell,
    outcomes.flatMap((outcome) =>
      'error' in outcome ? [] : outcome.notices.map((notice) => (isAlone ? notice : `${outcome.file}: ${notice}`)),
    ),
  );
  const plain = outcomes.map((outcome) =>
    'error' in outcome ? { ...outcome, error: describeError(outcome.error) } : outcome,
  );
  printResult(shell, isAlone ? plain[0] : plain, () =>
    outcomes.map((outcome) => `${isAlone ? '' : `${outcome.file}: `}${describe(outcome, shell)}`).join('\n'),
  );
  if (failure) process.exitCode = exitStatusOf(failure.error);
}

function describe(outcome: CandleFileOutcome, { console }: Shell): string {
  if ('error' in outcome) return formatFailure(outcome.error, console.colors.red);
  const { source, symbol, interval, rowsRead, addedRows, revisedRows, rowCount, quarantinedRows } = outcome;
  const quarantined = quarantinedRows === 0 ? '' : `, ${formatCount(quarantinedRows)} put into quarantine`;
  return `${symbol} ${interval} from ${source}: ${formatCount(rowsRead)} candles read, ${formatCount(addedRows)} added, ${formatCount(revisedRows)} revised, ${formatCount(rowCount)} stored${quarantined}`;
}
