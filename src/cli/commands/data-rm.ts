import type { RemovableSeries } from '../../app/candles.js';
import { TradeAiError } from '../../core/errors.js';
import { formatBytes, formatCount } from '../../text/numbers.js';
import { type FlagValues, readText } from '../flag-values.js';
import { askWhether } from '../questions.js';
import { printResult, type Shell } from '../shell.js';
import { readSymbols } from '../symbol-list.js';

/** `tradeai data rm SYMBOLS` */
export async function removeData(shell: Shell, symbols: string, flags: FlagValues): Promise<void> {
  const { workspace } = shell;
  const choice = {
    symbols: readSymbols(symbols, 'symbol'),
    interval: readText(flags.interval),
    source: readText(flags.source),
  };
  const removed = await workspace.removeCandles(choice, {
    force: flags.force === true,
    confirm: flags.yes === true ? undefined : (series) => confirmRemoval(shell, series),
  });
  printResult(shell, removed, () =>
    removed.length === 0 ? 'nothing was removed' : removed.map((series) => `removed ${describe(series)}`).join('\n'),
  );
}

async function confirmRemoval({ console, isJson, signal }: Shell, series: readonly RemovableSeries[]) {
  if (!console.canAsk || isJson) {
    throw new TradeAiError(
      'USAGE',
      `nobody can be asked here whether to remove ${series.map(describe).join(' and ')}`,
      {
        commandHint: 'say so with --yes',
      },
    );
  }
  return askWhether(`Remove ${series.map(describe).join(' and ')}?`, { signal });
}

function describe({ symbol, interval, source, rowCount, sizeBytes, models }: RemovableSeries): string {
  const rows = rowCount === null ? 'unreadable' : `${formatCount(rowCount)} candles`;
  const use = models.length === 0 ? '' : `, which ${models.join(', ')} was trained on`;
  return `${symbol} ${interval} from ${source} (${rows}, ${formatBytes(sizeBytes)}${use})`;
}
