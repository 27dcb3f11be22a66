/**
 * The ways in which a cell of text tells a time: how each is recognised in the first rows, and what reads it in all of
 * them. Pure. A time without an offset is wall clock time: UTC, unless a zone is named.
 */

import { quoteText } from '../../duckdb/connection.js';

export interface TimeFormat {
  /** As a message calls it: `day/month/year`. */
  readonly name: string;
  /** What its date looks like; the source of a regular expression. */
  readonly pattern: string;
  /** The date for DuckDB's strptime: https://duckdb.org/docs/stable/sql/functions/dateformat */
  readonly date: string;
  /** Whether DuckDB's cast reads it, which is quick and takes more digits of a second. */
  readonly isCast?: boolean;
}

/** ISO 8601. */
const ISO_DATE: TimeFormat = {
  name: 'year-month-day',
  pattern: '\\d{4}-\\d{1,2}-\\d{1,2}',
  date: '%Y-%m-%d',
  isCast: true,
};

/** Dates with a slash or a dash and the year last are told apart by the whole column: see `chooseDayOrder`. */
export const TIME_FORMATS: readonly TimeFormat[] = [
  ISO_DATE,
  { name: 'year/month/day', pattern: '\\d{4}/\\d{1,2}/\\d{1,2}', date: '%Y/%m/%d', isCast: true },
  { name: 'year.month.day', pattern: '\\d{4}\\.\\d{1,2}\\.\\d{1,2}', date: '%Y.%m.%d' },
  { name: 'yearmonthday', pattern: '(?:19|20)\\d{6}', date: '%Y%m%d' },
  { name: 'day.month.year', pattern: '\\d{1,2}\\.\\d{1,2}\\.\\d{4}', date: '%d.%m.%Y' },
  { name: 'day/month/year', pattern: '\\d{1,2}/\\d{1,2}/\\d{4}', date: '%d/%m/%Y' },
  { name: 'month/day/year', pattern: '\\d{1,2}/\\d{1,2}/\\d{4}', date: '%m/%d/%Y' },
  { name: 'day-month-year', pattern: '\\d{1,2}-\\d{1,2}-\\d{4}', date: '%d-%m-%Y' },
  { name: 'month-day-year', pattern: '\\d{1,2}-\\d{1,2}-\\d{4}', date: '%m-%d-%Y' },
  { name: 'month day, year', pattern: '[A-Za-z]{3} \\d{1,2}, \\d{4}', date: '%b %d, %Y' },
  { name: 'day month year', pattern: '\\d{1,2} [A-Za-z]{3} \\d{4}', date: '%d %b %Y' },
  { name: 'day-month-year', pattern: '\\d{1,2}-[A-Za-z]{3}-\\d{4}', date: '%d-%b-%Y' },
];

/** Clocks, with the same for strptime; `07-PM` is how CryptoDataDownload once wrote its hours. */
const CLOCKS = [
  { pattern: '\\d{1,2}:\\d{2}:\\d{2}', time: '%H:%M:%S' },
  { pattern: '\\d{1,2}:\\d{2}', time: '%H:%M' },
  { pattern: '\\d{1,2}:\\d{2}:\\d{2}\\.\\d{1,9}', time: '%H:%M:%S.%f' },
  { pattern: '\\d{6}', time: '%H%M%S' },
  { pattern: '\\d{4}', time: '%H%M' },
  { pattern: '\\d{1,2}:\\d{2}:\\d{2} [AaPp][Mm]', time: '%I:%M:%S %p' },
  { pattern: '\\d{1,2}:\\d{2} [AaPp][Mm]', time: '%I:%M %p' },
  { pattern: '\\d{1,2}:\\d{2}:\\d{2}[AaPp][Mm]', time: '%I:%M:%S%p' },
  { pattern: '\\d{1,2}:\\d{2}[AaPp][Mm]', time: '%I:%M%p' },
  { pattern: '\\d{1,2}-[AaPp][Mm]', time: '%I-%p' },
  { pattern: '\\d{1,2} [AaPp][Mm]', time: '%I %p' },
] as const;
/** What stands between the date and the clock. */
const SEPARATORS = [', ', ' ', 'T'] as const;
/** What tells the offset, behind the clock. */
const OFFSETS = [
  { pattern: '', offset: '' },
  { pattern: 'Z', offset: 'Z' },
  { pattern: ' UTC', offset: ' UTC' },
  { pattern: ' GMT', offset: ' GMT' },
  { pattern: '[+-]\\d{2}(?::?\\d{2})?', offset: '%z' },
  { pattern: ' [+-]\\d{2}(?::?\\d{2})?', offset: ' %z' },
  { pattern: ' UTC[+-]\\d{2}(?::?\\d{2})?', offset: ' UTC%z' },
  { pattern: ' GMT[+-]\\d{2}(?::?\\d{2})?', offset: ' GMT%z' },
] as const;

/** A word behind the clock that is a name of many zones (`IST` has three), and so of none. */
const ZONE_WORD = / [A-Z]{3,5}$/;
export const ZONE_WORD_PATTERN = ZONE_WORD.source;

const anyOf = (parts: readonly { readonly pattern: string }[]) => parts.map(({ pattern }) => pattern).join('|');
/** The source of a regular expression. */
export const CLOCK_NUMBER_PATTERN = '\\d{1,6}';
const CLOCK_NUMBER = new RegExp(`^${CLOCK_NUMBER_PATTERN}$`);
const CLOCK = new RegExp(`^(?:${anyOf(CLOCKS)})$`);

/** Whether a cell is a clock by itself, as in files with date and time in two columns. */
export function isClockText(cell: string): boolean {
  return CLOCK.test(cell);
}

/** Whether a cell may be a clock that lost the zeros in front, `0` for midnight; what reads it, the whole column tells. */
export function isClockNumber(cell: string): boolean {
  return CLOCK_NUMBER.test(cell);
}

/** Whether a cell is a date by itself. */
export function isDateText(cell: string): boolean {
  return TIME_FORMATS.some(({ pattern }) => new RegExp(`^(?:${pattern})$`).test(cell));
}

/** Whether a cell tells a time in any of the ways. */
export function isTimeText(cell: string): boolean {
  return TIME_FORMATS.some((format) => shapeOf(format, cell) !== undefined);
}

/** The abbreviation of a zone behind a time, `CET`; undefined for none, and for UTC and GMT. */
export function zoneWordOf(cell: string): string | undefined {
  const word = ZONE_WORD.exec(cell)?.[0].trim();
  return word === undefined || OFFSETS.some(({ offset }) => offset.trim() === word) ? undefined : word;
}

/**
 * The formats that read most of these cells, more than one only where the order of day and month is open; ISO 8601 where
 * nothing is read.
 *
 * @param sample the first cells of the column, without empty ones
 */
export function formatsOf(sample: readonly string[]): readonly TimeFormat[] {
  const counts = TIME_FORMATS.map((format) => sample.filter((cell) => shapeOf(format, cell) !== undefined).length);
  const most = Math.max(...counts);
  return most === 0 ? [ISO_DATE] : TIME_FORMATS.filter((_, index) => counts[index] === most);
}

/**
 * SQL that reads a cell as microseconds since 1970, of UTC where the cell has an offset, of its wall clock elsewhere; NULL
 * for another text.
 *
 * @param cell an expression of text
 * @param sample the first cells; their shapes are tried first, for each that fails takes its time
 */
export function microsecondsSql(format: TimeFormat, cell: string, sample: readonly string[]): string {
  const shapes = sample.flatMap((text) => shapeOf(format, text) ?? []);
  const { separator, offset } = shapes.find((shape) => shape.time !== '') ?? { separator: ' ', offset: '' };
  const others = CLOCKS.map(({ time }) => ({ separator, time, offset }));
  const tried = [...shapes, ...others, { separator: '', time: '', offset: '' }].map(
    (shape) => format.date + shape.separator + shape.time + shape.offset,
  );
  const parsed = `try_strptime(${cell}, [${[...new Set(tried)].map(quoteText).join(', ')}])`;
  // A cast takes any offset; the zone of the connection, which text without one is of, is UTC.
  return format.isCast ? `epoch_us(coalesce(TRY_CAST(${cell} AS TIMESTAMPTZ), ${parsed}))` : `epoch_us(${parsed})`;
}

/** SQL that says whether a cell tells its offset from UTC. */
export function hasOffsetSql(format: TimeFormat, cell: string): string {
  const offsets = anyOf(OFFSETS.filter(({ offset }) => offset !== ''));
  const pattern = `${format.pattern}(?:${SEPARATORS.join('|')})(?:${anyOf(CLOCKS)})(?:${offsets})`;
  return `regexp_full_match(${cell}, ${quoteText(pattern)})`;
}

/** What stands behind the date of a cell, in strptime's letters; empty for a date by itself. */
interface CellShape {
  readonly separator: string;
  readonly time: string;
  readonly offset: string;
}

function shapeOf(format: TimeFormat, cell: string): CellShape | undefined {
  const found = new RegExp(`^(?:${format.pattern})(?:(${SEPARATORS.join('|')})(.+))?$`).exec(cell);
  if (found === null) return undefined;
  const [, separator, rest] = found;
  if (rest === undefined) return { separator: '', time: '', offset: '' };
  for (const { pattern, time } of CLOCKS) {
    for (const { pattern: offsetPattern, offset } of OFFSETS) {
      if (new RegExp(`^${pattern}${offsetPattern}$`).test(rest)) return { separator, time, offset };
    }
  }
  return undefined;
}
