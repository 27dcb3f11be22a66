import { formatBytes, formatCount } from '../../text/numbers.js';
import { formatStamp } from '../../text/times.js';
import { formatTable } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai data list` */
export async function listData(shell: Shell): Promise<void> {
  const entries = await shell.workspace.listCandles();
  printResult(shell, entries, () => {
    if (entries.length === 0)
      return 'nothing is stored; bring candles with `tradeai data import FILE` or `tradeai data fetch --symbol BTCUSDT`';
    const broken = entries.filter(({ problem }) => problem !== null);
    const table = formatTable(
      ['symbol', 'interval', 'source', 'candles', 'first (UTC)', 'last (UTC)', 'size'],
      entries.map((entry) => [
        entry.symbol,
        entry.interval,
        entry.source,
        entry.problem === null ? formatCount(entry.rowCount) : 'unreadable',
        entry.problem === null ? formatStamp(entry.firstOpenTimeMs) : '–',
        entry.problem === null ? formatStamp(entry.lastOpenTimeMs) : '–',
        formatBytes(entry.sizeBytes),
      ]),
      shell.console.colors,
    );
    const problems = broken.map(({ problem }) => shell.console.colors.red(problem));
    return [table, ...problems].join('\n');
  });
}
