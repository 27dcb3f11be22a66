/** How a text file is laid out: its delimiter, lines to skip, column names. Pure. */

import { TradeAiError } from '../../core/errors.js';
import { KNOWN_COLUMN_COUNTS, namesWithoutHeader } from './column-order.js';
import { isNumberText, roleOfColumn } from './columns.js';
import { isStyledNumber } from './number-styles.js';
import { isClockText, isTimeText } from './time-formats.js';

export interface TextLayout {
  readonly delimiter: string;
  readonly columnNames: readonly string[];
  /** Whether the names are the file's own, or those of the one program that writes such rows. */
  readonly hasHeader: boolean;
  /** Lines before the first row of data: a preamble and the header. */
  readonly skipLines: number;
  /** The first rows of data, as cells. */
  readonly sample: readonly (readonly string[])[];
  /** What the header says of its candles' symbols, as yfinance's does. */
  readonly symbols: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'];
/** A header stands within this many lines; vendors put a banner or a date before it. */
const HEADER_SEARCH_LINES = 10;
const SAMPLE_ROWS = 20;
/** Looking at every name of a line of nothing but delimiters would take a second. */
const MAXIMUM_COLUMNS = 2_000;
/** So many columns must be known by their names for a line to be a header. */
const KNOWN_COLUMNS_OF_HEADER = 3;

/** What MetaTrader 4 writes: `2024.01.01,00:00,42283.58,…`; its volume is a count of price changes. */
const METATRADER_COLUMNS = ['date', 'time', 'open', 'high', 'low', 'close', 'tick_volume'];

/**
 * Reads the layout from the beginning of a text.
 *
 * @param head the first lines, whole ones only
 * @throws TradeAiError `CANDLE_COLUMNS_MISSING` when there is neither a header nor a known number of columns;
 *   `CANDLE_FILE_UNREADABLE` for decimal commas among commas that separate cells
 */
export function readTextLayout(head: string, fileName: string): TextLayout {
  const lines = head.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  const found = findHeader(lines);
  const layout = found ? layoutBelow(lines, found) : layoutWithout(lines, fileName);
  refuseSplitNumbers(layout, fileName);
  return layout;
}

/** The cells of one line, without quotes and outer blanks. A delimiter between quotes separates nothing. */
export function splitCells(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let parts: string[] = [];
  let isOpen = false;
  const finish = () => {
    cells.push(
      parts
        .join(delimiter)
        .trim()
        .replace(/^"(.*)"$/s, '$1'),
    );
    parts = [];
  };
  for (const part of line.split(delimiter)) {
    const hasOddQuotes = part.split('"').length % 2 === 0;
    isOpen = parts.length === 0 ? hasOddQuotes && part.trimStart().startsWith('"') : isOpen !== hasOddQuotes;
    parts.push(part);
    if (!isOpen) finish();
  }
  if (parts.length > 0) finish();
  return cells;
}

interface HeaderLine {
  readonly delimiter: string;
  readonly cells: readonly string[];
  readonly line: number;
}

function findHeader(lines: readonly string[]): HeaderLine | undefined {
  for (const [line, text] of lines.slice(0, HEADER_SEARCH_LINES).entries()) {
    const delimiter = likeliestDelimiter(text);
    const cells = splitCells(text, delimiter);
    if (cells.length > MAXIMUM_COLUMNS) continue;
    const known = cells.filter((cell) => roleOfColumn(cell) !== undefined);
    if (known.length >= KNOWN_COLUMNS_OF_HEADER && !cells.some(isNumberText)) return { delimiter, cells, line };
  }
  return undefined;
}

function layoutBelow(lines: readonly string[], { delimiter, cells, line }: HeaderLine): TextLayout {
  const tickers = splitCells(lines[line + 1] ?? '', delimiter);
  const index = splitCells(lines[line + 2] ?? '', delimiter);
  // yfinance writes three header lines, `Price,Close,…`, `Ticker,BTC-USD,…` and `Date,,…`, the first cell of which names
  // no column but what the line tells (https://github.com/ranaroussi/yfinance).
  const isStacked = /^ticker$/i.test(tickers[0]) && roleOfColumn(index[0] ?? '') === 'time';
  const skipLines = line + (isStacked ? 3 : 1);
  const names = isStacked ? [index[0], ...cells.slice(1)] : cells;
  return {
    delimiter,
    // A nameless first column is the row number that pandas writes; MetaTrader 5 writes `<OPEN>`.
    columnNames: names.map((name, at) => name.replace(/^<(.*)>$/, '$1') || `Unnamed: ${at}`),
    skipLines,
    sample: sampleOf(lines, skipLines, delimiter),
    symbols: isStacked ? [...new Set(tickers.slice(1).filter((ticker) => ticker !== ''))] : [],
    hasHeader: true,
  };
}

function layoutWithout(lines: readonly string[], fileName: string): TextLayout {
  const first = lines.findIndex((line) => line.trim() !== '');
  const delimiter = likeliestDelimiter(lines[first] ?? '');
  const cells = splitCells(lines[first] ?? '', delimiter);
  const isMetaTrader = isMetaTraderRow(cells);
  const columnNames = isMetaTrader ? METATRADER_COLUMNS : namesOfRow(cells);
  if (columnNames) {
    const sample = sampleOf(lines, first, delimiter);
    return { delimiter, columnNames, hasHeader: isMetaTrader, skipLines: first, sample, symbols: [] };
  }
  throw new TradeAiError(
    'CANDLE_COLUMNS_MISSING',
    `${fileName}: expected a header with open_time, open, high, low, close and volume, the first line was ${JSON.stringify((lines[first] ?? '').slice(0, 120))}`,
    { hint: `add a header line; without one, ${KNOWN_COLUMN_COUNTS} columns of numbers are understood` },
  );
}

function isMetaTraderRow([date = '', clock = '', ...numbers]: readonly string[]): boolean {
  const isLong = 2 + numbers.length === METATRADER_COLUMNS.length;
  return isLong && isTimeText(date) && isClockText(clock) && numbers.every(isStyledNumber);
}

function namesOfRow([first, ...rest]: readonly string[]): readonly string[] | undefined {
  const isRow = (isStyledNumber(first) || isTimeText(first)) && rest.every(isStyledNumber);
  return isRow ? namesWithoutHeader(1 + rest.length) : undefined;
}

/** `42283,58` unquoted between commas makes two cells of a number. */
function refuseSplitNumbers({ delimiter, columnNames, sample }: TextLayout, fileName: string): void {
  const width = columnNames.length;
  const isSplit = (cells: readonly string[]) =>
    cells.length > width + 1 && cells.length < 2 * width && cells.slice(1).every(isNumberText);
  if (delimiter !== ',' || sample.length === 0 || !sample.every(isSplit)) return;
  throw new TradeAiError(
    'CANDLE_FILE_UNREADABLE',
    `${fileName}: its numbers have decimal commas, and commas separate its cells too: line of ${sample[0].length} cells under ${width} column names`,
    { hint: 'export it with semicolons between cells, with the numbers in quotes, or with decimal points' },
  );
}

function likeliestDelimiter(line: string): string {
  const count = (delimiter: string) => splitCells(line, delimiter).length;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

function sampleOf(lines: readonly string[], start: number, delimiter: string): string[][] {
  const rows = lines.slice(start, start + SAMPLE_ROWS * 2).filter((line) => line.trim() !== '');
  return rows.slice(0, SAMPLE_ROWS).map((line) => splitCells(line, delimiter));
}
