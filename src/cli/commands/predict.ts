import { readWorkspaceConfig } from '../../app/workspace-config.js';
import { TradeAiError } from '../../core/errors.js';
import { predictNewest } from '../../live/predict.js';
import { parseInterval } from '../../market/interval.js';
import { checkSymbol, DEFAULT_INTERVAL, modelNameOf } from '../../options/train-options.js';
import { type FlagValues, readEngine, readText, readWholeNumber } from '../flag-values.js';
import { formatPrediction } from '../prediction-summary.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai predict` */
export async function runPredict(shell: Shell, flags: FlagValues): Promise<void> {
  const name = await chooseName(shell, flags);
  const prediction = await predictNewest(
    {
      name,
      version: readWholeNumber(flags.versionNumber, '--version-number'),
      data: readText(flags.data),
      source: readText(flags.source),
      offline: flags.offline === true,
      engine: readEngine(flags.engine),
    },
    shell.ports,
    { signal: shell.signal },
  );
  for (const warning of prediction.warnings) shell.console.printNote(shell.console.noteColors.yellow(`! ${warning}`));
  printResult(shell, prediction, () => formatPrediction(prediction, shell.console.colors));
}

async function chooseName(shell: Shell, flags: FlagValues): Promise<string> {
  if (typeof flags.name === 'string') return flags.name;
  if (typeof flags.symbol === 'string') {
    return modelNameOf(checkSymbol(flags.symbol), parseInterval(String(flags.interval ?? DEFAULT_INTERVAL)));
  }
  const { symbols } = await readWorkspaceConfig(shell.home);
  const names = await shell.ports.registry.listNames();
  const only =
    symbols.length === 1 ? modelNameOf(symbols[0], parseInterval(String(flags.interval ?? DEFAULT_INTERVAL))) : '';
  if (names.includes(only)) return only;
  if (names.length === 0) {
    throw new TradeAiError('MODEL_NOT_FOUND', `no model is trained in ${shell.home}`, {
      hint: 'train one with `tradeai train --symbol BTCUSDT`, or look around with `tradeai demo`',
    });
  }
  if (!shell.console.canAsk || shell.isJson) {
    throw new TradeAiError('USAGE', 'predict needs a symbol', {
      hint: `for example \`tradeai predict --symbol ${names[0]}\`; trained are ${names.join(', ')}`,
    });
  }
  const { autocomplete, isCancel } = await import('@clack/prompts');
  const answer = await autocomplete({
    message: 'Which symbol?',
    options: names.map((name) => ({ value: name, label: name })),
  });
  if (isCancel(answer)) throw new TradeAiError('INTERRUPTED', 'no symbol was chosen');
  return answer;
}
