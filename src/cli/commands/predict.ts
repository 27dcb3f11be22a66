import type { Prediction } from '../../app/index.js';
import { readModelName } from '../../app/training.js';
import { TradeAiError } from '../../core/errors.js';
import { flagOf } from '../../options/train-flags.js';
import { type FlagValues, readEngine, readText, readWholeNumber } from '../flag-values.js';
import { formatFailure } from '../format.js';
import { printOutcomes } from '../outcomes.js';
import { formatPrediction } from '../prediction-summary.js';
import { askForName } from '../questions.js';
import { printResult, printWarnings, type Shell } from '../shell.js';
import { readSymbols } from '../symbol-list.js';

/** `tradeai predict [NAMES]` */
export async function runPredict(shell: Shell, flags: FlagValues, given?: string): Promise<void> {
  const other = ['all', 'name', 'symbol', 'interval'].find((flag) => given !== undefined && flag in flags);
  if (other !== undefined) throw new TradeAiError('USAGE', `predict ${given}: ${flagOf(other)} names a model, too`);
  const several = await chooseSeveral(shell, flags, given);
  if (several !== undefined) return predictSeveral(shell, flags, several);
  const prediction = await predictOne(shell, flags, await chooseName(shell, flags, given));
  printWarnings(shell, prediction.warnings);
  printResult(shell, prediction, () => formatPrediction(prediction, shell.console.colors));
}

/** A forecast a name; what fails with one does not stop the others. */
async function predictSeveral(shell: Shell, flags: FlagValues, names: readonly string[]): Promise<void> {
  const { colors } = shell.console;
  const outcomes: (Prediction | { readonly name: string; readonly error: unknown })[] = [];
  for (const name of names) {
    outcomes.push(await predictOne(shell, flags, name).catch((error: unknown) => ({ name, error })));
    if (shell.signal.aborted) break;
  }
  printWarnings(
    shell,
    outcomes.flatMap((outcome) =>
      'error' in outcome ? [] : outcome.warnings.map((text) => `${outcome.name}: ${text}`),
    ),
  );
  printOutcomes(shell, outcomes, {
    format: () =>
      outcomes
        .map((outcome) =>
          'error' in outcome
            ? `${outcome.name}: ${formatFailure(outcome.error, colors.red)}`
            : formatPrediction(outcome, colors),
        )
        .join('\n\n'),
  });
}

async function predictOne(shell: Shell, flags: FlagValues, name: string): Promise<Prediction> {
  return shell.workspace.predict({
    name,
    version: readWholeNumber(flags.versionNumber, '--version-number'),
    data: readText(flags.data),
    timeZone: readText(flags.timeZone),
    source: readText(flags.source),
    offline: flags.offline === true,
    engine: readEngine(flags.engine),
    signal: shell.signal,
  });
}

/** `undefined` where one model is meant. @throws TradeAiError `USAGE` */
async function chooseSeveral(
  { workspace }: Shell,
  flags: FlagValues,
  given: string | undefined,
): Promise<string[] | undefined> {
  const isAll = flags.all === true;
  const list = given ?? readText(flags.symbol);
  if (!isAll && list?.includes(',') !== true) return undefined;
  const other = ['data', 'versionNumber', 'name', ...(isAll ? ['symbol', 'interval'] : [])].find(
    (name) => name in flags,
  );
  if (other !== undefined) {
    throw new TradeAiError('USAGE', `${flagOf(other)} is of one model, and cannot be given with several`);
  }
  if (!isAll) {
    const interval = readText(flags.interval);
    const names = readSymbols(String(list), given === undefined ? '--symbol' : 'predict').map((text) =>
      workspace.findModel(given === undefined ? readModelName(text, interval) : text),
    );
    return [...new Set(await Promise.all(names))];
  }
  const names = await workspace.modelNames();
  if (names.length === 0) throw noModel(workspace.home);
  return names;
}

async function chooseName(shell: Shell, flags: FlagValues, given: string | undefined): Promise<string> {
  const { workspace } = shell;
  if (given !== undefined) return workspace.findModel(given);
  const interval = readText(flags.interval);
  if (typeof flags.name === 'string') return workspace.findModel(flags.name);
  if (typeof flags.symbol === 'string') return workspace.findModel(readModelName(flags.symbol, interval));
  const { symbols } = await workspace.config();
  const names = await workspace.modelNames();
  const only = symbols.length === 1 ? readModelName(symbols[0], interval) : '';
  if (names.includes(only)) return only;
  if (names.length === 0) throw noModel(workspace.home);
  if (!shell.console.canAsk || shell.isJson) {
    throw new TradeAiError('USAGE', 'predict needs a symbol', {
      commandHint: `for example \`tradeai predict --symbol ${names[0]}\`; trained are ${names.join(', ')}`,
    });
  }
  return workspace.findModel(await askForName('Which symbol?', names, { signal: shell.signal }));
}

function noModel(home: string): TradeAiError {
  return new TradeAiError('MODEL_NOT_FOUND', `no model is trained in ${home}`, {
    commandHint: 'train one with `tradeai train --symbol BTCUSDT`, or look around with `tradeai demo`',
  });
}
