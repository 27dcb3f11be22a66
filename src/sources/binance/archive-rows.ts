/**
 * Lines of an archive's CSV to candles. Strict: digits, one point, twelve columns.
 */

import { TradeAiError } from '../../core/errors.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../../market/interval.js';
import { DecimalReader } from './decimal-reader.js';
import { FIRST_TIME_MS, KLINE_EXTRAS, KLINE_FIELDS, LAST_TIME_MS } from './protocol.js';

export interface ArchivePeriod {
  readonly symbol: string;
  readonly interval: Interval;
  /** The file's month or day, [startMs, endMs). */
  readonly startMs: number;
  readonly endMs: number;
}

export interface ArchiveParser {
  /** @throws TradeAiError `EXCHANGE_RESPONSE_INVALID` naming the line */
  push(part: Buffer): void;
  /** The candles of all parts; those off the grid or with impossible prices are for the store to set aside. */
  finish(): CandleSeries;
}

const NEWLINE = 10;
const RETURN = 13;
const LONGEST_LINE = 1000;
/** From here on a time is one in microseconds (Binance's spot archive since 2025), below in milliseconds. */
const FIRST_MICROSECONDS = 1e14;
/** Fields that are columns of numbers; 6 is the last millisecond, 11 is unused. */
const VALUE_FIELDS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10];
const COLUMN_OF_FIELD = Array.from({ length: KLINE_FIELDS }, (_, field) => VALUE_FIELDS.indexOf(field));

export function createArchiveParser(period: ArchivePeriod): ArchiveParser {
  const { symbol, interval, startMs, endMs } = period;
  const lengthMs = INTERVAL_MS[interval];
  // Candles off the grid stand between others, so there may be a few more than fit.
  const maxRows = Math.ceil((endMs - startMs) / lengthMs) + 100;
  const columns = VALUE_FIELDS.map(() => new Float64Array(maxRows));
  const [openTimeMs, open, high, low, close, volume, ...extraColumns] = columns;
  const decimals = new DecimalReader();
  let rowCount = 0;
  let lineNumber = 0;
  let rest: Buffer = Buffer.alloc(0);

  const refuse = (message: string): never => {
    throw new TradeAiError('EXCHANGE_RESPONSE_INVALID', `archive: line ${lineNumber}: ${message}`, {
      hint: 'the file is left aside; its candles come from the exchange itself',
    });
  };

  function push(part: Buffer): void {
    const bytes = rest.length > 0 ? Buffer.concat([rest, part]) : part;
    const end = bytes.lastIndexOf(NEWLINE);
    for (let start = 0; start <= end; ) {
      const lineEnd = bytes.indexOf(NEWLINE, start);
      readLine(bytes, start, lineEnd);
      start = lineEnd + 1;
    }
    rest = Buffer.from(bytes.subarray(end + 1));
    if (rest.length > LONGEST_LINE) refuse(`longer than ${LONGEST_LINE} bytes`);
  }

  function readLine(bytes: Buffer, start: number, lineEnd: number): void {
    lineNumber += 1;
    const end = bytes[lineEnd - 1] === RETURN ? lineEnd - 1 : lineEnd;
    if (lineNumber === 1 && isHeader(bytes, start, end)) return;
    if (rowCount === maxRows) refuse(`expected at most ${maxRows} candles in the file`);
    let lastMs = 0;
    let field = 0;
    for (let fieldStart = start; field < KLINE_FIELDS; field++) {
      const value = decimals.read(bytes, fieldStart, end);
      const fieldEnd = decimals.end;
      if (Number.isNaN(value)) {
        refuse(`column ${field + 1}: expected a decimal number, was ${showField(bytes, fieldStart, end)}`);
      }
      if ((fieldEnd === end) !== (field === KLINE_FIELDS - 1)) refuse(`expected ${KLINE_FIELDS} columns`);
      const column = COLUMN_OF_FIELD[field];
      if (field === 0) openTimeMs[rowCount] = toMilliseconds(value);
      else if (field === 6) lastMs = toMilliseconds(value);
      else if (column >= 0) columns[column][rowCount] = value;
      fieldStart = fieldEnd + 1;
    }
    checkRow(lastMs);
    rowCount += 1;
  }

  function checkRow(lastMs: number): void {
    const timeMs = openTimeMs[rowCount];
    if (!(timeMs >= Math.max(startMs, FIRST_TIME_MS) && timeMs < Math.min(endMs, LAST_TIME_MS))) {
      refuse(`expected an open time of ${isoDate(startMs)} to ${isoDate(endMs)}, was ${timeMs}`);
    }
    if (rowCount > 0 && timeMs <= openTimeMs[rowCount - 1]) refuse('open times do not ascend');
    if (lastMs < timeMs || lastMs >= timeMs + lengthMs) {
      refuse(`expected a ${interval} candle, was ${timeMs} to ${lastMs}`);
    }
  }

  function finish(): CandleSeries {
    if (rest.length > 0) {
      lineNumber += 1;
      refuse('the line has no end: the file is cut');
    }
    const cut = (column: Float64Array) => column.slice(0, rowCount);
    return {
      symbol,
      interval,
      openTimeMs: cut(openTimeMs),
      open: cut(open),
      high: cut(high),
      low: cut(low),
      close: cut(close),
      volume: cut(volume),
      extras: Object.fromEntries(KLINE_EXTRAS.map((name, index) => [name, cut(extraColumns[index])])),
    };
  }

  return { push, finish };
}

function toMilliseconds(time: number): number {
  return time >= FIRST_MICROSECONDS ? Math.floor(time / 1000) : time;
}

/** Names where the first candle would be: some archive files have them, spot files do not. */
function isHeader(bytes: Buffer, start: number, end: number): boolean {
  const text = bytes.toString('latin1', start, Math.min(end, start + LONGEST_LINE));
  return /^[A-Za-z_]+(,[A-Za-z_]+)*$/.test(text) && text.split(',').length === KLINE_FIELDS;
}

function showField(bytes: Buffer, start: number, end: number): string {
  return JSON.stringify(bytes.toString('latin1', start, Math.min(end, start + 40)).split(',')[0]);
}

function isoDate(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
