import { checkName } from '../../core/names.js';
import { parseInterval } from '../../market/interval.js';
import { updateStore } from '../../pipeline/collect.js';
import { checkSymbol, DEFAULT_INTERVAL, parseTime } from '../../pipeline/train-options.js';
import { type FlagValues, readText } from '../flag-values.js';
import { formatCount, formatTime } from '../format.js';
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
