import { readModelName } from '../../app/training.js';
import { TradeAiError } from '../../core/errors.js';
import { flagOf, readTrainFlags, TRAIN_FLAGS } from '../../options/train-flags.js';
import { type FlagValues, readText } from '../flag-values.js';
import { printResult, type Shell } from '../shell.js';
import { formatTrainReport } from '../train-summary.js';
import { TrainingDisplay } from '../training-display.js';

/** `tradeai train` */
export async function runTrain(shell: Shell, flags: FlagValues): Promise<void> {
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
