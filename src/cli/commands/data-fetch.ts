import { parseTime } from '../../options/train-options.js';
import { FetchDisplay } from '../fetch-display.js';
import { type FlagValues, readText } from '../flag-values.js';
import type { Shell } from '../shell.js';
import { readSymbols } from '../symbol-list.js';
import { printSeries } from './data-outcomes.js';

/** `tradeai data fetch` */
export async function fetchData(shell: Shell, flags: FlagValues): Promise<void> {
  const to = readText(flags.to);
  const display = new FetchDisplay(shell.console, { toMs: parseTime(to, '--to') });
  const outcomes = await shell.workspace.fetchAllCandles(
    {
      symbols: readSymbols(readText(flags.symbol), '--symbol'),
      interval: readText(flags.interval),
      source: readText(flags.source),
      from: readText(flags.from),
      to,
    },
    {
      signal: shell.signal,
      onBegin: (key) => display.begin(key),
      onFetch: (key, rowsDone, lastMs) => display.report(key, rowsDone, lastMs),
      onEnd: (key) => display.finish(key),
    },
  );
  shell.console.settle();
  printSeries(shell, outcomes, { isOneByItself: true });
}
