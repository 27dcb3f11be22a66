/** A file of values with times, CSV, CSV.gz or Parquet: two of its columns, in order and checked. */

import { basename } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { closest } from 'fastest-levenshtein';
import { TradeAiError } from '../../core/errors.js';
import { readDoubleColumns } from '../../duckdb/columns.js';
import { duckDbReason, quoteIdentifier, quotePathPattern, quoteText, withDuckDb } from '../../duckdb/connection.js';
import type { TimedValues } from '../../market/as-of-join.js';
import { type FileContent, readFileContent, unreadable } from './file-content.js';
import { toMilliseconds } from './row-checks.js';
import { checkParquetSize, checkTableSize } from './size-limits.js';
import { splitCells } from './text-layout.js';
import { countRows, locateRow } from './text-lines.js';

export interface ColumnFileOptions {
  readonly time: string;
  readonly value: string;
}

export interface ColumnFileResult {
  readonly records: TimedValues;
  readonly notices: readonly string[];
}

const EXAMPLES = 5;
const DELIMITERS = [',', ';', '\t', '|'];
/** Cells that say there is no value. */
const EMPTY_TEXTS = ['', 'NULL', 'null', 'NaN', 'nan', 'N/A', 'n/a', 'None', 'NA'];
const NUMBER_PATTERN = '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$';
/** ISO 8601; without an offset it is UTC. */
const ISO_PATTERN =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$';
const FIRST_TIME_MS = Date.UTC(1990, 0, 1);
const LAST_TIME_MS = Date.UTC(2200, 0, 1);
/** Numbers that are read of a row: see `RawRows`. */
const VALUES_OF_ROW = 4;
/** What the value of a row is, as the query says it. */
const CELL = { number: 0, empty: 1, text: 2 } as const;

/**
 * Reads one column of values with its times. Rows out of order are sorted; rows without a value, and rows that are there
 * twice, are left out and counted.
 *
 * @throws TradeAiError `FILE_NOT_FOUND`, `CANDLE_FILE_UNREADABLE`; `COLUMN_INVALID` for a column that is not there, and for
 *   times and values that are none, with their lines
 */
export async function readColumnFile(path: string, options: ColumnFileOptions): Promise<ColumnFileResult> {
  const content = await readFileContent(path);
  const fileName = basename(path);
  return withDuckDb(async (connection) => {
    const lineCount = content.kind === 'text' ? countRows(content.text, 1) : undefined;
    if (lineCount !== undefined) {
      checkTableSize({ rowCount: lineCount, valueCount: lineCount * VALUES_OF_ROW, fileName });
    }
    const source =
      content.kind === 'parquet'
        ? await parquetSource(connection, path, { sizeBytes: content.sizeBytes, fileName })
        : csvSource(path, content, options, fileName);
    const rows = await readRows(connection, source.sql, options, fileName);
    if (lineCount !== undefined && lineCount !== rows.cell.length) {
      const state = `has ${lineCount} lines of data, of which ${rows.cell.length} rows were read`;
      throw unreadable(fileName, state, 'a quoted cell may hold a line break; remove that column');
    }
    return finish(rows, options, fileName, source.placeOf);
  });
}

interface Source {
  /** A table function of DuckDB. */
  readonly sql: string;
  readonly placeOf: (row: number) => string;
}

/** One entry a row of the file. */
interface RawRows {
  /** As the file gives it, NaN where it is no number. */
  readonly timeNumber: Float64Array;
  /** Milliseconds of ISO text, NaN where it is none. */
  readonly timeIsoMs: Float64Array;
  readonly value: Float64Array;
  readonly cell: Float64Array;
}

async function parquetSource(
  connection: DuckDBConnection,
  path: string,
  file: { readonly sizeBytes: number; readonly fileName: string },
): Promise<Source> {
  await checkParquetSize(connection, path, file);
  return {
    sql: `read_parquet(${quotePathPattern(path)}, hive_partitioning = false)`,
    placeOf: (row) => `row ${row + 1}`,
  };
}

function csvSource(
  path: string,
  { text, compression }: Extract<FileContent, { kind: 'text' }>,
  options: ColumnFileOptions,
  fileName: string,
): Source {
  const end = text.indexOf('\n');
  const header = text
    .toString('utf8', 0, end < 0 ? text.length : end)
    .replace(/^\ufeff/, '')
    .trimEnd();
  const count = (delimiter: string) => header.split(delimiter).length;
  const delimiter = DELIMITERS.reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best));
  const names = splitCells(header, delimiter).map((cell, at) => cell || `Unnamed: ${at}`);
  checkNames(names, options, fileName);
  const columns = names.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ');
  return {
    sql: `read_csv(${quotePathPattern(path)}, auto_detect = false, header = false, skip = 1, delim = ${quoteText(delimiter)},
      quote = '"', escape = '"', compression = '${compression}', strict_mode = true, hive_partitioning = false, columns = {${columns}})`,
    placeOf: (row) => `line ${locateRow(text, 1, row).lineNumber}`,
  };
}

async function readRows(
  connection: DuckDBConnection,
  source: string,
  options: ColumnFileOptions,
  fileName: string,
): Promise<RawRows> {
  try {
    await connection.run(`CREATE TEMP VIEW source_rows AS SELECT * FROM ${source}`);
    const described = await connection.runAndReadAll('DESCRIBE source_rows');
    const types = new Map(described.getRows().map(([name, type]) => [String(name), String(type)]));
    checkNames([...types.keys()], options, fileName);
    const time = quoteIdentifier(options.time);
    const isTimestamp = /^(TIMESTAMP|DATE)/.test(types.get(options.time)!);
    const timeText = `trim(${time}::VARCHAR)`;
    const iso = isTimestamp
      ? `epoch_ms(${time}::TIMESTAMPTZ)`
      : `CASE WHEN regexp_matches(${timeText}, ${quoteText(ISO_PATTERN)}) THEN epoch_ms(TRY_CAST(${timeText} AS TIMESTAMPTZ)) END`;
    const number = isTimestamp ? 'NULL' : numberOf(timeText);
    const valueText = `trim(${quoteIdentifier(options.value)}::VARCHAR)`;
    const isEmpty = `coalesce(${valueText} IN (${EMPTY_TEXTS.map(quoteText).join(', ')}), true)`;
    const { columns } = await readDoubleColumns(
      connection,
      `SELECT coalesce((${number})::DOUBLE, 'nan'), coalesce((${iso})::DOUBLE, 'nan'), coalesce(${numberOf(valueText)}, 'nan'),
        (CASE WHEN ${isEmpty} THEN ${CELL.empty} WHEN ${numberOf(valueText)} IS NULL THEN ${CELL.text} ELSE ${CELL.number} END)::DOUBLE
      FROM source_rows`,
    );
    const [timeNumber, timeIsoMs, value, cell] = columns;
    return { timeNumber, timeIsoMs, value, cell };
  } catch (error) {
    if (error instanceof TradeAiError) throw error;
    throw unreadable(
      fileName,
      `cannot be read: ${duckDbReason(error)}`,
      'check its delimiter, quotes and line ends, or export it again',
      error,
    );
  }
}

function numberOf(text: string): string {
  return `CASE WHEN regexp_matches(${text}, ${quoteText(NUMBER_PATTERN)}) THEN TRY_CAST(${text} AS DOUBLE) END`;
}

function checkNames(names: readonly string[], options: ColumnFileOptions, fileName: string): void {
  for (const name of [options.time, options.value]) {
    if (names.includes(name)) continue;
    throw new TradeAiError('COLUMN_INVALID', `${fileName} has no column ${JSON.stringify(name)}`, {
      hint: `did you mean ${closest(name, names)}? Its columns are ${names.slice(0, 50).join(', ')}`,
    });
  }
}

function finish(
  { timeNumber, timeIsoMs, value, cell }: RawRows,
  options: ColumnFileOptions,
  fileName: string,
  placeOf: (row: number) => string,
): ColumnFileResult {
  const { timeMs: numberMs } = toMilliseconds(timeNumber);
  const timeMs = timeIsoMs.map((isoMs, row) => (Number.isNaN(isoMs) ? numberMs[row] : isoMs));
  const problems: string[] = [];
  const rows: number[] = [];
  let emptyRows = 0;
  let isSorted = true;
  for (let row = 0; row < timeMs.length; row++) {
    if (!(timeMs[row] >= FIRST_TIME_MS && timeMs[row] <= LAST_TIME_MS)) {
      problems.push(`${placeOf(row)}: ${options.time} is no time`);
    } else if (cell[row] === CELL.text || (cell[row] === CELL.number && !Number.isFinite(value[row]))) {
      problems.push(`${placeOf(row)}: ${options.value} is no number`);
    } else if (cell[row] === CELL.empty) {
      emptyRows += 1;
    } else {
      if (rows.length > 0 && timeMs[row] < timeMs[rows[rows.length - 1]]) isSorted = false;
      rows.push(row);
    }
    if (problems.length > EXAMPLES) break;
  }
  refuse(problems, fileName, 'correct or remove these lines; times are ISO text in UTC or counts since 1970');
  rows.sort((a, b) => timeMs[a] - timeMs[b] || a - b);
  const { kept, duplicateRows } = dropDuplicates(rows, timeMs, value, fileName, placeOf);
  if (kept.length === 0) {
    throw new TradeAiError('COLUMN_INVALID', `${fileName} holds no value of ${options.value}`, {
      hint: 'bring a file with values',
    });
  }
  const counted = (count: number) => `${count} ${count === 1 ? 'row' : 'rows'}`;
  return {
    records: {
      timeMs: Float64Array.from(kept, (row) => timeMs[row]),
      value: Float64Array.from(kept, (row) => value[row]),
    },
    notices: [
      ...(emptyRows > 0 ? [`${counted(emptyRows)} without a value left out`] : []),
      ...(duplicateRows > 0 ? [`${counted(duplicateRows)} left out as a repetition of another`] : []),
      ...(isSorted ? [] : ['rows were out of order and have been sorted']),
    ],
  };
}

/** @param rows by time, then by place in the file */
function dropDuplicates(
  rows: readonly number[],
  timeMs: Float64Array,
  value: Float64Array,
  fileName: string,
  placeOf: (row: number) => string,
): { kept: number[]; duplicateRows: number } {
  const kept: number[] = [];
  const problems: string[] = [];
  for (const row of rows) {
    const before = kept[kept.length - 1];
    if (before === undefined || timeMs[before] !== timeMs[row]) kept.push(row);
    else if (value[before] !== value[row] && problems.length <= EXAMPLES) {
      problems.push(
        `${placeOf(before)} and ${placeOf(row)}: ${value[before]} and ${value[row]} at ${new Date(timeMs[row]).toISOString()}`,
      );
    }
  }
  refuse(problems, fileName, 'keep one row a time; nobody can tell which of two values was the known one');
  return { kept, duplicateRows: rows.length - kept.length };
}

function refuse(problems: readonly string[], fileName: string, hint: string): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, EXAMPLES).join('; ');
  throw new TradeAiError('COLUMN_INVALID', `${fileName}: ${shown}${problems.length > EXAMPLES ? '; and more' : ''}`, {
    hint,
  });
}
