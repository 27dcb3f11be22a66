import type { Command } from 'commander';
import { addVerb, type Flags, onAction } from './verb.js';

/** `tradeai data …` */
export function addDataVerbs(program: Command): void {
  const data = program.command('data').description('the candle store');
  const fetch = addVerb(data, 'fetch', 'bring the stored candles of a symbol up to date', [
    'tradeai data fetch --symbol BTCUSDT --interval 1h --from 2017-08-01',
  ])
    .requiredOption('--symbol <SYMBOL>', 'the pair')
    .option('--interval <INTERVAL>', 'candle length (default: 1h)')
    .option('--source <NAME>', 'binance or demo (default: binance)')
    .option('--from <DATE>', 'first day wanted, UTC')
    .option('--to <DATE>', 'day before which the data ends, UTC');
  onAction<Flags>(fetch, async (shell, flags) => {
    const { fetchData } = await import('./commands/data-fetch.js');
    await fetchData(shell, flags);
  });
  const load = addVerb(data, 'import', 'store the candles of a CSV, CSV.gz or Parquet file', [
    'tradeai data import BTCUSDT-1h.csv.gz',
    'tradeai data import candles.parquet --symbol ETHUSDT --source binance',
  ])
    .arguments('<file>')
    .option('--symbol <SYMBOL>', 'the pair (default: from the file name)')
    .option('--interval <INTERVAL>', 'candle length (default: from the spacing of the rows)')
    .option('--source <NAME>', 'where the candles came from (default: file)');
  onAction<Flags>(load, async (shell, flags, [file]) => {
    const { importData } = await import('./commands/data-import.js');
    await importData(shell, file!, flags);
  });
  onAction<Flags>(addVerb(data, 'list', 'what is stored', ['tradeai data list']), async (shell) => {
    const { listData } = await import('./commands/data-list.js');
    await listData(shell);
  });
  const check = addVerb(data, 'check', 'gaps, conflicts, impossible prices, jumps and age of candles', [
    'tradeai data check --symbol BTCUSDT',
    'tradeai data check --data candles.csv',
  ])
    .option('--symbol <SYMBOL>', 'one pair (default: everything stored)')
    .option('--interval <INTERVAL>', 'one candle length')
    .option('--source <NAME>', 'one source')
    .option('--data <FILE>', 'a file instead of the store');
  onAction<Flags>(check, async (shell, flags) => {
    const { checkData } = await import('./commands/data-check.js');
    await checkData(shell, flags);
  });
}
