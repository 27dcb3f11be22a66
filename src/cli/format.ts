/** Tables and lines of a terminal. */

import { describeError } from '../core/errors.js';
import { cutTo, displayWidth, padEndTo, padStartTo } from '../text/display-width.js';
import type { Colors } from './console.js';

const BARS = '▁▂▃▄▅▆▇█';

/** The values as a line of bars, lowest to highest; the newest `width` of them. */
export function drawSparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const low = Math.min(...shown);
  const span = Math.max(...shown) - low;
  return shown
    .map((value) => BARS[span === 0 ? 0 : Math.min(BARS.length - 1, Math.floor(((value - low) / span) * BARS.length))])
    .join('');
}

/** Cuts a line without escape sequences to the width of the terminal. */
export function cutLine(line: string, columns: number): string {
  return displayWidth(line) < columns ? line : `${cutTo(line, Math.max(0, columns - 2))}…`;
}

/** What failed of several: `failed: no such file (check the path)`. */
export function formatFailure(error: unknown, red = (text: string) => text): string {
  const { message, hint } = describeError(error);
  return `${red('failed')}: ${message}${hint === null ? '' : ` (${hint})`}`;
}

/** A table: the first column to the left, the others to the right; the header dimmed. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[], colors: Colors): string {
  const widths = header.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column])].map(displayWidth)),
  );
  const align = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? padEndTo(cell, widths[0]) : padStartTo(cell, widths[column])))
      .join('  ')
      .trimEnd();
  return [colors.dim(align(header)), ...rows.map(align)].join('\n');
}
