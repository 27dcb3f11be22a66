import { reproduceVersion } from '../../pipeline/reproduce.js';
import { readEngineFlag } from '../engine-flag.js';
import type { FlagValues } from '../settings.js';
import { printResult, type Shell } from '../shell.js';
import { readWholeNumber } from '../train-flags.js';

/** Exit status of a version that could not be reproduced. */
const DIFFERENT_STATUS = 5;

/** `tradeai reproduce NAME [VERSION]` */
export async function runReproduce(
  shell: Shell,
  flags: FlagValues,
  name: string,
  version: string | undefined,
): Promise<void> {
  const result = await reproduceVersion(
    {
      name,
      version: version === undefined ? undefined : readWholeNumber(version, 'version'),
      data: typeof flags.data === 'string' ? flags.data : undefined,
      engine: readEngineFlag(flags.engine),
      threads: flags.threads === undefined ? undefined : readWholeNumber(String(flags.threads), '--threads'),
    },
    shell.ports,
    { signal: shell.signal },
  );
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
