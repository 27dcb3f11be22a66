/** What no candle can be: checks of every row of a file, before anything else is done with it. Pure. */

import { TradeAiError } from '../../core/errors.js';
import type { RowFault } from '../../market/quality/import-faults.js';
import { faultOfValues } from '../../market/quality/row-faults.js';
import { VALUE_COLUMNS, type ValueColumn } from './columns.js';
import type { RawCandles } from './source-table.js';

export interface CheckOptions {
  readonly fileName: string;
  readonly nowMs: number;
  /** Says where in the file a row stands, for messages: `line 17`. */
  readonly placeOf: (row: number) => string;
  /** What stands in a cell, for messages. */
  readonly cellOf: (row: number, column: 'time' | ValueColumn) => string;
  /** The order of prices that all rows fit instead of that of their names, if there is one. */
  readonly otherOrder: () => string | undefined;
}

export interface InvalidRow {
  readonly row: number;
  readonly fault: RowFault;
}

const DAY_MS = 86_400_000;
/** Bitcoin's first block; no candle is older. */
const FIRST_TIME_MS = Date.UTC(2009, 0, 1);
const EXAMPLES = 5;
/** Of rows in an order that is not that of their names, hardly any can be candles. */
const MISNAMED_SHARE = 0.5;

const TIMES_READ =
  'none of its times was understood; write them as ISO text (2024-12-31T13:00:00Z), as a date with its clock (31.12.2024 13:00, ' +
  '12/31/2024 1:00 PM, 20241231130000), or as seconds, milliseconds, micro- or nanoseconds since 1970';

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

/** Finds the rows without any price or volume: what programs write where a candle is missing, and below the last one. */
export function findEmptyRows({ values: { open, high, low, close, volume } }: RawCandles): number[] {
  const rows: number[] = [];
  for (let row = 0; row < open.length; row++) {
    if (!Number.isNaN(open[row])) continue;
    if ([high, low, close, volume].every((column) => Number.isNaN(column[row]))) rows.push(row);
  }
  return rows;
}

/**
 * Finds the rows that cannot be candles.
 *
 * @param limitShare share of the rows up to which they are set aside
 * @throws TradeAiError `CANDLE_VALUE_INVALID` with the first places, columns and values, when there are more; whatever the
 *   limit, when all rows are candles in another order
 */
export function findInvalidRows(
  raw: RawCandles,
  timeMs: Float64Array,
  options: CheckOptions,
  limitShare: number,
): InvalidRow[] {
  const found: InvalidRow[] = [];
  const problems: string[] = [];
  for (let row = 0; row < timeMs.length; row++) {
    const fault = faultOf(raw, timeMs[row], row, options.nowMs);
    if (fault === undefined) continue;
    found.push({ row, fault });
    if (problems.length < EXAMPLES) {
      problems.push(describeInvalidRow(raw, timeMs, { row, fault }, options));
    }
  }
  const count = found.length;
  const otherOrder = count > MISNAMED_SHARE * timeMs.length ? options.otherOrder() : undefined;
  if (otherOrder !== undefined) {
    throw new TradeAiError(
      'CANDLE_VALUE_INVALID',
      `${options.fileName}: its prices fit the order ${otherOrder}, not the names of their columns: ${problems[0]}`,
      { hint: 'correct the names in the header; nothing was imported' },
    );
  }
  const state = `${count} ${count === 1 ? 'row is not a candle' : 'rows are not candles'}: ${problems.join('; ')}`;
  if (count === timeMs.length && found.every(({ fault }) => fault === 'time-out-of-range')) {
    throw new TradeAiError('CANDLE_VALUE_INVALID', `${options.fileName}: ${state}`, { hint: TIMES_READ });
  }
  if (count <= limitShare * timeMs.length) return found;
  throw new TradeAiError('CANDLE_VALUE_INVALID', `${options.fileName}: ${state}`, {
    commandHint:
      'correct or remove these rows, or download the file again; nothing was imported (`train --allow-ohlc-errors` leaves them out)',
  });
}

function faultOf(raw: RawCandles, time: number, row: number, nowMs: number): RowFault | undefined {
  if (!(time >= FIRST_TIME_MS && time <= nowMs + DAY_MS)) return 'time-out-of-range';
  return faultOfValues(raw.values, row);
}

/** `line 17: expected low above 0, was -1`, as messages say it. */
export function describeInvalidRow(
  raw: RawCandles,
  timeMs: Float64Array,
  { row, fault }: InvalidRow,
  options: CheckOptions,
): string {
  return `${options.placeOf(row)}: ${describeFault(raw, timeMs[row], row, fault, options)}`;
}

function describeFault(raw: RawCandles, time: number, row: number, fault: RowFault, { cellOf }: CheckOptions): string {
  if (fault === 'time-out-of-range') {
    const date = new Date(time);
    const iso = Number.isNaN(date.getTime()) ? '' : ` (${date.toISOString()})`;
    return `expected a time from 2009 to now, was ${cellOf(row, 'time')}${iso}`;
  }
  const cell = (column: ValueColumn) => raw.values[column][row];
  const unread = VALUE_COLUMNS.find((column) => !Number.isFinite(cell(column)));
  if (unread !== undefined) return `expected a number as ${unread}, was ${cellOf(row, unread)}`;
  for (const column of VALUE_COLUMNS) {
    if (column === 'volume' ? cell(column) >= 0 : cell(column) > 0) continue;
    return `expected ${column} ${column === 'volume' ? 'of 0 or more' : 'above 0'}, was ${cell(column)}`;
  }
  if (fault === 'high-below-low') return `high ${cell('high')} is below low ${cell('low')}`;
  const outside = fault === 'open-outside-range' ? 'open' : 'close';
  return `${outside} ${cell(outside)} is outside low ${cell('low')} to high ${cell('high')}`;
}
