import type { Command } from 'commander';
import { addVerb, type Flags, onAction } from './verb.js';

/** `tradeai data …` */
export function addDataVerbs(program: Command): void {
  const data = program.command('data').description('the candle store');
  const fetch = addVerb(data, 'fetch', 'fetch the history of one or more symbols, and what is new', [
    'tradeai data fetch --symbol BTCUSDT --interval 1h --from 2017-08-01',
    'tradeai data fetch --symbol BTCUSDT,ETHUSDT --interval 1m',
  ])
    .option('--symbol <SYMBOLS>', 'the pair, or several with commas between (default: symbols of tradeai.config)')
    .option('--interval <INTERVAL>', 'candle length (default: intervals of tradeai.config, else 1h)')
    .option('--source <NAME>', 'where from: binance, demo … (default: binance)')
    .option('--from <DATE>', 'first day wanted, UTC')
    .option('--to <DATE>', 'day before which the data ends, UTC');
  onAction<Flags>(fetch, async (shell, flags) => {
    const { fetchData } = await import('./commands/data-fetch.js');
    await fetchData(shell, flags);
  });
  const update = addVerb(data, 'update', 'bring what is stored up to the newest closed candle', [
    'tradeai data update',
    'tradeai data update --symbol BTCUSDT,ETHUSDT --json',
  ])
    .option('--all', 'everything that is stored, whatever tradeai.config names')
    .option(
      '--symbol <SYMBOLS>',
      'only these pairs, with commas between (default: symbols of tradeai.config, else all)',
    )
    .option('--interval <INTERVAL>', 'only this candle length')
    .option('--source <NAME>', 'only this source');
  onAction<Flags>(update, async (shell, flags) => {
    const { updateData } = await import('./commands/data-update.js');
    await updateData(shell, flags);
  });
  const load = addVerb(
    data,
    'import',
    'store the candles of CSV, JSON, Parquet or Feather files, texts also packed by gzip',
    [
      'tradeai data import BTCUSDT-1h.csv.gz',
      'tradeai data import BTCUSDT-1m-2024-*.csv.gz ETHUSDT-1h.csv    each file is told by itself',
      'tradeai data import user_data/data/binance/BTC_USDT-1h.json    freqtrade’s',
      'tradeai data import candles.parquet --symbol ETHUSDT --source binance',
    ],
  )
    .arguments('<files...>')
    .option('--symbol <SYMBOL>', 'the pair (default: from the file name)')
    .option('--interval <INTERVAL>', 'candle length (default: from the spacing of the rows)')
    .option('--time-zone <ZONE>', 'zone of times without an offset: Europe/Berlin (default: UTC)')
    .option('--source <NAME>', 'where the candles came from (default: file)')
    .option('--replace', 'put them in the place of stored candles that they contradict');
  onAction<Flags>(load, async (shell, flags, files) => {
    const { importData } = await import('./commands/data-import.js');
    await importData(shell, files as string[], flags);
  });
  const save = addVerb(data, 'export', 'write stored candles to a file for other programs', [
    'tradeai data export BTCUSDT_1h.csv.gz --symbol BTCUSDT',
    'tradeai data export BTC_USDT-4h.json --symbol BTCUSDT --interval 4h    for freqtrade, from shorter candles if need be',
  ])
    .arguments('<file>')
    .requiredOption('--symbol <SYMBOL>', 'the pair')
    .option('--interval <INTERVAL>', 'candle length, made of shorter stored candles if need be (default: 1h)')
    .option('--source <NAME>', 'where the candles came from, when several sources have them')
    .option('--from <DATE>', 'first day wanted, UTC')
    .option('--to <DATE>', 'day before which the file ends, UTC')
    .option('--format <FORMAT>', 'csv, json, parquet or freqtrade-parquet (default: from the name)')
    .option('--force', 'replace the file if it is there already');
  onAction<Flags>(save, async (shell, flags, [file]) => {
    const { exportData } = await import('./commands/data-export.js');
    await exportData(shell, file!, flags);
  });
  onAction<Flags>(addVerb(data, 'list', 'what is stored', ['tradeai data list']), async (shell) => {
    const { listData } = await import('./commands/data-list.js');
    await listData(shell);
  });
  const remove = addVerb(data, 'rm', 'remove stored candles, with all that is kept beside them', [
    'tradeai data rm BTCUSDT --source file',
    'tradeai data rm BTCUSDT,ETHUSDT --interval 1m --yes',
  ])
    .arguments('<symbols>')
    .option('--interval <INTERVAL>', 'only this candle length')
    .option('--source <NAME>', 'only this source')
    .option('--yes', 'do not ask')
    .option('--force', 'also what models were trained on');
  onAction<Flags>(remove, async (shell, flags, [symbols]) => {
    const { removeData } = await import('./commands/data-rm.js');
    await removeData(shell, symbols!, flags);
  });
  const check = addVerb(data, 'check', 'what is wrong, odd or missing in candles, and whether training takes them', [
    'tradeai data check --symbol BTCUSDT',
    'tradeai data check --data candles.csv',
    'tradeai data check --data newer.csv --source binance    what has changed since it was stored',
  ])
    .option('--symbol <SYMBOL>', 'one pair (default: everything stored)')
    .option('--interval <INTERVAL>', 'one candle length')
    .option('--source <NAME>', 'one source; with --data, the stored candles to compare the file with')
    .option('--data <FILE>', 'a file instead of the store')
    .option('--time-zone <ZONE>', 'zone of times in that file without an offset (default: UTC)');
  onAction<Flags>(check, async (shell, flags) => {
    const { checkData } = await import('./commands/data-check.js');
    await checkData(shell, flags);
  });
}
