import type { Command } from 'commander';
import { addVerb, type Flags, onAction } from './verb.js';

/** `tradeai ledger …` */
export function addLedgerVerbs(program: Command): void {
  const ledger = program.command('ledger').description('the forecasts that were served, and what came of them');
  const show = addVerb(ledger, 'show', 'the newest forecasts of a model with their outcomes', [
    'tradeai ledger show BTCUSDT',
    'tradeai ledger show BTCUSDT --limit 200 --json',
  ])
    .arguments('<name>')
    .option('--limit <COUNT>', 'newest forecasts shown (default: 20)')
    .option('--version-number <NUMBER>', 'of one version only');
  onAction<Flags>(show, async (shell, flags, [name]) => {
    const { showLedger } = await import('./commands/ledger.js');
    await showLedger(shell, flags, name!);
  });
  const record = addVerb(ledger, 'record', "the champion's track record beside what its report says", [
    'tradeai ledger record BTCUSDT',
    'tradeai ledger record BTCUSDT 3              of another version',
  ]).arguments('<name> [version]');
  onAction<Flags>(record, async (shell, _flags, [name, version]) => {
    const { showRecord } = await import('./commands/ledger.js');
    await showRecord(shell, name!, version);
  });
  const replay = addVerb(
    ledger,
    'replay',
    'make served forecasts again from their recorded inputs and compare the bits',
    ['tradeai ledger replay BTCUSDT', 'tradeai ledger replay BTCUSDT --limit 1000'],
  )
    .arguments('<name>')
    .option('--limit <COUNT>', 'newest forecasts replayed (default: 100)');
  onAction<Flags>(replay, async (shell, flags, [name]) => {
    const { replayForecasts } = await import('./commands/ledger.js');
    await replayForecasts(shell, flags, name!);
  });
}
