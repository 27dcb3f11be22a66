/** A candle file as a DuckDB table of text or typed columns, and its rows as columns of numbers. */

import type { DuckDBConnection } from '@duckdb/node-api';
import { TradeAiError } from '../../core/errors.js';
import { readDoubleColumns } from '../../duckdb/columns.js';
import { duckDbReason, quoteIdentifier, quotePathPattern } from '../../duckdb/connection.js';
import { type ColumnPlan, type SourceColumn, VALUE_COLUMNS, type ValueColumn } from './columns.js';
import { kindOf, SOURCE_TABLE } from './csv-table.js';
import { unreadable } from './file-content.js';
import { type CellKind, hasUnitSql, type NumberStyle, numberSql } from './number-styles.js';
import { checkParquetSize } from './size-limits.js';
import { readTextTimes, type TimesOf } from './text-times.js';

/**
 * The rows of a file in its own order. Each array has the shape [rows]. An empty cell is NaN; text that is no number is
 * NaN as a time, and infinite as a price or a volume, so that a row of such is not taken for an empty one.
 */
export interface RawCandles {
  /** As the file gives it: seconds, milliseconds, micro- or nanoseconds. */
  readonly time: Float64Array;
  /** What times of text, and Parquet's own, tell; numbers say nothing of themselves. */
  readonly timesOf?: TimesOf;
  readonly values: Readonly<Record<ValueColumn, Float64Array>>;
  readonly quoteVolume: Float64Array | undefined;
  readonly extras: Readonly<Record<string, Float64Array>>;
  /** Columns left out because they hold text or nothing. */
  readonly textColumns: readonly string[];
  /** Distinct entries of the symbol column, at most a few. */
  readonly symbols: readonly string[];
  /** The same of a column that tells spot from futures. */
  readonly marketTypes?: readonly string[];
  /** How the cells were read, where they could have been meant otherwise. */
  readonly notices?: readonly string[];
}

export interface ReadOptions {
  readonly fileName: string;
  /** How a text writes its numbers, where the table has them as text. */
  readonly numberStyle?: NumberStyle;
  /** Whether a zone is named, which is of those times only that tell no offset. */
  readonly hasZone?: boolean;
}

const EXAMPLES = 5;

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
      `CREATE TEMP VIEW ${SOURCE_TABLE} AS SELECT * FROM read_parquet(${quotePathPattern(path)}, hive_partitioning = false)`,
    );
    const described = await connection.runAndReadAll(`DESCRIBE ${SOURCE_TABLE}`);
    const first = await connection.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM ${SOURCE_TABLE} LIMIT 1`);
    const cells = first.getRows()[0] ?? [];
    return described.getRows().map(([name, type], index) => ({
      name: String(name),
      type: columnTypeOf(String(type)),
      isZoned: String(type) === 'TIMESTAMP WITH TIME ZONE',
      sample: cells[index] == null ? [] : [String(cells[index])],
    }));
  } catch (error) {
    throw unreadable(fileName, `is damaged Parquet: ${duckDbReason(error)}`, 'download or export it again', error);
  }
}

/**
 * Takes the rows out of the table; leaves out further columns that hold text, and names them.
 *
 * @throws TradeAiError `CANDLE_VALUE_INVALID` for times of text with several readings
 */
export async function readRawCandles(
  connection: DuckDBConnection,
  columns: readonly SourceColumn[],
  plan: ColumnPlan,
  { fileName, numberStyle, hasZone = false }: ReadOptions,
): Promise<RawCandles> {
  const names = columns.map((column) => column.name);
  const cellOf = (column: ValueColumn) => quoteIdentifier(names[plan.valueIndexes[column]]);
  const toNumber = (cell: string, kind: CellKind) =>
    numberStyle === undefined ? `TRY_CAST(${cell} AS DOUBLE)` : numberSql(numberStyle, cell, kind);
  const toExtra = (column: SourceColumn) => toNumber(extraExpression(column), { hasUnit: true });
  try {
    const { numericExtras, textColumns } = await sortExtras(connection, columns, plan, toExtra);
    const expressions = [
      ...(plan.timeKind === 'text' ? [] : [timeExpression(quoteIdentifier(names[plan.timeIndex]), plan.timeKind)]),
      ...VALUE_COLUMNS.map((name) => {
        const cell = cellOf(name);
        const noNumber = `CASE WHEN ${cell} IS NULL THEN 'nan'::DOUBLE ELSE 'inf'::DOUBLE END`;
        return `coalesce(${toNumber(cell, kindOf(name))}, ${noNumber})`;
      }),
      ...numericExtras.map((column) => `coalesce(${toExtra(column)}, 'nan')`),
    ];
    const rows = await readDoubleColumns(connection, `SELECT ${expressions.join(', ')} FROM ${SOURCE_TABLE}`);
    const times =
      plan.timeKind === 'text'
        ? await readTextTimes(connection, columns, plan, { table: SOURCE_TABLE, fileName, hasZone })
        : { time: rows.columns[0], timesOf: timesOfType(columns[plan.timeIndex]), notices: [] };
    const [open, high, low, close, volume, ...rest] = rows.columns.slice(plan.timeKind === 'text' ? 0 : 1);
    const extras = Object.fromEntries(numericExtras.map(({ name }, index) => [name, rest[index]]));
    const quoteVolume = plan.quoteVolumeIndex === undefined ? undefined : extras[names[plan.quoteVolumeIndex]];
    const symbols = await readDistinct(connection, names, plan.symbolIndex);
    const marketTypes = await readDistinct(connection, names, plan.marketTypeIndex);
    const notices = [...times.notices, ...(await describeStyle(connection, numberStyle, cellOf('volume')))];
    const values = { open, high, low, close, volume };
    return { ...times, values, quoteVolume, extras, textColumns, symbols, marketTypes, notices };
  } catch (error) {
    if (error instanceof TradeAiError) throw error;
    throw unreadable(fileName, `cannot be read: ${duckDbReason(error)}`, 'download or export it again', error);
  }
}

/** Types that cannot be cast to a number, such as lists, go by their text, which is none. */
function extraExpression({ name, type }: SourceColumn): string {
  return type === 'number' ? quoteIdentifier(name) : `${quoteIdentifier(name)}::VARCHAR`;
}

function timeExpression(column: string, kind: 'number' | 'timestamp'): string {
  // DATE, TIMESTAMP of any unit and with a time zone; microseconds, so that the unit rule of numbers holds here too.
  return `coalesce(TRY_CAST(${kind === 'number' ? column : `epoch_us(${column})`} AS DOUBLE), 'nan')`;
}

/** What timestamps tell of themselves; numbers and texts tell nothing by their type. */
export function timesOfType({ type, isZoned }: SourceColumn): TimesOf | undefined {
  return type === 'timestamp' ? (isZoned ? 'UTC' : 'wall clock') : undefined;
}

async function describeStyle(
  connection: DuckDBConnection,
  style: NumberStyle | undefined,
  volume: string,
): Promise<string[]> {
  if (style === undefined) return [];
  const notices = style.decimal === ',' ? ['the numbers were read with decimal commas'] : [];
  const sql = `SELECT (count(*) FILTER (${hasUnitSql(volume)}))::DOUBLE FROM ${SOURCE_TABLE}`;
  const counted = await readDoubleColumns(connection, sql);
  if (counted.columns[0][0] > 0) {
    notices.push('volumes written in K, M or B have lost their last digits, and were read with those they have');
  }
  return notices;
}

async function sortExtras(
  connection: DuckDBConnection,
  columns: readonly SourceColumn[],
  plan: ColumnPlan,
  toNumber: (column: SourceColumn) => string,
): Promise<{ numericExtras: SourceColumn[]; textColumns: string[] }> {
  const candidates = plan.extraIndexes.map((index) => columns[index]);
  if (candidates.length === 0) return { numericExtras: [], textColumns: [] };
  const counts = candidates.flatMap((column) => {
    const expression = extraExpression(column);
    return [`count(${expression})::DOUBLE`, `count(${toNumber(column)})::DOUBLE`];
  });
  const counted = await readDoubleColumns(connection, `SELECT ${counts.join(', ')} FROM ${SOURCE_TABLE}`);
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
    `SELECT DISTINCT ${column}::VARCHAR FROM ${SOURCE_TABLE} WHERE ${column} IS NOT NULL LIMIT ${EXAMPLES}`,
  );
  return result.getRows().map(([entry]) => String(entry));
}

function columnTypeOf(type: string): SourceColumn['type'] {
  if (/^(TIMESTAMP|DATE)/.test(type)) return 'timestamp';
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/.test(type)) return 'number';
  return 'text';
}
