import { describeError, TradeAiError } from '../../core/errors.js';
import { exitStatusOf } from '../exit-status.js';
import { type FlagValues, readText } from '../flag-values.js';
import { formatTable } from '../format.js';
import { printResult, type Shell } from '../shell.js';
import { formatTrainReport } from '../train-summary.js';
import { TrainingDisplay } from '../training-display.js';

/** `tradeai evaluate NAME` */
export async function runEvaluate(shell: Shell, flags: FlagValues, given: string): Promise<void> {
  const name = await shell.workspace.findModel(given);
  const report = await withDisplay(shell, (hooks) => shell.workspace.evaluate(name, againOptions(flags), hooks));
  printResult(shell, report, () => formatTrainReport(report, shell.console.colors));
}

/** `tradeai retrain [NAME] [--all]` */
export async function runRetrain(shell: Shell, flags: FlagValues, name: string | undefined): Promise<void> {
  if ((name === undefined) === (flags.all !== true)) {
    throw new TradeAiError('USAGE', 'retrain needs the name of a model, or --all');
  }
  const names = name === undefined ? undefined : [await shell.workspace.findModel(name)];
  const outcomes = await withDisplay(shell, (hooks) =>
    shell.workspace.retrain(names, againOptions(flags), { signal: shell.signal, hooksOf: () => hooks }),
  );
  const failure = outcomes.find((outcome) => 'error' in outcome);
  if (outcomes.length === 1 && failure) throw failure.error;
  const plain = outcomes.map((outcome) =>
    'report' in outcome ? outcome.report : { name: outcome.name, error: describeError(outcome.error) },
  );
  printResult(shell, plain, () =>
    formatTable(
      ['model', 'version', 'champion', 'verdict'],
      outcomes.map((outcome) =>
        'report' in outcome
          ? [
              outcome.name,
              String(outcome.report.version),
              outcome.report.promoted ? 'yes' : 'no',
              outcome.report.verdict,
            ]
          : [outcome.name, '–', '–', `failed: ${describeError(outcome.error).message}`],
      ),
      shell.console.colors,
    ),
  );
  if (failure) process.exitCode = exitStatusOf(failure.error);
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
