/** A CSV file as a DuckDB table: numbers where its cells are written as DuckDB reads them, text elsewhere. */

import type { DuckDBConnection } from '@duckdb/node-api';
import { TradeAiError } from '../../core/errors.js';
import { duckDbReason, quoteIdentifier, quotePathPattern, quoteText } from '../../duckdb/connection.js';
import { type ColumnPlan, isNumberText, VALUE_COLUMNS, type ValueColumn } from './columns.js';
import { unreadable } from './file-content.js';
import {
  ambiguousNumbers,
  bestStyles,
  type CellKind,
  fitsSql,
  NUMBER_STYLES,
  type NumberStyle,
  numberSql,
} from './number-styles.js';
import { splitCells, type TextLayout } from './text-layout.js';
import { mayBeThousands, type NumberCells, thousandsStyle } from './thousands-points.js';

export interface CsvSource {
  readonly path: string;
  readonly compression: 'gzip' | 'none';
  readonly layout: TextLayout;
  readonly plan: ColumnPlan;
  readonly fileName: string;
  /** Whether lines that are no rows are passed over. */
  readonly acceptsBadLines?: boolean;
}

export interface CsvTable {
  /** How its prices and volumes are written; undefined where the table has them as numbers. */
  readonly numberStyle: NumberStyle | undefined;
  /** The numbers of the lines that were passed over, none unless `acceptsBadLines`. */
  readonly badLines: readonly number[];
}

export const SOURCE_TABLE = 'source_rows';
const EXAMPLES = 5;
const NULL_TEXTS = ['', 'NULL', 'null', 'NaN', 'nan', 'N/A', 'n/a', 'None', 'NA'];

/**
 * Reads a CSV file into the table. Prices and volumes are cast while reading, so that a cell which is no number is
 * reported with its line. Where the first rows, or any later one, hold other cells, or points that may stand between
 * thousands, all are read as text and the style of the numbers is looked for in all of them.
 *
 * @throws TradeAiError `CANDLE_VALUE_INVALID` naming line, column and value, a number of two readings, or a currency's sign
 */
export async function loadCsv(connection: DuckDBConnection, source: CsvSource): Promise<CsvTable> {
  refuseCurrencySigns(source);
  if (looksPlain(source)) {
    await readCsv(connection, source, 'DOUBLE');
    const hasText = await hasRows(connection, "SELECT 1 FROM reject_errors WHERE error_type = 'CAST'");
    if (!hasText && !(await mayBeThousands(connection, numberCells(source)))) {
      return { numberStyle: undefined, badLines: await finishLines(connection, source) };
    }
  }
  await readCsv(connection, source, 'VARCHAR');
  const numberStyle = await findNumberStyle(connection, source);
  if (numberStyle === undefined) await readCsv(connection, source, 'DOUBLE');
  return { numberStyle, badLines: await finishLines(connection, source) };
}

/** Names by which the table can tell the columns apart, whatever stands in the header. */
function tableNames({ columnNames }: TextLayout): string[] {
  const lower = columnNames.map((name) => name.toLowerCase());
  return columnNames.map((name, at) => (lower.indexOf(lower[at]) === at ? name : `${name} (column ${at + 1})`));
}

function looksPlain({ layout, plan }: CsvSource): boolean {
  const isPlain = (cell: string | undefined) =>
    cell === undefined || NULL_TEXTS.includes(cell) || isNumberText(cell) || !/\d/.test(cell);
  return layout.sample.every((cells) => Object.values(plan.valueIndexes).every((index) => isPlain(cells[index])));
}

function refuseCurrencySigns({ layout, plan, fileName }: CsvSource): void {
  for (const column of VALUE_COLUMNS) {
    const cells = layout.sample.map((row) => row[plan.valueIndexes[column]] ?? '').filter((cell) => cell !== '');
    const signs = cells.flatMap((cell) => /\p{Sc}/u.exec(cell) ?? []);
    if (signs.length === 0 || signs.length < cells.length) continue;
    throw new TradeAiError(
      'CANDLE_VALUE_INVALID',
      `${fileName}: its numbers have the currency sign ${signs[0]}: ${JSON.stringify(cells[0])} as ${column}`,
      { hint: `export the numbers without ${signs[0]}; nothing was imported` },
    );
  }
}

async function readCsv(
  connection: DuckDBConnection,
  { path, compression, layout, plan, fileName }: CsvSource,
  valueType: 'DOUBLE' | 'VARCHAR',
): Promise<void> {
  const numeric = new Set<number>(valueType === 'DOUBLE' ? Object.values(plan.valueIndexes) : []);
  if (plan.timeKind === 'number') numeric.add(plan.timeIndex);
  const names = tableNames(layout);
  const types = names.map((name, index) => `${quoteText(name)}: '${numeric.has(index) ? 'DOUBLE' : 'VARCHAR'}'`);
  const used = new Set([
    plan.timeIndex,
    ...(plan.clockIndex === undefined ? [] : [plan.clockIndex]),
    ...Object.values(plan.valueIndexes),
    ...plan.extraIndexes,
    ...(plan.symbolIndex === undefined ? [] : [plan.symbolIndex]),
  ]);
  const selected = [...used].map((index) => quoteIdentifier(names[index])).join(', ');
  const sql = `CREATE OR REPLACE TEMP TABLE ${SOURCE_TABLE} AS SELECT ${selected} FROM read_csv(${quotePathPattern(path)},
    auto_detect = false, header = false, skip = ${layout.skipLines}, delim = ${quoteText(layout.delimiter)}, quote = '"', escape = '"',
    compression = '${compression}', strict_mode = true, hive_partitioning = false, store_rejects = true,
    nullstr = [${NULL_TEXTS.map(quoteText).join(', ')}], columns = {${types.join(', ')}})`;
  try {
    await connection.run('DROP TABLE IF EXISTS reject_errors');
    await connection.run('DROP TABLE IF EXISTS reject_scans');
    await connection.run(sql);
  } catch (error) {
    throw unreadable(
      fileName,
      `cannot be read as CSV: ${duckDbReason(error)}`,
      'check its quotes and line ends, or export it again',
      error,
    );
  }
}

/** A unit may follow a volume. */
export function kindOf(column: ValueColumn): CellKind {
  return { hasUnit: column === 'volume' };
}

/**
 * The style that reads most of the cells; of two that read as many, the one in which more of the rows are candles.
 *
 * `16,541` beside `16,541.77` is sixteen thousand, beside `16,54` it is sixteen and a half. Where every number is as open
 * as that, the neighbours may tell: a high of `1,002` cannot be below an open of `998`.
 *
 * @returns undefined where most cells are written as DuckDB reads them, and mean that
 */
async function findNumberStyle(connection: DuckDBConnection, source: CsvSource): Promise<NumberStyle | undefined> {
  const { fileName } = source;
  const cells = numberCells(source);
  const columns = [...cells.prices, cells.volume];
  const countCells = (isCounted: (cell: string, kind: CellKind) => string) =>
    VALUE_COLUMNS.map((name, at) => countRows(isCounted(columns[at], kindOf(name)))).join(' + ');
  const [plainCount, ...cellCounts] = await readCounts(connection, [
    countCells((cell) => `TRY_CAST(${cell} AS DOUBLE) IS NOT NULL`),
    ...NUMBER_STYLES.map((style) => countCells((cell, kind) => fitsSql(style, cell, kind))),
  ]);
  if (plainCount >= Math.max(...cellCounts)) return thousandsStyle(connection, cells);
  const fitting = bestStyles(NUMBER_STYLES, cellCounts);
  if (fitting.length === 1) return fitting[0];
  const numbers = (style: NumberStyle) => columns.map((column) => numberSql(style, column, { hasUnit: false }));
  const candleCounts = fitting.map(numbers).map(([open, high, low, close]) => {
    return countRows(`least(${open}, ${close}) >= ${low} AND greatest(${open}, ${close}) <= ${high}`);
  });
  const chosen = bestStyles(fitting, await readCounts(connection, candleCounts));
  if (chosen.length === 1) return chosen[0];
  const readings = chosen.map((style) => numberSql(style, 'cell', { hasUnit: false }));
  const different = await connection.runAndReadAll(`SELECT cell, ${readings.map((sql) => `(${sql})::DOUBLE`).join(', ')}
    FROM (SELECT unnest([${columns.join(', ')}]) AS cell FROM ${SOURCE_TABLE})
    WHERE ${readings.join(' <> ')} LIMIT 1`);
  const [row] = different.getRows();
  if (row === undefined) return chosen[0];
  const [cell, ...values] = row;
  throw ambiguousNumbers(fileName, { cell: String(cell), readings: values.map(Number) });
}

function numberCells({ layout, plan, fileName }: CsvSource): NumberCells {
  const nameOf = (index: number) => quoteIdentifier(layout.columnNames[index]);
  const { open, high, low, close, volume } = plan.valueIndexes;
  return {
    table: SOURCE_TABLE,
    prices: [open, high, low, close].map(nameOf),
    volume: nameOf(volume),
    quoteVolume: plan.quoteVolumeIndex === undefined ? undefined : nameOf(plan.quoteVolumeIndex),
    fileName,
  };
}

function countRows(condition: string): string {
  return `count(*) FILTER (${condition})`;
}

async function readCounts(connection: DuckDBConnection, counts: readonly string[]): Promise<number[]> {
  const sql = `SELECT ${counts.map((count) => `(${count})::DOUBLE`).join(', ')} FROM ${SOURCE_TABLE}`;
  return (await connection.runAndReadAll(sql)).getRows()[0].map(Number);
}

async function finishLines(connection: DuckDBConnection, source: CsvSource): Promise<number[]> {
  if (!source.acceptsBadLines) await refuseRejects(connection, source);
  const rejects = await connection.runAndReadAll('SELECT DISTINCT line::DOUBLE FROM reject_errors ORDER BY 1');
  return rejects.getRows().map(([line]) => Number(line));
}

async function hasRows(connection: DuckDBConnection, sql: string): Promise<boolean> {
  return (await connection.runAndReadAll(`${sql} LIMIT 1`)).getRows().length > 0;
}

async function refuseRejects(connection: DuckDBConnection, { layout, fileName }: CsvSource): Promise<void> {
  const result = await connection.runAndReadAll(`
    SELECT line::DOUBLE, min(column_idx)::DOUBLE, coalesce(min(error_type::VARCHAR) FILTER (error_type <> 'CAST'), 'CAST'), left(arg_min(csv_line, column_idx), 2000),
      (count(*) OVER ())::DOUBLE
    FROM reject_errors GROUP BY line ORDER BY line LIMIT ${EXAMPLES}`);
  const rows = result.getRows();
  if (rows.length === 0) return;
  const expected = layout.columnNames.length;
  const examples = rows.map(([line, column, type, text]) => {
    const cells = splitCells(String(text).trim(), layout.delimiter);
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
