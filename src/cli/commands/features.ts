import { formatTable } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai features` */
export async function listFeatures(shell: Shell): Promise<void> {
  const features = await shell.workspace.features();
  const { defaults, catalogue, own } = features;
  printResult(shell, features, () => {
    const { colors } = shell.console;
    const listed = [...catalogue, ...own];
    const table = formatTable(
      ['feature', 'warm after'],
      listed.map(({ name, warmUpRows }) => [name, String(warmUpRows)]),
      colors,
    ).split('\n');
    return [
      `${table[0]}  ${colors.dim('what it is')}`,
      ...table.slice(1).map((line, row) => `${line.padEnd(table[1].length)}  ${listed[row].description}`),
      '',
      'Any number of candles can stand in place of these. Behind a name, _lag_3 takes the value of 3 candles ago, @4h that',
      "of the newest closed 4h candle, @ETHUSDT that of another symbol's candles, @ETHUSDT@4h both.",
      own.length === 0
        ? 'None of your own: `tradeai init` writes a config with an example.'
        : `Your own: ${own.map(({ name }) => name).join(', ')}`,
      `By default: ${defaults.join(', ')}`,
    ].join('\n');
  });
}
