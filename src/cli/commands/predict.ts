import { readModelName } from '../../app/training.js';
import { TradeAiError } from '../../core/errors.js';
import { type FlagValues, readEngine, readText, readWholeNumber } from '../flag-values.js';
import { formatPrediction } from '../prediction-summary.js';
import { askForName } from '../questions.js';
import { printResult, printWarnings, type Shell } from '../shell.js';

/** `tradeai predict` */
export async function runPredict(shell: Shell, flags: FlagValues): Promise<void> {
  const name = await chooseName(shell, flags);
  const prediction = await shell.workspace.predict({
    name,
    version: readWholeNumber(flags.versionNumber, '--version-number'),
    data: readText(flags.data),
    timeZone: readText(flags.timeZone),
    source: readText(flags.source),
    offline: flags.offline === true,
    engine: readEngine(flags.engine),
    signal: shell.signal,
  });
  printWarnings(shell, prediction.warnings);
  printResult(shell, prediction, () => formatPrediction(prediction, shell.console.colors));
}

async function chooseName(shell: Shell, flags: FlagValues): Promise<string> {
  const { workspace } = shell;
  const interval = readText(flags.interval);
  if (typeof flags.name === 'string') return workspace.findModel(flags.name);
  if (typeof flags.symbol === 'string') return workspace.findModel(readModelName(flags.symbol, interval));
  const { symbols } = await workspace.config();
  const names = await workspace.modelNames();
  const only = symbols.length === 1 ? readModelName(symbols[0], interval) : '';
  if (names.includes(only)) return only;
  if (names.length === 0) {
    throw new TradeAiError('MODEL_NOT_FOUND', `no model is trained in ${workspace.home}`, {
      commandHint: 'train one with `tradeai train --symbol BTCUSDT`, or look around with `tradeai demo`',
    });
  }
  if (!shell.console.canAsk || shell.isJson) {
    throw new TradeAiError('USAGE', 'predict needs a symbol', {
      commandHint: `for example \`tradeai predict --symbol ${names[0]}\`; trained are ${names.join(', ')}`,
    });
  }
  return workspace.findModel(await askForName('Which symbol?', names, { signal: shell.signal }));
}
