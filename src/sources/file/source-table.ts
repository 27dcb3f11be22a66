/** A candle file as a DuckDB table of text or typed columns, and its rows as columns of numbers. */

import type { DuckDBConnection } from '@duckdb/node-api';
import { TradeAiError } from '../../core/errors.js';
import { readDoubleColumns } from '../../duckdb/columns.js';
import { duckDbReason, quoteIdentifier, quotePathPattern, quoteText } from '../../duckdb/connection.js';
import { type ColumnPlan, type SourceColumn, VALUE_COLUMNS, type ValueColumn } from './columns.js';
import { unreadable } from './file-content.js';
import { checkParquetSize } from './size-limits.js';
import type { TextLayout } from './text-layout.js';

/** The rows of a file in its own order; what was no number is NaN. Each array has the shape [rows]. */
export interface RawCandles {
  /** As the file gives it: seconds, milliseconds, micro- or nanoseconds. */
  readonly time: Float64Array;
  readonly values: Readonly<Record<ValueColumn, Float64Array>>;
  readonly quoteVolume: Float64Array | undefined;
  readonly extras: Readonly<Record<string, Float64Array>>;
  /** Columns left out because they hold text or nothing. */
  readonly textColumns: readonly string[];
  /** Distinct entries of the symbol column, at most a few. */
  readonly symbols: readonly string[];
  /** The same of a column that tells spot from futures. */
  readonly marketTypes?: readonly string[];
}

const TABLE = 'source_rows';
const EXAMPLES = 5;
/** `2020-11-20 07-AM`, as CryptoDataDownload once wrote its hours. */
const HOUR_FORMAT = '%Y-%m-%d %I-%p';
const NULL_TEXTS = ['', 'NULL', 'null', 'NaN', 'nan', 'N/A', 'n/a', 'None', 'NA'];

/**
 * Reads a CSV file into the table. Prices and volumes are cast while reading, so that a cell which is no number is
 * reported with its line.
 *
 * @returns the numbers of the lines that were passed over, none unless `acceptsBadLines`
 * @throws TradeAiError `CANDLE_VALUE_INVALID` naming line, column and value
 */
export async function loadCsv(
  connection: DuckDBConnection,
  path: string,
  compression: 'gzip' | 'none',
  layout: TextLayout,
  plan: ColumnPlan,
  fileName: string,
  acceptsBadLines = false,
): Promise<number[]> {
  const numeric = new Set<number>(Object.values(plan.valueIndexes));
  if (plan.timeKind === 'number') numeric.add(plan.timeIndex);
  const types = layout.columnNames.map(
    (name, index) => `${quoteText(name)}: '${numeric.has(index) ? 'DOUBLE' : 'VARCHAR'}'`,
  );
  const used = [
    plan.timeIndex,
    ...Object.values(plan.valueIndexes),
    ...plan.extraIndexes,
    ...(plan.symbolIndex === undefined ? [] : [plan.symbolIndex]),
  ];
  const selected = used.map((index) => quoteIdentifier(layout.columnNames[index])).join(', ');
  const sql = `CREATE TEMP TABLE ${TABLE} AS SELECT ${selected} FROM read_csv(${quotePathPattern(path)},
    auto_detect = false, header = false, skip = ${layout.skipLines}, delim = ${quoteText(layout.delimiter)}, quote = '"', escape = '"',
    compression = '${compression}', strict_mode = true, hive_partitioning = false, store_rejects = true,
    nullstr = [${NULL_TEXTS.map(quoteText).join(', ')}], columns = {${types.join(', ')}})`;
  try {
    await connection.run(sql);
  } catch (error) {
    throw unreadable(
      fileName,
      `cannot be read as CSV: ${duckDbReason(error)}`,
      'check its quotes and line ends, or export it again',
      error,
    );
  }
  if (!acceptsBadLines) await refuseRejects(connection, layout, fileName);
  const rejects = await connection.runAndReadAll('SELECT DISTINCT line::DOUBLE FROM reject_errors ORDER BY 1');
  return rejects.getRows().map(([line]) => Number(line));
}

/**
 * The columns of a Parquet file with their types, and the text of the first row.
 *
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE` for a damaged file, and for one that holds too much
 */
export async function describeParquet(
  connection: DuckDBConnection,
  path: string,
  { sizeBytes, fileName }: { readonly sizeBytes: number; readonly fileName: string },
): Promise<SourceColumn[]> {
  await checkParquetSize(connection, path, { sizeBytes, fileName });
  try {
    await connection.run(
      `CREATE TEMP VIEW ${TABLE} AS SELECT * FROM read_parquet(${quotePathPattern(path)}, hive_partitioning = false)`,
    );
    const described = await connection.runAndReadAll(`DESCRIBE ${TABLE}`);
    const first = await connection.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM ${TABLE} LIMIT 1`);
    const cells = first.getRows()[0] ?? [];
    return described.getRows().map(([name, type], index) => ({
      name: String(name),
      type: columnTypeOf(String(type)),
      sample: cells[index] == null ? [] : [String(cells[index])],
    }));
  } catch (error) {
    throw unreadable(fileName, `is damaged Parquet: ${duckDbReason(error)}`, 'download or export it again', error);
  }
}

/** Takes the rows out of the table; leaves out further columns that hold text, and names them. */
export async function readRawCandles(
  connection: DuckDBConnection,
  columns: readonly SourceColumn[],
  plan: ColumnPlan,
  fileName: string,
): Promise<RawCandles> {
  const names = columns.map((column) => column.name);
  try {
    const { numericExtras, textColumns } = await sortExtras(connection, columns, plan);
    const expressions = [
      timeExpression(names[plan.timeIndex], plan.timeKind),
      ...VALUE_COLUMNS.map((column) => numberOrNan(quoteIdentifier(names[plan.valueIndexes[column]]))),
      ...numericExtras.map((column) => numberOrNan(extraExpression(column))),
    ];
    const rows = await readDoubleColumns(connection, `SELECT ${expressions.join(', ')} FROM ${TABLE}`);
    const [time, open, high, low, close, volume, ...rest] = rows.columns;
    const extras = Object.fromEntries(numericExtras.map(({ name }, index) => [name, rest[index]]));
    const quoteVolume = plan.quoteVolumeIndex === undefined ? undefined : extras[names[plan.quoteVolumeIndex]];
    const symbols = await readDistinct(connection, names, plan.symbolIndex);
    const marketTypes = await readDistinct(connection, names, plan.marketTypeIndex);
    return { time, values: { open, high, low, close, volume }, quoteVolume, extras, textColumns, symbols, marketTypes };
  } catch (error) {
    throw unreadable(fileName, `cannot be read: ${duckDbReason(error)}`, 'download or export it again', error);
  }
}

function numberOrNan(expression: string): string {
  return `coalesce(TRY_CAST(${expression} AS DOUBLE), 'nan')`;
}

/** Types that cannot be cast to a number, such as lists, go by their text, which is none. */
function extraExpression({ name, type }: SourceColumn): string {
  return type === 'number' ? quoteIdentifier(name) : `${quoteIdentifier(name)}::VARCHAR`;
}

function timeExpression(name: string, kind: ColumnPlan['timeKind']): string {
  const column = quoteIdentifier(name);
  if (kind === 'number') return numberOrNan(column);
  // DATE, TIMESTAMP of any unit and with a time zone; microseconds, so that the unit rule of numbers holds here too.
  if (kind === 'timestamp') return numberOrNan(`epoch_us(${column})`);
  // A plain TIMESTAMP would leave an offset unread; text without one is UTC, which the connection is set to.
  return numberOrNan(
    `epoch_us(coalesce(TRY_CAST(${column} AS TIMESTAMPTZ), try_strptime(${column}, '${HOUR_FORMAT}')))`,
  );
}

async function sortExtras(
  connection: DuckDBConnection,
  columns: readonly SourceColumn[],
  plan: ColumnPlan,
): Promise<{ numericExtras: SourceColumn[]; textColumns: string[] }> {
  const candidates = plan.extraIndexes.map((index) => columns[index]);
  if (candidates.length === 0) return { numericExtras: [], textColumns: [] };
  const counts = candidates.flatMap((column) => {
    const expression = extraExpression(column);
    return [`count(${expression})::DOUBLE`, `count(TRY_CAST(${expression} AS DOUBLE))::DOUBLE`];
  });
  const counted = await readDoubleColumns(connection, `SELECT ${counts.join(', ')} FROM ${TABLE}`);
  const isNumeric = (index: number) => {
    const [[valueCount], [numberCount]] = counted.columns.slice(2 * index, 2 * index + 2);
    return valueCount > 0 && valueCount === numberCount;
  };
  return {
    numericExtras: candidates.filter((_, index) => isNumeric(index)),
    textColumns: candidates.flatMap(({ name }, index) => (isNumeric(index) ? [] : [name])),
  };
}

/** The distinct entries of a column, at most a few. */
async function readDistinct(
  connection: DuckDBConnection,
  names: readonly string[],
  index: number | undefined,
): Promise<string[]> {
  if (index === undefined) return [];
  const column = quoteIdentifier(names[index]);
  const result = await connection.runAndReadAll(
    `SELECT DISTINCT ${column}::VARCHAR FROM ${TABLE} WHERE ${column} IS NOT NULL LIMIT ${EXAMPLES}`,
  );
  return result.getRows().map(([entry]) => String(entry));
}

function columnTypeOf(type: string): SourceColumn['type'] {
  if (/^(TIMESTAMP|DATE)/.test(type)) return 'timestamp';
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/.test(type)) return 'number';
  return 'text';
}

async function refuseRejects(connection: DuckDBConnection, layout: TextLayout, fileName: string): Promise<void> {
  const result = await connection.runAndReadAll(`
    SELECT line::DOUBLE, min(column_idx)::DOUBLE, coalesce(min(error_type::VARCHAR) FILTER (error_type <> 'CAST'), 'CAST'), left(arg_min(csv_line, column_idx), 2000),
      (count(*) OVER ())::DOUBLE
    FROM reject_errors GROUP BY line ORDER BY line LIMIT ${EXAMPLES}`);
  const rows = result.getRows();
  if (rows.length === 0) return;
  const expected = layout.columnNames.length;
  const examples = rows.map(([line, column, type, text]) => {
    const cells = String(text).trim().split(layout.delimiter);
    const index = Number(column) - 1;
    if (type === 'CAST') return `line ${line}, ${layout.columnNames[index]}: ${JSON.stringify(cells[index]?.trim())}`;
    if (type === 'MISSING COLUMNS' || type === 'TOO MANY COLUMNS') {
      return `line ${line}: expected ${expected} columns, was ${cells.length}`;
    }
    return `line ${line}: ${String(type).toLowerCase()}`;
  });
  const count = Number(rows[0][4]);
  throw new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${fileName}: ${count} ${count === 1 ? 'row is' : 'rows are'} not of numbers in the expected columns: ${examples.join('; ')}`,
    { hint: 'correct or remove these lines; nothing was imported' },
  );
}
