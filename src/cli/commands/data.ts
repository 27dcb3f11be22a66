import { TradeAiError } from '../../core/errors.js';
import { checkName } from '../../core/names.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { rowCountOf } from '../../market/candle-series.js';
import { parseInterval } from '../../market/interval.js';
import { checkCandles, type QualityReport } from '../../market/quality.js';
import { FILE_SOURCE, updateStore } from '../../pipeline/collect.js';
import { checkSymbol, DEFAULT_INTERVAL, parseTime } from '../../pipeline/train-options.js';
import { type FlagValues, readText } from '../flag-values.js';
import { formatCount, formatTable, formatTime } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai data fetch` */
export async function fetchData(shell: Shell, flags: FlagValues): Promise<void> {
  const key = {
    source: checkName(String(flags.source ?? 'binance'), 'source'),
    symbol: checkSymbol(String(flags.symbol)),
    interval: parseInterval(String(flags.interval ?? DEFAULT_INTERVAL)),
  };
  const fromMs = parseTime(readText(flags.from), '--from');
  const toMs = parseTime(readText(flags.to), '--to');
  const { console } = shell;
  const startedMs = Date.now();
  const onFetch = (rowsDone: number, lastOpenTimeMs: number) => {
    const perSecond = rowsDone / Math.max(0.001, (Date.now() - startedMs) / 1000);
    const line = `${key.symbol} ${key.interval}: ${formatCount(rowsDone)} candles, up to ${formatTime(lastOpenTimeMs)}, ${formatCount(perSecond)}/s`;
    if (console.isLive) console.redraw([line]);
  };
  const result = await updateStore(key, fromMs, toMs, shell.ports, { signal: shell.signal, onFetch });
  console.settle();
  printResult(
    shell,
    { ...key, ...result },
    () =>
      `${key.symbol} ${key.interval} from ${key.source}: ${formatCount(result.addedRows)} candles added, ${formatCount(result.revisedRows)} revised`,
  );
}

/** `tradeai data import FILE` */
export async function importData(shell: Shell, file: string, flags: FlagValues): Promise<void> {
  const source = checkName(String(flags.source ?? FILE_SOURCE), 'source');
  const { series, notices } = await shell.ports.readCandleFile(file, {
    symbol: flags.symbol === undefined ? undefined : checkSymbol(String(flags.symbol)),
    interval: flags.interval === undefined ? undefined : parseInterval(String(flags.interval)),
  });
  const appended = await shell.ports.store.append(source, series);
  const { symbol, interval } = series;
  for (const notice of notices) shell.console.printNote(shell.console.noteColors.yellow(`! ${notice}`));
  printResult(
    shell,
    { source, symbol, interval, rowsRead: rowCountOf(series), ...appended, notices },
    () =>
      `${symbol} ${interval} from ${source}: ${formatCount(rowCountOf(series))} candles read, ${formatCount(appended.addedRows)} added, ${formatCount(appended.revisedRows)} revised, ${formatCount(appended.rowCount)} stored`,
  );
}

/** `tradeai data list` */
export async function listData(shell: Shell): Promise<void> {
  const entries = await shell.ports.store.list();
  printResult(shell, entries, () => {
    if (entries.length === 0)
      return 'nothing is stored; bring candles with `tradeai data import FILE` or `tradeai data fetch`';
    return formatTable(
      ['symbol', 'interval', 'source', 'candles', 'first (UTC)', 'last (UTC)', 'MB'],
      entries.map((entry) => [
        entry.symbol,
        entry.interval,
        entry.source,
        formatCount(entry.rowCount),
        formatTime(entry.firstOpenTimeMs),
        formatTime(entry.lastOpenTimeMs),
        (entry.sizeBytes / 1e6).toFixed(1),
      ]),
      shell.console.colors,
    );
  });
}

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
