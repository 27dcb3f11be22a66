import { TradeAiError } from '../../core/errors.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { parseInterval } from '../../market/interval.js';
import { checkCandles, type QualityReport } from '../../market/quality.js';
import { FILE_SOURCE } from '../../pipeline/collect.js';
import { checkSymbol } from '../../pipeline/train-options.js';
import type { FlagValues } from '../flag-values.js';
import { formatCount, formatTime } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai data check` */
export async function checkData(shell: Shell, flags: FlagValues): Promise<void> {
  const reports: (QualityReport & { source: string })[] = [];
  for await (const { source, series } of seriesToCheck(shell, flags)) {
    reports.push({ source, ...checkCandles(series, { nowMs: shell.ports.now() }) });
  }
  printResult(shell, reports, () => reports.map((report) => formatQuality(report, shell)).join('\n\n'));
}

async function* seriesToCheck(
  shell: Shell,
  flags: FlagValues,
): AsyncIterable<{ source: string; series: CandleSeries }> {
  const { store, readCandleFile } = shell.ports;
  const symbol = flags.symbol === undefined ? undefined : checkSymbol(String(flags.symbol));
  const interval = flags.interval === undefined ? undefined : parseInterval(String(flags.interval));
  if (typeof flags.data === 'string') {
    const { series, notices } = await readCandleFile(flags.data, { symbol, interval });
    for (const notice of notices) shell.console.printNote(shell.console.noteColors.yellow(`! ${notice}`));
    yield { source: FILE_SOURCE, series };
    return;
  }
  const wanted = (await store.list()).filter(
    (entry) =>
      (symbol === undefined || entry.symbol === symbol) &&
      (interval === undefined || entry.interval === interval) &&
      (flags.source === undefined || entry.source === flags.source),
  );
  if (wanted.length === 0) {
    throw new TradeAiError(
      'CANDLES_NOT_FOUND',
      `no stored candles to check${symbol === undefined ? '' : ` of ${symbol}`}`,
      {
        hint: 'bring some with `tradeai data import FILE` or `tradeai data fetch`, or check a file with --data FILE',
      },
    );
  }
  for (const key of wanted) yield { source: key.source, series: (await store.read(key))! };
}

function formatQuality(report: QualityReport & { source: string }, shell: Shell): string {
  const { bold, dim, red, yellow, green } = shell.console.colors;
  const paint = { error: red, warning: yellow, info: dim };
  const { symbol, interval, source, rowCount, firstOpenTimeMs, lastOpenTimeMs, gaps } = report;
  const span = firstOpenTimeMs === null ? '' : `, ${formatTime(firstOpenTimeMs)} to ${formatTime(lastOpenTimeMs!)} UTC`;
  return [
    `${bold(`${symbol} ${interval}`)} from ${source}: ${formatCount(rowCount)} candles${span}`,
    dim(`missing ${formatCount(gaps.missingRows)} (${(gaps.missingShare * 100).toFixed(2)} %) in ${gaps.count} gaps`),
    ...(report.findings.length === 0 ? [green('nothing found')] : []),
    ...report.findings.map(({ severity, code, message }) => `  ${paint[severity](`${severity} ${code}`)}: ${message}`),
  ].join('\n');
}
