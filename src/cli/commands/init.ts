import { type FlagValues, readText } from '../flag-values.js';
import { printResult, type Shell } from '../shell.js';
import { readSymbols } from '../symbol-list.js';

/** `tradeai init` */
export async function initWorkspace({ workspace, ...shell }: Shell, flags: FlagValues): Promise<void> {
  const symbols = readSymbols(readText(flags.symbol), '--symbol');
  const written = await workspace.init({ symbols, overwrite: flags.force === true });
  printResult(shell, written, () =>
    [
      `wrote ${written.path}`,
      `Next: \`tradeai config show\`, then \`tradeai train${written.symbols.length > 1 ? ' --all' : ''}\` (or \`tradeai demo\` for a look around).`,
    ].join('\n'),
  );
}
