import { readModelName } from '../../app/training.js';
import { TradeAiError } from '../../core/errors.js';
import { flagOf, readTrainFlags, TRAIN_FLAGS } from '../../options/train-flags.js';
import { type FlagValues, readText } from '../flag-values.js';
import { printResult, type Shell } from '../shell.js';
import { readSymbols } from '../symbol-list.js';
import { formatTrainReport } from '../train-summary.js';
import { TrainingDisplay } from '../training-display.js';
import { printTrainingOutcomes } from './training-outcomes.js';

/** `tradeai train` */
export async function runTrain(shell: Shell, flags: FlagValues): Promise<void> {
  const symbols = readText(flags.symbol)?.includes(',') ? readSymbols(flags.symbol as string, '--symbol') : undefined;
  if (flags.all === true && flags.symbol !== undefined) {
    throw new TradeAiError('USAGE', '--all cannot be given with --symbol: it stands for every symbol');
  }
  if (flags.all === true || symbols !== undefined) return runTrainAll(shell, flags, symbols);
  const display = new TrainingDisplay(shell.console, Date.now);
  const hooks = { ...display.hooks, signal: shell.signal };
  try {
    const report = flags.resume
      ? await shell.workspace.resume(nameToResume(flags), { ...hooks, runId: readText(flags.resume) })
      : await shell.workspace.train(readTrainFlags(flags), hooks);
    display.finish();
    printResult(shell, report, () => formatTrainReport(report, shell.console.colors));
  } finally {
    display.finish();
  }
}

/** `tradeai train --symbol A,B` and `--all` */
async function runTrainAll(shell: Shell, flags: FlagValues, symbols: string[] | undefined): Promise<void> {
  if (typeof flags.resume === 'string') {
    throw new TradeAiError(
      'USAGE',
      '--resume with an id is for one training: there is one stopped of several symbols',
      {
        commandHint: 'leave the id out',
      },
    );
  }
  const { symbol: _symbols, ...options } = readTrainFlags(flags);
  const display = new TrainingDisplay(shell.console, Date.now);
  try {
    const outcomes = await shell.workspace.trainAll(symbols, options, {
      signal: shell.signal,
      hooksOf: () => ({ ...display.hooks, signal: shell.signal }),
      isResumed: flags.resume === true,
    });
    display.finish();
    printTrainingOutcomes(shell, outcomes);
  } finally {
    display.finish();
  }
}

/** Everything else is fixed by the training that was stopped, so other flags are refused. */
function nameToResume(flags: FlagValues): string {
  const other = TRAIN_FLAGS.find(
    ({ name }) => flags[name] !== undefined && !['symbol', 'name', 'interval'].includes(name),
  );
  if (other) {
    throw new TradeAiError(
      'USAGE',
      `${flagOf(other.name)} cannot be given with --resume: the stopped training has its own`,
      {
        commandHint: 'leave it out, or train anew without --resume',
      },
    );
  }
  if (typeof flags.name === 'string') return flags.name;
  if (typeof flags.symbol !== 'string') throw new TradeAiError('USAGE', '--resume needs --symbol or --name');
  return readModelName(flags.symbol, readText(flags.interval));
}
