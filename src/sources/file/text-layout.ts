/** How a text file is laid out: its delimiter, lines to skip, column names. Pure. */

import { TradeAiError } from '../../core/errors.js';
import { KNOWN_COLUMN_COUNTS, namesWithoutHeader } from './column-order.js';
import { isNumberText, roleOfColumn } from './columns.js';

export interface TextLayout {
  readonly delimiter: string;
  readonly columnNames: readonly string[];
  /** Whether the names are the file's own. */
  readonly hasHeader: boolean;
  /** Lines before the first row of data: a preamble and the header. */
  readonly skipLines: number;
  /** The first rows of data, as cells. */
  readonly sample: readonly (readonly string[])[];
}

const DELIMITERS = [',', ';', '\t', '|'];
/** A header stands within this many lines; vendors put a banner or a date before it. */
const HEADER_SEARCH_LINES = 10;
const SAMPLE_ROWS = 20;
/** Looking at every name of a line of nothing but delimiters would take a second. */
const MAXIMUM_COLUMNS = 2_000;
/** So many columns must be known by their names for a line to be a header. */
const KNOWN_COLUMNS_OF_HEADER = 3;

/**
 * Reads the layout from the beginning of a text.
 *
 * @param head the first lines, whole ones only
 * @throws TradeAiError `CANDLE_COLUMNS_MISSING` when there is neither a header nor a known number of columns
 */
export function readTextLayout(head: string, fileName: string): TextLayout {
  const lines = head.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  const found = findHeader(lines);
  if (found) {
    const { delimiter, cells, line } = found;
    // A nameless first column is the row number that pandas writes.
    const columnNames = cells.map((cell, at) => cell || `Unnamed: ${at}`);
    return {
      delimiter,
      columnNames,
      hasHeader: true,
      skipLines: line + 1,
      sample: sampleOf(lines, line + 1, delimiter),
    };
  }
  const first = lines.findIndex((line) => line.trim() !== '');
  const delimiter = likeliestDelimiter(lines[first] ?? '');
  const cells = splitCells(lines[first] ?? '', delimiter);
  const columnNames = namesWithoutHeader(cells.length);
  if (columnNames && cells.every(isNumberText)) {
    return { delimiter, columnNames, hasHeader: false, skipLines: first, sample: sampleOf(lines, first, delimiter) };
  }
  throw new TradeAiError(
    'CANDLE_COLUMNS_MISSING',
    `${fileName}: expected a header with open_time, open, high, low, close and volume, the first line was ${JSON.stringify((lines[first] ?? '').slice(0, 120))}`,
    { hint: `add a header line; without one, ${KNOWN_COLUMN_COUNTS} columns of numbers are understood` },
  );
}

/** The cells of one line, without quotes and outer blanks. */
export function splitCells(line: string, delimiter: string): string[] {
  return line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

function findHeader(lines: readonly string[]): { delimiter: string; cells: string[]; line: number } | undefined {
  for (const [line, text] of lines.slice(0, HEADER_SEARCH_LINES).entries()) {
    const delimiter = likeliestDelimiter(text);
    const cells = splitCells(text, delimiter);
    if (cells.length > MAXIMUM_COLUMNS) continue;
    const known = cells.filter((cell) => roleOfColumn(cell) !== undefined);
    if (known.length >= KNOWN_COLUMNS_OF_HEADER && !cells.some(isNumberText)) return { delimiter, cells, line };
  }
  return undefined;
}

function likeliestDelimiter(line: string): string {
  const count = (delimiter: string) => line.split(delimiter).length;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

function sampleOf(lines: readonly string[], start: number, delimiter: string): string[][] {
  const rows = lines.slice(start, start + SAMPLE_ROWS * 2).filter((line) => line.trim() !== '');
  return rows.slice(0, SAMPLE_ROWS).map((line) => splitCells(line, delimiter));
}
