/** Numbers between DuckDB and typed arrays, column by column, without an object per row. */

import type { DuckDBConnection } from '@duckdb/node-api';
import { loadDuckDb } from './connection.js';

export interface DoubleColumns {
  readonly names: readonly string[];
  /** One array per name, each of shape [rows]. */
  readonly columns: readonly Float64Array[];
}

/** Runs a query whose columns are all of type DOUBLE; NULL becomes NaN. */
export async function readDoubleColumns(connection: DuckDBConnection, sql: string): Promise<DoubleColumns> {
  const { DuckDBDoubleVector } = loadDuckDb();
  const result = await connection.stream(sql);
  const parts: Float64Array[][] = Array.from({ length: result.columnCount }, () => []);
  let rowCount = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    for (let column = 0; column < parts.length; column++) {
      const vector = chunk.getColumnVector(column);
      if (!(vector instanceof DuckDBDoubleVector))
        throw new TypeError(`column ${column} was ${vector.type}, not DOUBLE`);
      const values = new Float64Array(chunk.rowCount);
      for (let row = 0; row < values.length; row++) values[row] = vector.getItem(row) ?? Number.NaN;
      parts[column].push(values);
    }
    rowCount += chunk.rowCount;
  }
  return { names: result.columnNames(), columns: parts.map((chunks) => concatenate(chunks, rowCount)) };
}

/**
 * Appends rows to a table whose columns are all of type DOUBLE.
 *
 * @param columns one array per column of the table, each of shape [rows]
 */
export async function appendDoubleColumns(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Float64Array[],
): Promise<void> {
  const { DuckDBDataChunk, DuckDBDoubleVector, DOUBLE } = loadDuckDb();
  const types = columns.map(() => DOUBLE);
  const rowCount = columns[0]?.length ?? 0;
  const appender = await connection.createAppender(table);
  try {
    for (let start = 0; start < rowCount; start += CHUNK_ROWS) {
      const chunkRows = Math.min(CHUNK_ROWS, rowCount - start);
      const chunk = DuckDBDataChunk.create(types, chunkRows);
      for (let column = 0; column < columns.length; column++) {
        const vector = chunk.getColumnVector(column);
        if (!(vector instanceof DuckDBDoubleVector)) throw new TypeError(`column ${column} was ${vector.type}`);
        const values = columns[column];
        for (let row = 0; row < chunkRows; row++) vector.setItem(row, values[start + row]);
        vector.flush();
      }
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
}

/** DuckDB's vector size: the most rows a chunk may have. */
const CHUNK_ROWS = 2048;

function concatenate(chunks: readonly Float64Array[], length: number): Float64Array {
  const out = new Float64Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    out.set(chunk, offset);
    offset += chunk.length;
  }
  return out;
}
