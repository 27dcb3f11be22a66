import type { Command } from 'commander';
import { addVerb, type Flags, onAction } from './verb.js';

/** `tradeai models …` */
export function addModelVerbs(program: Command): void {
  const models = program.command('models').description('the registry of trained models');
  onAction<Flags>(addVerb(models, 'list', 'every model with its champion', ['tradeai models list']), async (shell) => {
    const { listModels } = await import('./commands/models.js');
    await listModels(shell);
  });
  const show = addVerb(models, 'show', 'one version: its judgement, data and files', [
    'tradeai models show BTCUSDT',
    'tradeai models show BTCUSDT 3',
  ]).arguments('<name> [version]');
  onAction<Flags>(show, async (shell, _flags, [name, version]) => {
    const { showModel } = await import('./commands/models.js');
    await showModel(shell, name!, version);
  });
  const promote = addVerb(models, 'promote', 'put a version in charge by hand', [
    'tradeai models promote BTCUSDT 3',
  ]).arguments('<name> <version>');
  onAction<Flags>(promote, async (shell, _flags, [name, version]) => {
    const { promoteModel } = await import('./commands/models.js');
    await promoteModel(shell, name!, version!);
  });
  const rollback = addVerb(models, 'rollback', 'put the champion before this one in charge again', [
    'tradeai models rollback BTCUSDT',
  ]).arguments('<name>');
  onAction<Flags>(rollback, async (shell, _flags, [name]) => {
    const { rollBackModel } = await import('./commands/models.js');
    await rollBackModel(shell, name!);
  });
  const save = addVerb(models, 'export', 'a version as one file, for another workspace or machine', [
    'tradeai models export BTCUSDT                     the champion, as BTCUSDT-7.zip',
    'tradeai models export BTCUSDT 3 --output btc.zip',
  ])
    .arguments('<name> [version]')
    .option('--output <FILE>', 'where it is written')
    .option('--force', 'write over a file that is there');
  onAction<Flags>(save, async (shell, flags, [name, version]) => {
    const { exportModel } = await import('./commands/model-transfer.js');
    await exportModel(shell, flags, name!, version);
  });
  const load = addVerb(
    models,
    'import',
    'a version that was exported elsewhere; it is promoted only where there is none',
    ['tradeai models import BTCUSDT-7.zip'],
  ).arguments('<file>');
  onAction<Flags>(load, async (shell, _flags, [file]) => {
    const { importModel } = await import('./commands/model-transfer.js');
    await importModel(shell, file!);
  });
  const prune = addVerb(models, 'prune', 'remove old versions; the champion and the one before it stay', [
    'tradeai models prune BTCUSDT --keep 5',
    'tradeai models prune --all',
  ])
    .arguments('[name]')
    .option('--all', 'every model of the workspace')
    .option('--keep <COUNT>', 'newest versions that stay beside them (default: 5)');
  onAction<Flags>(prune, async (shell, flags, [name]) => {
    const { pruneModels } = await import('./commands/models.js');
    await pruneModels(shell, flags, name);
  });
}
