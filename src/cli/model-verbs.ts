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
}
