/** Typed arrays as a Parquet file. The same arrays make the same bytes. */

import type { DuckDBConnection } from '@duckdb/node-api';
import { withColumnSource } from './column-source.js';
import { readDoubleColumns } from './columns.js';
import { quoteIdentifier, quotePathPattern, quoteText, withDuckDb } from './connection.js';

/** Real candles take some bytes a row, long halts of a second each about a tenth of one. */
const MAXIMUM_ROWS_PER_BYTE = 200;
/** So few are no burden, whatever they are packed into. */
const RATIO_FREE_ROWS = 2 ** 20;

/** What the footer of a file says of it. */
export interface ParquetSize {
  readonly rowCount: number;
  /** Of all columns together, with those in lists. */
  readonly valueCount: number;
}

/** Reads the footer of a file, and nothing else of it. Throws DuckDB's own error. */
export async function readParquetSize(connection: DuckDBConnection, path: string): Promise<ParquetSize> {
  // Absolute, for a footer may say anything: numbers that cancel each other out, too.
  const { columns } = await readDoubleColumns(
    connection,
    `SELECT sum(CASE WHEN column_id = 0 THEN abs(row_group_num_rows) END)::DOUBLE, sum(abs(num_values))::DOUBLE
    FROM parquet_metadata(${quotePathPattern(path)})`,
  );
  const [[rowCount], [valueCount]] = columns;
  return { rowCount: rowCount || 0, valueCount: valueCount || 0 };
}

/** Whether so many candles can be in so many bytes: a damaged footer may say anything. */
export function canHoldRows(sizeBytes: number, rowCount: number): boolean {
  return rowCount >= 0 && rowCount <= Math.max(RATIO_FREE_ROWS, MAXIMUM_ROWS_PER_BYTE * sizeBytes);
}

export interface ParquetColumn {
  readonly name: string;
  /** Shape [rows]. */
  readonly values: Float64Array;
  /** Whole numbers as BIGINT; UTC milliseconds as TIMESTAMP with time zone; numbers as DOUBLE, NaN as NULL where it may be. */
  readonly type: 'integer' | 'timestamp' | 'number' | 'number or null';
}

/**
 * Layout of every file written: delta encoding makes a regular column of times almost nothing, byte-stream split makes
 * prices cheap to compress. Against format version 1, 74,000 candles take half the time (16 ms for 30) and a fifth more
 * space. https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
const FORMAT = 'FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, USE_TMP_FILE false';

/**
 * Writes a file at `path`, not atomically. Throws DuckDB's own error.
 *
 * @param metadata pairs for the file's footer
 * @param rowGroupRows rows that can be read without the others, a multiple of 2,048
 */
export async function writeParquet(
  path: string,
  columns: readonly ParquetColumn[],
  metadata: Readonly<Record<string, string>>,
  rowGroupRows = 122_880,
): Promise<void> {
  const source = { names: columns.map(({ name }) => name), columns: columns.map(({ values }) => values) };
  const selected = columns.map(({ name, type }) => `${expressionOf(name, type)} AS ${quoteIdentifier(name)}`);
  const pairs = Object.entries(metadata).map(([key, value]) => `${key}: ${quoteText(value)}`);
  const format = `${FORMAT}, ROW_GROUP_SIZE ${rowGroupRows}`;
  const options = pairs.length > 0 ? `${format}, KV_METADATA {${pairs.join(', ')}}` : format;
  await withDuckDb((connection) =>
    withColumnSource(source, (table) =>
      connection.run(`COPY (SELECT ${selected.join(', ')} FROM ${table}) TO ${quoteText(path)} (${options})`),
    ),
  );
}

function expressionOf(name: string, type: ParquetColumn['type']): string {
  const column = quoteIdentifier(name);
  switch (type) {
    case 'integer':
      return `${column}::BIGINT`;
    case 'timestamp':
      // The time zone of the connection is UTC.
      return `make_timestamp(${column}::BIGINT * 1000)::TIMESTAMPTZ`;
    case 'number':
      return column;
    case 'number or null':
      return `CASE WHEN isnan(${column}) THEN NULL ELSE ${column} END`;
    default:
      return type satisfies never;
  }
}
