import { formatCount } from '../../text/numbers.js';
import { type FlagValues, readText } from '../flag-values.js';
import { printResult, printWarnings, type Shell } from '../shell.js';

/** `tradeai data import FILE` */
export async function importData(shell: Shell, file: string, flags: FlagValues): Promise<void> {
  const imported = await shell.workspace.importCandles(file, {
    symbol: readText(flags.symbol),
    interval: readText(flags.interval),
    source: readText(flags.source),
  });
  printWarnings(shell, imported.notices);
  printResult(shell, imported, () => {
    const { source, symbol, interval, rowsRead, addedRows, revisedRows, rowCount, quarantinedRows } = imported;
    const quarantined = quarantinedRows === 0 ? '' : `, ${formatCount(quarantinedRows)} put into quarantine`;
    return `${symbol} ${interval} from ${source}: ${formatCount(rowsRead)} candles read, ${formatCount(addedRows)} added, ${formatCount(revisedRows)} revised, ${formatCount(rowCount)} stored${quarantined}`;
  });
}
