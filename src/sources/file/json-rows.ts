/**
 * Candles as JSON: a list of rows, each a list, `[[1704067200000, 42283.58, …], …]`, or each an object,
 * `[{"openTime": 1704067200000, "open": "42283.58", …}, …]`, alone or within an exchange's answer. freqtrade's `json` and
 * `jsongz` files are such (https://www.freqtrade.io/en/stable/data-download/), and so is what exchanges answer, whose
 * prices are often texts. Rows are read in batches, for a parsed file is ten times its size.
 */

import { TradeAiError } from '../../core/errors.js';
import { KNOWN_COLUMN_COUNTS, namesWithoutHeader } from './column-order.js';
import { type ColumnPlan, planColumns, type SourceColumn } from './columns.js';
import { unreadable } from './file-content.js';
import { LAYOUT_HINT, openEnvelope } from './json-envelope.js';
import { candlesOf, type NamedCandles, nameColumns } from './named-columns.js';
import { checkTableSize } from './size-limits.js';
import type { TimesOf } from './text-times.js';

const BATCH_BYTES = 1 << 20;
/** No row of candles is as long. */
const LONGEST_ROW_BYTES = 1 << 16;
const EXAMPLE_LENGTH = 80;
const DISTINCT_ENTRIES = 5;
/**
 * What HTX calls id, amount and vol, among eight keys (https://www.htx.com/en-us/opend/newApiPages/); its contracts have
 * more, for there vol is of contracts.
 */
const HTX_NAMES = new Map([
  ['id', 'open_time'],
  ['amount', 'volume'],
  ['vol', 'quote_volume'],
]);
const HTX_KEY_COUNT = 8;
/** Shorter rows end with a volume or a count, never with a flag. */
const SHORTEST_FLAGGED = 8;
const NUMBER = /^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/i;
/** ISO 8601. */
const ISO_TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Reads the rows. `null` is NaN, as where a row lacks something.
 *
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE` for other JSON, damaged JSON and an exchange's error,
 *   `CANDLE_COLUMNS_MISSING` for rows of an unknown length, order or names, `CANDLE_VALUE_INVALID` naming the row and its
 *   value
 */
export function readJsonRows(text: Buffer, symbol: string | undefined, fileName: string): NamedCandles {
  const { rows, symbol: symbolOfAnswer, marketType } = openEnvelope(text, fileName);
  const isRecords = rows.toString('utf8', 0, LONGEST_ROW_BYTES).trimStart().startsWith('{');
  const batches = parseBatches(rows, isRecords ? '}' : ']', fileName);
  const candles = isRecords ? readRecords(batches, symbol, fileName) : readLists(batches, symbol, fileName);
  const { raw } = candles;
  return {
    ...candles,
    raw: {
      ...raw,
      symbols: withAnswer(symbolOfAnswer, raw.symbols),
      marketTypes: withAnswer(marketType, raw.marketTypes ?? []),
    },
  };
}

/** What the answer says of all rows, and what they say of themselves. */
function withAnswer(said: string | undefined, entries: readonly string[]): readonly string[] {
  return said === undefined ? entries : [...new Set([said, ...entries])];
}

function readLists(batches: Iterable<unknown[]>, symbol: string | undefined, fileName: string): NamedCandles {
  const columns: number[][] = [];
  let rowCount = 0;
  for (const batch of batches) {
    for (const row of batch) {
      rowCount += 1;
      if (!Array.isArray(row)) throw otherRow(fileName, rowCount, 'no list', row);
      if (rowCount === 1) {
        if (namesWithoutHeader(row.length) === undefined) throw unknownLength(fileName, row.length);
        for (const _ of row) columns.push([]);
      }
      if (row.length !== columns.length)
        throw wrongRow(fileName, rowCount, `expected ${columns.length} values, was ${row.length}`);
      const flagAt = row.length < SHORTEST_FLAGGED ? undefined : row.length - 1;
      for (let index = 0; index < columns.length; index++) {
        const value = toNumber(row[index]) ?? (index === flagAt && toFlag(row[index]));
        if (typeof value !== 'number') refuseValue(fileName, rowCount, row[index]);
        columns[index].push(value);
      }
    }
    checkTableSize({ rowCount, valueCount: rowCount * columns.length, fileName });
  }
  return nameColumns(
    columns.map((values) => Float64Array.from(values)),
    symbol,
    fileName,
  );
}

function readRecords(batches: Iterable<unknown[]>, symbol: string | undefined, fileName: string): NamedCandles {
  let table: RecordTable | undefined;
  for (const batch of batches) {
    for (const record of batch) {
      const rowCount = (table?.rowCount ?? 0) + 1;
      if (typeof record !== 'object' || record === null || Array.isArray(record)) {
        throw otherRow(fileName, rowCount, 'no object', record);
      }
      table ??= openTable(record, symbol, fileName);
      addRecord(table, record as Record<string, unknown>, fileName);
    }
    if (table) checkTableSize({ rowCount: table.rowCount, valueCount: table.rowCount * table.names.length, fileName });
  }
  const { names, columns, values, plan, symbols, marketTypes } = table as RecordTable;
  const raw = candlesOf(
    columns,
    names.map((_, index) => values[index] && Float64Array.from(values[index])),
    plan,
  );
  const timesOf = (table as RecordTable).timesOf;
  return { raw: { ...raw, timesOf, symbols: [...symbols], marketTypes: [...marketTypes] }, columns, plan, notices: [] };
}

/** Rows with names, as columns. */
interface RecordTable {
  readonly names: readonly string[];
  readonly columns: readonly SourceColumn[];
  readonly plan: ColumnPlan;
  /** One list for each column that may be of numbers; `undefined` once a text was found. */
  readonly values: (number[] | undefined)[];
  readonly symbols: Set<string>;
  readonly marketTypes: Set<string>;
  /** Of times of text: whether they tell their offset from UTC. */
  timesOf: TimesOf | undefined;
  rowCount: number;
}

function openTable(first: object, symbol: string | undefined, fileName: string): RecordTable {
  const names = Object.keys(first);
  const isHtx = names.length === HTX_KEY_COUNT && ['amount', 'vol', 'count'].every((name) => names.includes(name));
  const columns = Object.entries(first).map(
    ([name, value]): SourceColumn => ({
      name: (isHtx && HTX_NAMES.get(name)) || name,
      type: typeof value === 'string' ? 'text' : 'number',
      sample: [String(value)],
    }),
  );
  const plan = planColumns(columns, symbol, fileName);
  const read = new Set([plan.timeIndex, ...Object.values(plan.valueIndexes), ...plan.extraIndexes]);
  return {
    names,
    columns,
    plan,
    values: names.map((_, index) => (read.has(index) ? [] : undefined)),
    symbols: new Set(),
    marketTypes: new Set(),
    timesOf: undefined,
    rowCount: 0,
  };
}

function addRecord(table: RecordTable, record: Readonly<Record<string, unknown>>, fileName: string): void {
  const { names, values, plan } = table;
  table.rowCount += 1;
  const isOther = Object.keys(record).length !== names.length || !names.every((name) => Object.hasOwn(record, name));
  if (isOther) throw otherRow(fileName, table.rowCount, `not of ${names.join(', ')}, as the first is`, record);
  for (const [index, column] of values.entries()) {
    if (column === undefined) continue;
    const cell = record[names[index]];
    const isTime = index === plan.timeIndex && plan.timeKind === 'text';
    const value = isTime ? readTime(table, cell, fileName) : toNumber(cell);
    if (value !== undefined) column.push(value);
    else if (plan.extraIndexes.includes(index)) values[index] = undefined;
    else refuseValue(fileName, table.rowCount, cell);
  }
  addEntry(table.symbols, plan.symbolIndex === undefined ? undefined : record[names[plan.symbolIndex]]);
  addEntry(table.marketTypes, plan.marketTypeIndex === undefined ? undefined : record[names[plan.marketTypeIndex]]);
}

function addEntry(entries: Set<string>, cell: unknown): void {
  if (typeof cell === 'string' && entries.size < DISTINCT_ENTRIES) entries.add(cell);
}

/** The rows of the list, a batch at a time. */
function* parseBatches(rows: Buffer, endOfRow: string, fileName: string): Iterable<unknown[]> {
  let rowsBefore = 0;
  for (let start = 0; start < rows.length; ) {
    // Rows hold no brackets of their own, so every closing one is the end of a row.
    const found = rows.indexOf(endOfRow, start + BATCH_BYTES);
    const end = found < 0 ? rows.length : found + 1;
    if (end - start > BATCH_BYTES + LONGEST_ROW_BYTES) {
      throw unreadable(
        fileName,
        `holds a row of over ${LONGEST_ROW_BYTES} bytes, which no candle has`,
        'export it again',
      );
    }
    const batch = parseList(rows.toString('utf8', start, end), rowsBefore, fileName);
    rowsBefore += batch.length;
    yield batch;
    start = end;
    if (start < rows.length) start = afterComma(rows, start, rowsBefore, fileName);
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
function afterComma(rows: Buffer, start: number, rowsBefore: number, fileName: string): number {
  const comma = rows.indexOf(',', start);
  const between = rows.toString('utf8', start, comma < 0 ? rows.length : comma);
  if (between.trim() !== '') {
    throw unreadable(
      fileName,
      `is damaged JSON after row ${rowsBefore}: ${JSON.stringify(between.slice(0, EXAMPLE_LENGTH))}`,
      'download or export it again',
    );
  }
  return comma < 0 ? rows.length : comma + 1;
}

function toNumber(cell: unknown): number | undefined {
  if (typeof cell === 'number') return cell;
  if (cell === null) return Number.NaN;
  return typeof cell === 'string' && NUMBER.test(cell) ? Number(cell) : undefined;
}

/** Gate's `"true"` of a candle that has closed, as OKX's 1. */
function toFlag(cell: unknown): number | undefined {
  const at = ['false', 'true'].indexOf(String(cell));
  return at < 0 ? undefined : at;
}

/** A time of ISO text in milliseconds, of UTC or of a wall clock as those before it. */
function readTime(table: RecordTable, cell: unknown, fileName: string): number | undefined {
  const [, day, time = '00:00', zone] = (typeof cell === 'string' && ISO_TIME.exec(cell)) || [];
  const timesOf: TimesOf = zone === undefined ? 'wall clock' : 'UTC';
  const timeMs = Date.parse(`${day}T${time}${zone ?? 'Z'}`);
  if (Number.isNaN(timeMs)) return undefined;
  table.timesOf ??= timesOf;
  if (table.timesOf !== timesOf) {
    throw otherRow(fileName, table.rowCount, 'of a time with an offset among times without, or the reverse', cell);
  }
  return timeMs;
}

function refuseValue(fileName: string, row: number, cell: unknown): never {
  throw wrongRow(fileName, row, shorten(cell));
}

function wrongRow(fileName: string, row: number, state: string): TradeAiError {
  return new TradeAiError('CANDLE_VALUE_INVALID', `${fileName}: row ${row} is not of numbers: ${state}`, {
    hint: 'correct or remove this row; nothing was imported',
  });
}

function otherRow(fileName: string, row: number, state: string, found: unknown): TradeAiError {
  return unreadable(fileName, `is JSON, but its row ${row} is ${state}: ${shorten(found)}`, LAYOUT_HINT);
}

function unknownLength(fileName: string, length: number): TradeAiError {
  return new TradeAiError(
    'CANDLE_COLUMNS_MISSING',
    `${fileName}: expected rows of ${KNOWN_COLUMN_COUNTS} values, were ${length}`,
    { hint: 'export it as CSV with a header, or as Parquet' },
  );
}

function shorten(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, EXAMPLE_LENGTH);
}
