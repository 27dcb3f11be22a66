import { readTrainFlags } from '../../options/train-flags.js';
import type { FlagValues } from '../flag-values.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai config show` */
export async function showConfig(shell: Shell, flags: FlagValues): Promise<void> {
  const settings = await shell.workspace.settings(readTrainFlags(flags));
  const { home, configFile, values } = settings;
  printResult(shell, settings, () => {
    const { dim } = shell.console.colors;
    const keyWidth = Math.max(...values.map(({ key }) => key.length));
    const sources = values.map(({ source }) => shorten(source, configFile));
    const sourceWidth = Math.max(...sources.map((source) => source.length));
    return [
      configFile ?? `no tradeai.config in ${home} (\`tradeai init\` writes one)`,
      '',
      ...values.map(({ key, value }, index) =>
        [key.padEnd(keyWidth), dim(sources[index].padEnd(sourceWidth)), showValue(value)].join('  '),
      ),
    ].join('\n');
  });
}

function showValue(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object')) return value.join(', ') || '–';
  return JSON.stringify(value);
}

/** The path of the config stands above the table. */
function shorten(source: string, configFile: string | null): string {
  return configFile !== null && source.endsWith(` in ${configFile}`) ? 'config' : source;
}
