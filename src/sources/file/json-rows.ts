/**
 * Candles as JSON: a list of rows, each a list, `[[1704067200000, 42283.58, …], …]`. freqtrade's `json` and `jsongz` files
 * are such (https://www.freqtrade.io/en/stable/data-download/), and so is what Binance's API answers, whose prices are
 * texts. Rows are read in batches, for a parsed file is ten times its size.
 */

import { TradeAiError } from '../../core/errors.js';
import { type ColumnPlan, planColumns, type SourceColumn, VALUE_COLUMNS } from './columns.js';
import { unreadable } from './file-content.js';
import type { RawCandles } from './source-table.js';
import { HEADERLESS_COLUMNS } from './text-layout.js';

export interface JsonCandles {
  readonly raw: RawCandles;
  readonly columns: readonly SourceColumn[];
  readonly plan: ColumnPlan;
}

const BATCH_BYTES = 1 << 20;
const EXAMPLE_LENGTH = 80;
const NUMBER = /^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/i;

/**
 * Reads the rows. `null` is NaN, as where a row lacks something.
 *
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE` for other JSON and damaged JSON, `CANDLE_COLUMNS_MISSING` for rows of an
 *   unknown length, `CANDLE_VALUE_INVALID` naming the row and its value
 */
export function readJsonRows(text: Buffer, symbol: string | undefined, fileName: string): JsonCandles {
  const columns: { values: number[] }[] = [];
  let width = 0;
  let rowCount = 0;
  for (const batch of parseBatches(text, fileName)) {
    for (const row of batch) {
      rowCount += 1;
      if (!Array.isArray(row)) {
        throw unreadable(
          fileName,
          `is JSON, but its row ${rowCount} is no list: ${shorten(row)}`,
          'expected [[time, open, high, low, close, volume], …]; export other layouts as CSV or Parquet',
        );
      }
      if (rowCount === 1) {
        width = row.length;
        for (let index = 0; index < width; index++) columns.push({ values: [] });
      }
      if (row.length !== width) throw wrongRow(fileName, rowCount, `expected ${width} values, was ${row.length}`);
      for (let index = 0; index < width; index++) {
        columns[index].values.push(toNumber(row[index], () => wrongRow(fileName, rowCount, shorten(row[index]))));
      }
    }
  }
  return arrange(
    columns.map(({ values }) => Float64Array.from(values)),
    symbol,
    fileName,
  );
}

function arrange(values: Float64Array[], symbol: string | undefined, fileName: string): JsonCandles {
  const names = HEADERLESS_COLUMNS[values.length];
  if (names === undefined) {
    throw new TradeAiError(
      'CANDLE_COLUMNS_MISSING',
      `${fileName}: expected rows of 6 values (time, open, high, low, close, volume), 7 (Kraken) or 12 (Binance), were ${values.length}`,
      { hint: 'export it as CSV with a header, or as Parquet' },
    );
  }
  const columns = names.map(
    (name, index): SourceColumn => ({ name, type: 'number', sample: [String(values[index][0])] }),
  );
  const plan = planColumns(columns, symbol, fileName);
  const isKnown = (index: number) => !values[index].every(Number.isNaN);
  const [open, high, low, close, volume] = VALUE_COLUMNS.map((name) => values[plan.valueIndexes[name]]);
  const raw: RawCandles = {
    time: values[plan.timeIndex],
    values: { open, high, low, close, volume },
    quoteVolume: plan.quoteVolumeIndex === undefined ? undefined : values[plan.quoteVolumeIndex],
    extras: Object.fromEntries(plan.extraIndexes.filter(isKnown).map((index) => [names[index], values[index]])),
    textColumns: plan.extraIndexes.filter((index) => !isKnown(index)).map((index) => names[index]),
    symbols: [],
  };
  return { raw, columns, plan };
}

/** The rows of the outer list, a batch at a time. */
function* parseBatches(text: Buffer, fileName: string): Iterable<unknown[]> {
  const whole = trimmed(text);
  const bracket = { open: '['.charCodeAt(0), close: ']'.charCodeAt(0) };
  if (whole.length < 2 || whole[0] !== bracket.open || whole[whole.length - 1] !== bracket.close) {
    const isObject = whole[0] === '{'.charCodeAt(0);
    throw isObject
      ? unreadable(
          fileName,
          'is JSON, but no list of rows',
          'expected [[time, open, high, low, close, volume], …]; export other layouts as CSV or Parquet',
        )
      : unreadable(fileName, 'is cut off: its JSON list does not end', 'download or export it again');
  }
  const inner = whole.subarray(1, -1);
  let rowsBefore = 0;
  for (let start = 0; start < inner.length; ) {
    // Rows hold no brackets of their own, so every closing one is the end of a row.
    const found = inner.indexOf(bracket.close, start + BATCH_BYTES);
    const end = found < 0 ? inner.length : found + 1;
    const rows = parseList(inner.toString('utf8', start, end), rowsBefore, fileName);
    rowsBefore += rows.length;
    yield rows;
    start = end;
    if (start < inner.length) start = afterComma(inner, start, rowsBefore, fileName);
  }
}

function parseList(rows: string, rowsBefore: number, fileName: string): unknown[] {
  try {
    return JSON.parse(`[${rows}]`) as unknown[];
  } catch (error) {
    throw unreadable(
      fileName,
      `is damaged JSON after row ${rowsBefore}: ${(error as Error).message}`,
      'download or export it again',
      error,
    );
  }
}

/** The place after the comma that must follow a row. */
function afterComma(inner: Buffer, start: number, rowsBefore: number, fileName: string): number {
  const comma = inner.indexOf(',', start);
  const between = inner.toString('utf8', start, comma < 0 ? inner.length : comma);
  if (between.trim() !== '') {
    throw unreadable(
      fileName,
      `is damaged JSON after row ${rowsBefore}: ${JSON.stringify(between.slice(0, EXAMPLE_LENGTH))}`,
      'download or export it again',
    );
  }
  return comma < 0 ? inner.length : comma + 1;
}

function trimmed(text: Buffer): Buffer {
  const isBlank = (byte: number) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
  let start = text.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? 3 : 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.subarray(start, end);
}

function toNumber(cell: unknown, toError: () => TradeAiError): number {
  if (typeof cell === 'number') return cell;
  if (cell === null) return Number.NaN;
  if (typeof cell === 'string' && NUMBER.test(cell)) return Number(cell);
  throw toError();
}

function wrongRow(fileName: string, row: number, state: string): TradeAiError {
  return new TradeAiError('CANDLE_VALUE_INVALID', `${fileName}: row ${row} is not of numbers: ${state}`, {
    hint: 'correct or remove this row; nothing was imported',
  });
}

function shorten(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, EXAMPLE_LENGTH);
}
