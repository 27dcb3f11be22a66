import { checkName } from '../../core/names.js';
import { IMPORT } from '../../market/candle-origin.js';
import { rowCountOf } from '../../market/candle-series.js';
import { parseInterval } from '../../market/interval.js';
import { IMPORT_LIMITS } from '../../market/quality/import-faults.js';
import { checkSymbol } from '../../options/train-options.js';
import type { FlagValues } from '../flag-values.js';
import { formatCount } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai data import FILE` */
export async function importData(shell: Shell, file: string, flags: FlagValues): Promise<void> {
  const source = checkName(String(flags.source ?? IMPORT.name), 'source');
  const { series, notices, faults } = await shell.ports.readCandleFile(file, {
    limits: IMPORT_LIMITS,
    symbol: flags.symbol === undefined ? undefined : checkSymbol(String(flags.symbol)),
    interval: flags.interval === undefined ? undefined : parseInterval(String(flags.interval)),
  });
  const { addedRows, revisedRows } = await shell.ports.store.append(source, series);
  const { symbol, interval } = series;
  const rowCount = (await shell.ports.store.describe({ source, symbol, interval }))?.rowCount ?? 0;
  const rejected = faults.rejected ?? [];
  const quarantinedRows = await shell.ports.quarantine.add({ source, symbol, interval }, rejected);
  for (const notice of notices) shell.console.printNote(shell.console.noteColors.yellow(`! ${notice}`));
  printResult(
    shell,
    {
      source,
      symbol,
      interval,
      rowsRead: rowCountOf(series),
      addedRows,
      revisedRows,
      rowCount,
      quarantinedRows,
      notices,
    },
    () =>
      `${symbol} ${interval} from ${source}: ${formatCount(rowCountOf(series))} candles read, ${formatCount(addedRows)} added, ${formatCount(revisedRows)} revised, ${formatCount(rowCount)} stored${quarantinedRows === 0 ? '' : `, ${formatCount(quarantinedRows)} put into quarantine`}`,
  );
}
