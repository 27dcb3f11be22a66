/**
 * Times written as numbers that count no seconds since 1970: a spreadsheet's days since 1900, `45292.041667`, and dates
 * without separators, `20240101` and `20240101130000`. As counts of seconds or milliseconds they would lie before 2009 or
 * after now, so a whole column of them cannot be mistaken. Pure.
 */

import { TradeAiError } from '../../core/errors.js';

export interface CalendarTimes {
  /** What a clock on the wall showed, as if it were UTC. Shape [rows]; NaN where there was none. */
  readonly timeMs: Float64Array;
  readonly notice: string;
}

export interface CalendarOptions {
  readonly fileName: string;
  readonly nowMs: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The day of 1970-01-01 in a spreadsheet, which counts from 1899-12-30: https://support.microsoft.com/office/e36c0c8c */
const SERIAL_OF_1970 = 25_569;
const FIRST_TIME_MS = Date.UTC(2009, 0, 1);
/** With four digits behind the point, the fewest that tell minutes apart, a day is so far from what it was rounded from. */
const MINUTE_TOLERANCE_MS = 0.5e-4 * DAY_MS;
/** With five, the fewest that tell seconds apart. */
const SECOND_TOLERANCE_MS = 0.5e-5 * DAY_MS;

/**
 * Reads a column of such numbers.
 *
 * @param time as the file has it; shape [rows]
 * @returns undefined for any other numbers
 * @throws TradeAiError `CANDLE_VALUE_INVALID` for days that are rounded too far to tell minutes
 */
export function calendarTimes(time: Float64Array, { fileName, nowMs }: CalendarOptions): CalendarTimes | undefined {
  const isCandleTime = (timeMs: number) => timeMs >= FIRST_TIME_MS && timeMs <= nowMs + DAY_MS;
  const isAll = (toTime: (value: number) => number) =>
    time.some((value) => !Number.isNaN(value)) &&
    time.every((value) => Number.isNaN(value) || isCandleTime(toTime(value)));
  if (isAll(serialTime)) {
    return { timeMs: roundToGrid(time, fileName), notice: "the times were read as a spreadsheet's days since 1900" };
  }
  if (isAll(dateTime)) return { timeMs: time.map(dateTime), notice: 'the times were read as dates, 20241231' };
  return undefined;
}

/**
 * Refuses times that a spreadsheet has shown, and so written, with six digits: `1.70407E+12` is any of two hours and more.
 * Other programs write all digits that a number has, however they write it.
 *
 * @param cells the first cells of the column
 * @throws TradeAiError `CANDLE_VALUE_INVALID`
 */
export function refuseLostDigits(cells: readonly string[], fileName: string): void {
  const written = cells.filter((cell) => cell !== '');
  if (written.length === 0 || !written.every((cell) => /^\d(?:[.,]\d{1,5})?E\+1\d$/i.test(cell))) return;
  throw new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${fileName}: its times are Excel numbers that have lost their digits, such as ${written[0]}`,
    { hint: 'format the cells of that column as number without decimals, or as text, and export the file again' },
  );
}

function serialTime(serial: number): number {
  return (serial - SERIAL_OF_1970) * DAY_MS;
}

/** The nearest minute, where all times are near one; else the nearest second. */
function roundToGrid(time: Float64Array, fileName: string): Float64Array {
  for (const [stepMs, toleranceMs] of [
    [MINUTE_MS, MINUTE_TOLERANCE_MS],
    [SECOND_MS, SECOND_TOLERANCE_MS],
  ]) {
    const rounded = time.map((serial) => Math.round(serialTime(serial) / stepMs) * stepMs);
    if (rounded.every((timeMs, row) => !(Math.abs(timeMs - serialTime(time[row])) > toleranceMs))) return rounded;
  }
  throw new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${fileName}: its times are a spreadsheet's days since 1900, with too few digits to tell minutes`,
    {
      hint: 'format the cells of that column as date and time, or as numbers with 8 decimals, and export the file again',
    },
  );
}

/** `20241231` or `20241231235959` as a time; NaN for a number that is no such date. */
function dateTime(digits: number): number {
  const isLong = digits >= 1e13;
  const date = isLong ? Math.floor(digits / 1e6) : digits;
  const clock = isLong ? digits % 1e6 : 0;
  const [year, month, day] = [Math.floor(date / 1e4), Math.floor(date / 100) % 100, date % 100];
  const [hour, minute, second] = [Math.floor(clock / 1e4), Math.floor(clock / 100) % 100, clock % 100];
  if (!(year >= 1e3 && year < 1e4) || hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const timeMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const found = new Date(timeMs);
  return found.getUTCMonth() === month - 1 && found.getUTCDate() === day ? timeMs : Number.NaN;
}
