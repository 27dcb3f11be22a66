import { TradeAiError } from '../../core/errors.js';
import { CANDLE_FILE_FORMATS, type CandleFileFormat } from '../../ports/candle-file.js';
import { formatBytes, formatCount } from '../../text/numbers.js';
import { formatStamp } from '../../text/times.js';
import { type FlagValues, readText } from '../flag-values.js';
import { printResult, printWarnings, type Shell } from '../shell.js';

/** `tradeai data export FILE` */
export async function exportData(shell: Shell, file: string, flags: FlagValues): Promise<void> {
  const exported = await shell.workspace.exportCandles(file, {
    symbol: String(flags.symbol),
    interval: readText(flags.interval),
    source: readText(flags.source),
    from: readText(flags.from),
    to: readText(flags.to),
    format: readFormat(readText(flags.format)),
    overwrite: flags.force === true,
  });
  const { columnsLeftOut, interval, storedInterval } = exported;
  const notices = [
    ...(storedInterval === interval ? [] : [`made of the stored ${storedInterval} candles`]),
    ...(columnsLeftOut.length === 0 ? [] : [`columns this format has no place for: ${columnsLeftOut.join(', ')}`]),
  ];
  printWarnings(shell, notices);
  printResult(shell, { ...exported, notices }, () => {
    const { symbol, path, format, rowCount, firstOpenTimeMs, lastOpenTimeMs, sizeBytes } = exported;
    const span = `${formatStamp(firstOpenTimeMs)} to ${formatStamp(lastOpenTimeMs)} UTC`;
    return `${path}: ${formatCount(rowCount)} ${symbol} ${interval} candles as ${format}, ${span}, ${formatBytes(sizeBytes)}`;
  });
}

function readFormat(text: string | undefined): CandleFileFormat | undefined {
  if (text === undefined) return undefined;
  const format = CANDLE_FILE_FORMATS.find((known) => known === text);
  if (format !== undefined) return format;
  throw new TradeAiError(
    'USAGE',
    `--format: expected one of ${CANDLE_FILE_FORMATS.join(', ')}, was ${JSON.stringify(text)}`,
    { hint: '`json` is freqtrade’s json and jsongz; for its feather, export Parquet and convert that with pandas' },
  );
}
