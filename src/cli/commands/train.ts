import { TradeAiError } from '../../core/errors.js';
import { parseInterval } from '../../market/interval.js';
import { checkSymbol, modelNameOf } from '../../options/train-options.js';
import { resumeTraining, trainModel } from '../../training/train.js';
import type { FlagValues } from '../flag-values.js';
import { readTrainOptions } from '../settings.js';
import { printResult, type Shell } from '../shell.js';
import { flagOf, TRAIN_FLAGS } from '../train-flags.js';
import { formatTrainReport } from '../train-summary.js';
import { TrainingDisplay } from '../training-display.js';

/** `tradeai train` */
export async function runTrain(shell: Shell, flags: FlagValues): Promise<void> {
  const display = new TrainingDisplay(shell.console, Date.now);
  const hooks = { ...display.hooks, signal: shell.signal };
  try {
    const report = flags.resume
      ? await resumeTraining(nameToResume(flags), shell.ports, hooks)
      : await trainModel(await readOptions(flags, shell), shell.ports, hooks);
    display.finish();
    printResult(shell, report, () => formatTrainReport(report, shell.console.colors));
  } finally {
    display.finish();
  }
}

function readOptions(flags: FlagValues, shell: Shell) {
  return readTrainOptions(flags, shell.home, shell.environment);
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
        hint: 'leave it out, or train anew without --resume',
      },
    );
  }
  if (typeof flags.name === 'string') return flags.name;
  if (typeof flags.symbol !== 'string') throw new TradeAiError('USAGE', '--resume needs --symbol or --name');
  return modelNameOf(checkSymbol(flags.symbol), parseInterval(String(flags.interval ?? '1h')));
}
