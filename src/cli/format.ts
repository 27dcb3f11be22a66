/** Numbers and tables for people. */

import type { Colors } from './console.js';

const BARS = '▁▂▃▄▅▆▇█';

export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** UTC, to the minute: `2026-02-19 03:00`; to the second where candles are shorter than a minute. */
export function formatTime(timeMs: number, interval = ''): string {
  const length = interval.endsWith('s') ? 19 : 16;
  return new Date(timeMs).toISOString().slice(0, length).replace('T', ' ');
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A signed number with a fixed count of digits, `–` for null. */
export function formatSigned(value: number | null, digits: number, factor = 1): string {
  if (value === null) return '–';
  const scaled = value * factor;
  return `${scaled < 0 ? '−' : '+'}${Math.abs(scaled).toFixed(digits)}`;
}

export function formatShare(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(1)} %`;
}

/** A price with as many digits as its size asks for. */
export function formatPrice(value: number): string {
  const digits = value >= 1000 ? 2 : value >= 1 ? 4 : 8;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

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
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`;
}

/** A table: the first column to the left, the others to the right; the header dimmed. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[], colors: Colors): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const align = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd();
  return [colors.dim(align(header)), ...rows.map(align)].join('\n');
}
