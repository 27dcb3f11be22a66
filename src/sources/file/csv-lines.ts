/** Candles as CSV. Pure. */

import { type CandleSeries, rowCountOf } from '../../market/candle-series.js';
import { formatNumber, PART_ROWS } from './number-text.js';

/**
 * The text of a CSV file in parts of many lines: `open_time` in UTC milliseconds, prices and volume, then the further
 * columns; an empty cell where one has no value. Numbers are written as they are read, so `-1.2` stays a number; the
 * only texts are the names of further columns, which are made harmless (`escapeCell`).
 */
export function* csvLines(series: CandleSeries): Iterable<string> {
  const extraNames = Object.keys(series.extras);
  yield `open_time,open,high,low,close,volume${extraNames.map((name) => `,${escapeCell(name)}`).join('')}\n`;
  const { openTimeMs, open, high, low, close, volume } = series;
  const columns = [openTimeMs, open, high, low, close, volume, ...Object.values(series.extras)];
  const rowCount = rowCountOf(series);
  for (let start = 0; start < rowCount; start += PART_ROWS) {
    let text = '';
    for (let row = start; row < Math.min(start + PART_ROWS, rowCount); row++) {
      for (let column = 0; column < columns.length; column++) {
        if (column > 0) text += ',';
        const value = columns[column][row];
        if (!Number.isNaN(value)) text += formatNumber(value);
      }
      text += '\n';
    }
    yield text;
  }
}

/**
 * A text as a cell that no spreadsheet runs: one that begins like a formula gets an apostrophe
 * (https://owasp.org/www-community/attacks/CSV_Injection), quotes, commas and line breaks become underscores.
 */
export function escapeCell(text: string): string {
  const plain = text.replace(/[",;|\r\n]/g, '_');
  return /^[=+\-@\t]/.test(plain) ? `'${plain}` : plain;
}
