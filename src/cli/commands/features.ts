import { DEFAULT_FEATURE_NAMES, listCatalogue } from '../../features/catalogue.js';
import { formatTable } from '../format.js';
import { printResult, type Shell } from '../shell.js';

/** `tradeai features` */
export function listFeatures(shell: Shell): void {
  const catalogue = listCatalogue().map(({ name, description, warmUpRows }) => ({ name, description, warmUpRows }));
  printResult(shell, { defaults: DEFAULT_FEATURE_NAMES, catalogue }, () => {
    const { colors } = shell.console;
    const table = formatTable(
      ['feature', 'warm after'],
      catalogue.map(({ name, warmUpRows }) => [name, String(warmUpRows)]),
      colors,
    ).split('\n');
    return [
      `${table[0]}  ${colors.dim('what it is')}`,
      ...table.slice(1).map((line, row) => `${line.padEnd(table[1].length)}  ${catalogue[row].description}`),
      '',
      'Any number of candles can stand in place of these, and _lag_3 behind any name takes the value of 3 candles ago.',
      `By default: ${DEFAULT_FEATURE_NAMES.join(', ')}`,
    ].join('\n');
  });
}
