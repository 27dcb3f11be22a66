import { exportCandles } from '../../candles/export-candles.js';
import { TradeAiError } from '../../core/errors.js';
import { checkName } from '../../core/names.js';
import { parseInterval } from '../../market/interval.js';
import { checkSymbol, DEFAULT_INTERVAL, parseTime } from '../../options/train-options.js';
import { CANDLE_FILE_FORMATS, type CandleFileFormat } from '../../ports/candle-file.js';
import { type FlagValues, readText } from '../flag-values.js';
import { formatCount, formatTime } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai data export FILE` */
export async function exportData(shell: Shell, file: string, flags: FlagValues): Promise<void> {
  const source = readText(flags.source);
  const exported = await exportCandles(
    file,
    {
      symbol: checkSymbol(String(flags.symbol)),
      interval: parseInterval(readText(flags.interval) ?? DEFAULT_INTERVAL),
      source: source === undefined ? undefined : checkName(source, 'source'),
      fromMs: parseTime(readText(flags.from), 'from'),
      toMs: parseTime(readText(flags.to), 'to'),
      format: readFormat(readText(flags.format)),
      overwrite: flags.force === true,
    },
    shell.ports,
  );
  const { columnsLeftOut, interval, storedInterval } = exported;
  const notices = [
    ...(storedInterval === interval ? [] : [`made of the stored ${storedInterval} candles`]),
    ...(columnsLeftOut.length === 0 ? [] : [`columns this format has no place for: ${columnsLeftOut.join(', ')}`]),
  ];
  for (const notice of notices) shell.console.printNote(shell.console.noteColors.yellow(`! ${notice}`));
  printResult(shell, { ...exported, notices }, () => {
    const { symbol, path, format, rowCount, firstOpenTimeMs, lastOpenTimeMs, sizeBytes } = exported;
    const span = `${formatTime(firstOpenTimeMs)} to ${formatTime(lastOpenTimeMs)} UTC`;
    return `${path}: ${formatCount(rowCount)} ${symbol} ${interval} candles as ${format}, ${span}, ${(sizeBytes / 1e6).toFixed(1)} MB`;
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
