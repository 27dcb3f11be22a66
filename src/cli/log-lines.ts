/** Lines of the server's log for a person at a terminal: time, level, what happened, and the facts behind it. */

import { pino } from 'pino';
import { printable } from '../text/printable.js';
import { formatStamp } from '../text/times.js';
import type { Colors, Console } from './console.js';

const LEVEL_WIDTH = 5;

interface LoggedError {
  readonly code?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly hint?: string | null;
}

/** How the server writes its log: readable on a terminal, else as it is. */
export function logFormatOf({ isTerminal, noteColors }: Pick<Console, 'isTerminal' | 'noteColors'>) {
  return isTerminal ? (line: string) => formatLogLine(line, noteColors) : undefined;
}

/**
 * @param line JSON, as pino writes it
 * @example formatLogLine('{"level":30,"time":0,"model":"BTCUSDT","msg":"training begun"}\n', colors)
 * // '1970-01-01 00:00:00 info  training begun  model=BTCUSDT\n'
 */
export function formatLogLine(line: string, colors: Colors): string {
  const { level, time, msg, err, hint, ...facts } = JSON.parse(line);
  const { message, stack, hint: errorHint = hint, code } = (err ?? {}) as LoggedError;
  const what = [msg, message].filter((text) => text !== undefined).join(': ');
  const known = Object.entries({ ...facts, code: facts.code ?? code }).filter(([, value]) => value != null);
  const head = [
    colors.dim(formatStamp(time, 'second')),
    colorOf(level, colors)((pino.levels.labels[level] ?? String(level)).padEnd(LEVEL_WIDTH)),
    `${printable(what).replaceAll('\n', '\n    ')}${known.length === 0 ? '' : ' '}`,
    ...known.map(([name, value]) => colors.dim(printable(`${name}=${writeValue(value)}`))),
  ].join(' ');
  const further = [errorHint, stack].filter((text) => text != null).flatMap((text) => printable(text!).split('\n'));
  return `${[head, ...further.map((text) => colors.dim(`    ${text}`))].join('\n')}\n`;
}

function colorOf(level: number, colors: Colors): (text: string) => string {
  if (level >= 50) return colors.red;
  if (level >= 40) return colors.yellow;
  return level >= 30 ? colors.green : colors.dim;
}

/** A word as it is, anything else as JSON. */
function writeValue(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
