import { TradeAiError } from '../../core/errors.js';
import { type FlagValues, readText } from '../flag-values.js';
import { printWarnings, type Shell } from '../shell.js';
import { readSymbols } from '../symbol-list.js';
import { printSeries } from './data-outcomes.js';

/** `tradeai data update` */
export async function updateData(shell: Shell, flags: FlagValues): Promise<void> {
  const told = new Set<string>();
  const onNotice = (text: string) => {
    if (!told.has(text)) printWarnings(shell, [text]);
    told.add(text);
  };
  const outcomes = await shell.workspace.updateCandles(
    {
      symbols: await chooseSymbols(shell, flags),
      interval: readText(flags.interval),
      source: readText(flags.source),
    },
    { signal: shell.signal, onNotice },
  );
  if (outcomes.length === 0) {
    throw new TradeAiError('CANDLES_NOT_FOUND', 'no stored candles that could be updated', {
      commandHint: 'fetch them first: `tradeai data fetch --symbol BTCUSDT`',
    });
  }
  printSeries(shell, outcomes, { isOneByItself: false });
}

/** Those named, else those of the workspace's config; none, which is every one, where it names none or all are wanted. */
async function chooseSymbols({ workspace }: Shell, flags: FlagValues): Promise<readonly string[] | undefined> {
  const named = readSymbols(readText(flags.symbol), '--symbol');
  if (flags.all !== true) {
    if (named !== undefined) return named;
    const { symbols } = await workspace.config();
    return symbols.length === 0 ? undefined : symbols;
  }
  if (named === undefined) return undefined;
  throw new TradeAiError('USAGE', 'expected --all or --symbol, was both');
}
