/** What no candle can be: checks of every row of a file, before anything else is done with it. Pure. */

import { TradeAiError } from '../../core/errors.js';
import { VALUE_COLUMNS, type ValueColumn } from './columns.js';
import type { RawCandles } from './source-table.js';

export interface CheckOptions {
  readonly fileName: string;
  readonly nowMs: number;
  /** Says where in the file a row stands, for messages: `line 17`. */
  readonly placeOf: (row: number) => string;
  /** What stands in a cell, for messages. */
  readonly cellOf: (row: number, column: 'time' | ValueColumn) => string;
}

const DAY_MS = 86_400_000;
/** Bitcoin's first block; no candle is older. */
const FIRST_TIME_MS = Date.UTC(2009, 0, 1);
const EXAMPLES = 5;

const UNITS = {
  s: (time: number) => time * 1e3,
  ms: (time: number) => time,
  µs: (time: number) => time / 1e3,
  ns: (time: number) => time / 1e6,
} as const;
export type TimeUnit = keyof typeof UNITS;

/**
 * Turns times into whole milliseconds, each by its own magnitude: Binance's archive changed its unit on 2025-01-01
 * (https://github.com/binance/binance-public-data) and CryptoDataDownload mixes units in one file.
 *
 * @param time shape [rows]
 */
export function toMilliseconds(time: Float64Array): { timeMs: Float64Array; units: TimeUnit[] } {
  const units = new Set<TimeUnit>();
  const timeMs = new Float64Array(time.length);
  for (let row = 0; row < time.length; row++) {
    const unit = unitOf(Math.abs(time[row]));
    units.add(unit);
    timeMs[row] = Math.round(UNITS[unit](time[row]));
  }
  return { timeMs, units: [...units] };
}

/** 1e11 is the year 5138 in seconds and 1973 in milliseconds; the same holds for each further step of 1000. */
function unitOf(magnitude: number): TimeUnit {
  if (magnitude >= 1e17) return 'ns';
  if (magnitude >= 1e14) return 'µs';
  if (magnitude >= 1e11) return 'ms';
  return 's';
}

/**
 * Refuses a file with a row that cannot be a candle.
 *
 * @throws TradeAiError `CANDLE_VALUE_INVALID` with the first places, columns and values
 */
export function refuseInvalidRows(raw: RawCandles, timeMs: Float64Array, options: CheckOptions): void {
  const problems: string[] = [];
  let count = 0;
  for (let row = 0; row < timeMs.length; row++) {
    const problem = problemOf(raw, timeMs, row, options);
    if (problem === undefined) continue;
    count += 1;
    if (problems.length < EXAMPLES) problems.push(`${options.placeOf(row)}: ${problem}`);
  }
  if (count === 0) return;
  throw new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${options.fileName}: ${count} ${count === 1 ? 'row is not a candle' : 'rows are not candles'}: ${problems.join('; ')}`,
    { hint: 'correct or remove these rows, or download the file again; nothing was imported' },
  );
}

function problemOf(raw: RawCandles, timeMs: Float64Array, row: number, options: CheckOptions): string | undefined {
  const time = timeMs[row];
  if (!(time >= FIRST_TIME_MS && time <= options.nowMs + DAY_MS)) {
    const cell = options.cellOf(row, 'time');
    return `expected a time from 2009 to now, was ${cell}${Number.isFinite(new Date(time).getTime()) ? ` (${new Date(time).toISOString()})` : ''}`;
  }
  for (const column of VALUE_COLUMNS) {
    const value = raw.values[column][row];
    if (!Number.isFinite(value)) return `expected a number as ${column}, was ${options.cellOf(row, column)}`;
    if (column === 'volume' ? value < 0 : value <= 0) {
      return `expected ${column} ${column === 'volume' ? 'of 0 or more' : 'above 0'}, was ${value}`;
    }
  }
  const { open, high, low, close } = raw.values;
  if (high[row] < low[row]) return `high ${high[row]} is below low ${low[row]}`;
  for (const [name, values] of [
    ['open', open],
    ['close', close],
  ] as const) {
    if (values[row] < low[row] || values[row] > high[row]) {
      return `${name} ${values[row]} is outside low ${low[row]} to high ${high[row]}`;
    }
  }
  return undefined;
}
