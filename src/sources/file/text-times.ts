/** A column of times in text, or a date and a clock in two, as numbers: in which of the formats, decided by all rows. */

import type { DuckDBConnection } from '@duckdb/node-api';
import { TradeAiError } from '../../core/errors.js';
import { readDoubleColumns } from '../../duckdb/columns.js';
import { quoteIdentifier, quoteText } from '../../duckdb/connection.js';
import { findClockWriter } from './clock-numbers.js';
import { type ColumnPlan, plainName, type SourceColumn } from './columns.js';
import {
  formatsOf,
  hasOffsetSql,
  microsecondsSql,
  type TimeFormat,
  ZONE_WORD_PATTERN,
  zoneWordOf,
} from './time-formats.js';

/** Whether times are of UTC or of a clock on some wall, whose zone nothing in the file says. */
export type TimesOf = 'UTC' | 'wall clock';

export interface TextTimes {
  /** Microseconds since 1970; of a wall clock those that UTC would have; NaN where no time was read. Shape [rows]. */
  readonly time: Float64Array;
  /** Absent for numbers, which are read as such. */
  readonly timesOf?: TimesOf;
  readonly notices: readonly string[];
}

export interface TextTimeOptions {
  readonly table: string;
  readonly fileName: string;
  readonly hasZone: boolean;
}

/** `45292,041667`: a spreadsheet's days, where commas are decimal. */
const SERIAL_WITH_COMMA = /^\d{5},\d+$/;

/** `01/08/24`: any of its numbers may be the year. */
const TWO_DIGIT_YEAR = /^\d{1,2}([/.-])\d{1,2}\1\d{2}(?!\d)/;

/**
 * Reads the times.
 *
 * @throws TradeAiError `CANDLE_VALUE_INVALID` where a year has two digits, where day and month can be either, where a word
 *   for a zone says no offset, where some times have an offset and others need a zone, and where numbers beside a date are
 *   no clocks
 */
export async function readTextTimes(
  connection: DuckDBConnection,
  columns: readonly SourceColumn[],
  plan: ColumnPlan,
  { table, fileName, hasZone }: TextTimeOptions,
): Promise<TextTimes> {
  const { timeIndex, clockIndex } = plan;
  const indexes = clockIndex === undefined ? [timeIndex] : [timeIndex, clockIndex];
  const textSql = (index: number) => `trim(${quoteIdentifier(columns[index].name)}::VARCHAR)`;
  const clock =
    clockIndex === undefined
      ? undefined
      : await findClockWriter(connection, {
          table,
          fileName,
          name: columns[clockIndex].name,
          cell: textSql(clockIndex),
        });
  const writerOf = (index: number) => (index === clockIndex ? clock : undefined);
  const whole = indexes.map((index) => writerOf(index)?.sqlOf(textSql(index)) ?? textSql(index)).join(" || ' ' || ");
  const cells = columns[timeIndex].sample.map((_, row) =>
    indexes
      .map((index) => {
        const text = (columns[index].sample[row] ?? '').trim();
        return writerOf(index)?.textOf(text) ?? text;
      })
      .join(' '),
  );
  const sample = cells.filter((cell) => cell.trim() !== '');
  if (sample.length > 0 && sample.every((cell) => SERIAL_WITH_COMMA.test(cell))) {
    const sql = `SELECT coalesce(TRY_CAST(replace(${whole}, ',', '.') AS DOUBLE), 'nan') FROM ${table}`;
    return { time: (await readDoubleColumns(connection, sql)).columns[0], notices: [] };
  }
  if (sample.length > 0 && sample.every((cell) => TWO_DIGIT_YEAR.test(cell))) throw shortYear(fileName, sample[0]);
  const word = sample.map(zoneWordOf).find((found) => found !== undefined);
  if (word !== undefined && !hasZone)
    throw unknownZone(fileName, `its times say ${word}`, 'of which there are several');
  const name = plainName(columns[timeIndex].name);
  const cell = word === undefined ? whole : `regexp_replace(${whole}, ${quoteText(ZONE_WORD_PATTERN)}, '')`;
  const texts = word === undefined ? sample : sample.map((text) => text.replace(new RegExp(ZONE_WORD_PATTERN), ''));
  const formats = formatsOf(texts);
  const sql = formats.map((format) => `coalesce(${microsecondsSql(format, cell, texts)}::DOUBLE, 'nan')`);
  const { columns: times } = await readDoubleColumns(connection, `SELECT ${sql.join(', ')} FROM ${table}`);
  const chosen = chooseDayOrder(
    formats.map((format, at) => ({ format, time: times[at] })),
    fileName,
  );
  const notices = formats.length === 1 ? [] : [`the dates were read as ${chosen.format.name}`];
  if (/gmt|utc/.test(name)) return { time: chosen.time, timesOf: 'UTC', notices };
  const offsets = await countOffsets(connection, { table, cell, format: chosen.format });
  if (hasZone && offsets.withOffset > 0 && offsets.without > 0) {
    throw new TradeAiError(
      'CANDLE_VALUE_INVALID',
      `${fileName}: ${offsets.withOffset} of its times tell their offset from UTC and ${offsets.without} do not`,
      { hint: 'write all of them with their offsets, or none' },
    );
  }
  if (!hasZone && offsets.withOffset === 0 && name === 'localtime') {
    throw unknownZone(
      fileName,
      `its column ${JSON.stringify(columns[timeIndex].name)} is of local time`,
      'without an offset',
    );
  }
  return { time: chosen.time, timesOf: offsets.withOffset > 0 ? 'UTC' : 'wall clock', notices };
}

interface Reading {
  readonly format: TimeFormat;
  /** NaN where the format reads nothing. Shape [rows]. */
  readonly time: Float64Array;
}

/**
 * The order of day and month that reads the most cells, which is the only one as soon as there is a 13th day; else the one
 * in which all candles follow each other at one distance.
 *
 * @throws TradeAiError `CANDLE_VALUE_INVALID` with both readings where that is open too
 */
export function chooseDayOrder(readings: readonly Reading[], fileName: string): Reading {
  const counts = readings.map(({ time }) => time.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0));
  const most = Math.max(...counts);
  const [first, ...others] = readings.filter((_, at) => counts[at] === most);
  // An empty cell is NaN, and its distance from anything too.
  const row = first.time.findIndex((value, at) => others.some(({ time }) => Math.abs(time[at] - value) > 0));
  if (row < 0) return first;
  const regular = [first, ...others].filter(({ time }) => isRegular(time));
  if (regular.length === 1) return regular[0];
  const described = [first, ...others].map(
    ({ format, time }) => `${new Date(time[row] / 1e3).toISOString().slice(0, 10)} as ${format.name}`,
  );
  throw new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${fileName}: its dates have several readings, and no day above 12 tells which: the first that differ are ${described.join(', ')}`,
    { hint: 'write the dates as 2024-12-31, or bring a file that goes on beyond the 12th of a month' },
  );
}

/** Whether the times, in their order, are all one distance apart, or a month. */
function isRegular(time: Float64Array): boolean {
  const sorted = time.slice().sort();
  const spacing = sorted[1] - sorted[0];
  const isEvery = (follows: (value: number, before: number) => boolean) =>
    sorted.every((value, row) => row === 0 || follows(value, sorted[row - 1]));
  const monthAfter = (value: number) => {
    const date = new Date(value / 1e3);
    return date.setUTCMonth(date.getUTCMonth() + 1) * 1e3;
  };
  return (
    spacing > 0 &&
    (isEvery((value, before) => value - before === spacing) || isEvery((value, before) => value === monthAfter(before)))
  );
}

async function countOffsets(
  connection: DuckDBConnection,
  { table, cell, format }: { readonly table: string; readonly cell: string; readonly format: TimeFormat },
): Promise<{ withOffset: number; without: number }> {
  const sql = `SELECT (count(*) FILTER (${hasOffsetSql(format, cell)}))::DOUBLE, count(${cell})::DOUBLE FROM ${table}`;
  const [[withOffset], [all]] = (await readDoubleColumns(connection, sql)).columns;
  return { withOffset, without: all - withOffset };
}

function shortYear(fileName: string, cell: string): TradeAiError {
  return new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${fileName}: its dates have a year of two digits, which may be any of the three numbers: ${JSON.stringify(cell)}`,
    { hint: 'write the years with four digits: 2024-12-31, 31.12.2024 or 12/31/2024' },
  );
}

function unknownZone(fileName: string, state: string, reason: string): TradeAiError {
  return new TradeAiError('CANDLE_VALUE_INVALID', `${fileName}: ${state}, ${reason}`, {
    commandHint: 'name the zone with --time-zone Europe/Berlin, or export the times in UTC',
  });
}
