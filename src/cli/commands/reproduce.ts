import { type FlagValues, readEngine, readText, readWholeNumber } from '../flag-values.js';
import { printResult, type Shell } from '../shell.js';

/** Exit status of a version that could not be reproduced. */
const DIFFERENT_STATUS = 5;

/** `tradeai reproduce NAME [VERSION]` */
export async function runReproduce(
  shell: Shell,
  flags: FlagValues,
  name: string,
  version: string | undefined,
): Promise<void> {
  const model = await shell.workspace.findModel(name);
  const result = await shell.workspace.reproduce(model, readWholeNumber(version, 'version'), {
    data: readText(flags.data),
    timeZone: readText(flags.timeZone),
    engine: readEngine(flags.engine),
    threads: readWholeNumber(flags.threads, '--threads'),
    signal: shell.signal,
  });
  printResult(shell, result, () => {
    const { green, red, dim } = shell.console.colors;
    const { expected, found } = result.weightsSha256;
    return [
      `${result.name} version ${result.version}, engine ${result.engine}: ${result.isEqual ? green('the same weights, bit for bit') : red('other weights')}`,
      dim(`expected ${expected}`),
      dim(`found    ${found}`),
      ...result.differences.map((difference) => `  ${difference}`),
    ].join('\n');
  });
  if (!result.isEqual) process.exitCode = DIFFERENT_STATUS;
}
