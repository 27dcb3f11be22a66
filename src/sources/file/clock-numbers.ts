/**
 * Clocks beside a date that a program wrote as numbers, and so without the zeros in front: hours, `0` to `23`, hours and
 * minutes, `0` to `2359`, or seconds too, `0` to `235959`. Which of them, the largest of the column tells.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import { TradeAiError } from '../../core/errors.js';
import { readDoubleColumns } from '../../duckdb/columns.js';
import { quoteText } from '../../duckdb/connection.js';
import { CLOCK_NUMBER_PATTERN, isClockNumber } from './time-formats.js';

/** How all clocks of a column are written out, so that `HHMM` or `HHMMSS` reads them. */
export interface ClockWriter {
  readonly sqlOf: (cell: string) => string;
  readonly textOf: (cell: string) => string;
}

export interface ClockColumn {
  readonly table: string;
  readonly fileName: string;
  /** As the file calls it. */
  readonly name: string;
  /** An expression of text. */
  readonly cell: string;
}

/** Between these lie numbers that are of none: hours from 1 to 24, which nothing tells from minutes. */
const KINDS = [
  { least: 0, most: 23, digits: 2, behind: '00' },
  { least: 100, most: 2359, digits: 4, behind: '' },
  { least: 10_000, most: 235_959, digits: 6, behind: '' },
] as const;

/**
 * Finds out how the clocks of a column are to be written out.
 *
 * @returns undefined for clocks that are written in full
 * @throws TradeAiError `CANDLE_VALUE_INVALID` where the largest number is that of no clock
 */
export async function findClockWriter(
  connection: DuckDBConnection,
  { table, fileName, name, cell }: ClockColumn,
): Promise<ClockWriter | undefined> {
  const isNumber = (text: string) => `regexp_full_match(${text}, ${quoteText(CLOCK_NUMBER_PATTERN)})`;
  const sql = `SELECT ${[`max(TRY_CAST(${cell} AS INTEGER))`, `min(length(${cell}))`, `max(length(${cell}))`]
    .map((value) => `coalesce((${value})::DOUBLE, 'nan')`)
    .join(', ')} FROM (SELECT * FROM ${table} WHERE ${isNumber(cell)})`;
  const [[most], [shortest], [longest]] = (await readDoubleColumns(connection, sql)).columns;
  if (Number.isNaN(most) || (shortest === longest && [4, 6].includes(longest))) return undefined;
  const kind = KINDS.find((known) => most >= known.least && most <= known.most);
  if (kind === undefined) {
    throw new TradeAiError(
      'CANDLE_VALUE_INVALID',
      `${fileName}: its column ${JSON.stringify(name)} beside the date holds numbers up to ${most}, which are neither hours (0 to 23) nor clocks (0 to 2359, 0 to 235959)`,
      { hint: 'write the time beside the date as 13:00' },
    );
  }
  const { digits, behind } = kind;
  return {
    sqlOf: (text) =>
      `CASE WHEN ${isNumber(text)} THEN printf('%0${digits}d', TRY_CAST(${text} AS INTEGER)) || '${behind}' ELSE ${text} END`,
    textOf: (text) => (isClockNumber(text) ? String(Number(text)).padStart(digits, '0') + behind : text),
  };
}
