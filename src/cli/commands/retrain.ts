import { TradeAiError } from '../../core/errors.js';
import { type FlagValues, readText } from '../flag-values.js';
import { printResult, type Shell } from '../shell.js';
import { readSymbols } from '../symbol-list.js';
import { formatTrainReport } from '../train-summary.js';
import { TrainingDisplay } from '../training-display.js';
import { printTrainingOutcomes } from './training-outcomes.js';

/** `tradeai evaluate NAME` */
export async function runEvaluate(shell: Shell, flags: FlagValues, given: string): Promise<void> {
  const name = await shell.workspace.findModel(given);
  const report = await withDisplay(shell, (hooks) => shell.workspace.evaluate(name, againOptions(flags), hooks));
  printResult(shell, report, () => formatTrainReport(report, shell.console.colors));
}

/** `tradeai retrain [NAMES] [--all]` */
export async function runRetrain(shell: Shell, flags: FlagValues, name: string | undefined): Promise<void> {
  if ((name === undefined) === (flags.all !== true)) {
    throw new TradeAiError('USAGE', 'retrain needs the name of a model, or --all');
  }
  const { findModel } = shell.workspace;
  const given = readSymbols(name, 'retrain');
  const names = given && (await Promise.all(given.map((each) => findModel(each))));
  const outcomes = await withDisplay(shell, (hooks) =>
    shell.workspace.retrain(names, againOptions(flags), { signal: shell.signal, hooksOf: () => hooks }),
  );
  printTrainingOutcomes(shell, outcomes);
}

function againOptions(flags: FlagValues) {
  return { data: readText(flags.data), timeZone: readText(flags.timeZone), offline: flags.offline === true };
}

async function withDisplay<Result>(
  shell: Shell,
  run: (hooks: TrainingDisplay['hooks'] & { signal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  const display = new TrainingDisplay(shell.console, Date.now);
  try {
    return await run({ ...display.hooks, signal: shell.signal });
  } finally {
    display.finish();
  }
}
