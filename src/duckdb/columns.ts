/** Numbers from DuckDB as typed arrays, column by column, without an object per row. */

import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { loadDuckDb } from './connection.js';

export interface DoubleColumns {
  readonly names: readonly string[];
  /** One array per name, each of shape [rows]. */
  readonly columns: readonly Float64Array[];
}

/** Rows of the first block of a column; each block is twice the one before, up to the largest. */
const SMALLEST_BLOCK_ROWS = 8_192;
const LARGEST_BLOCK_ROWS = 131_072;

/** Runs a query whose columns are all of type DOUBLE; NULL becomes NaN. */
export async function readDoubleColumns(connection: DuckDBConnection, sql: string): Promise<DoubleColumns> {
  const columns: GrowingColumn[] = [];
  const names = await readRows(connection, sql, (column, rowCount) => {
    columns[column] ??= new GrowingColumn();
    return columns[column].extend(rowCount);
  });
  return { names, columns: names.map((_, column) => columns[column]?.join() ?? new Float64Array(0)) };
}

/**
 * Runs such a query whose rows are known to be so many, and writes them where they shall be.
 *
 * @param out one array for each column, each of shape [rows]
 * @throws RangeError when there are more or fewer rows
 */
export async function readDoubleColumnsInto(
  connection: DuckDBConnection,
  sql: string,
  out: readonly Float64Array[],
): Promise<void> {
  const rowCounts = out.map(() => 0);
  await readRows(connection, sql, (column, rowCount) => {
    const start = rowCounts[column];
    rowCounts[column] += rowCount;
    if (rowCounts[column] <= out[column].length) return out[column].subarray(start, rowCounts[column]);
    throw new RangeError(`expected ${out[column].length} rows, there were more`);
  });
  for (const [column, rowCount] of rowCounts.entries()) {
    if (rowCount < out[column].length) throw new RangeError(`expected ${out[column].length} rows, was ${rowCount}`);
  }
}

/**
 * @param placeFor the next rows of a column, to be filled
 * @returns the names of the columns
 */
async function readRows(
  connection: DuckDBConnection,
  sql: string,
  placeFor: (column: number, rowCount: number) => Float64Array,
): Promise<string[]> {
  const result = await connection.stream(sql);
  const names = result.columnNames();
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return names;
    for (let column = 0; column < names.length; column++) {
      readVector(chunk, column, placeFor(column, chunk.rowCount));
    }
  }
}

function readVector(chunk: DuckDBDataChunk, column: number, out: Float64Array): void {
  const vector = chunk.getColumnVector(column);
  if (!(vector instanceof loadDuckDb().DuckDBDoubleVector)) {
    throw new TypeError(`column ${column} was ${vector.type}, not DOUBLE`);
  }
  for (let row = 0; row < out.length; row++) out[row] = vector.getItem(row) ?? Number.NaN;
}

/** Numbers of which it is not known how many will come. */
class GrowingColumn {
  #blocks: Float64Array[] = [];
  #block = new Float64Array(SMALLEST_BLOCK_ROWS);
  #rowsInBlock = 0;

  /** The next `rowCount` places, to be filled. */
  extend(rowCount: number): Float64Array {
    if (this.#rowsInBlock + rowCount > this.#block.length) {
      this.#blocks.push(this.#block.subarray(0, this.#rowsInBlock));
      const blockRows = Math.min(2 * this.#block.length, LARGEST_BLOCK_ROWS);
      this.#block = new Float64Array(Math.max(blockRows, rowCount));
      this.#rowsInBlock = 0;
    }
    this.#rowsInBlock += rowCount;
    return this.#block.subarray(this.#rowsInBlock - rowCount, this.#rowsInBlock);
  }

  /** All of them in one array; the blocks are let go. */
  join(): Float64Array {
    const blocks = [...this.#blocks, this.#block.subarray(0, this.#rowsInBlock)];
    this.#blocks = [];
    this.#block = new Float64Array(0);
    const joined = new Float64Array(blocks.reduce((sum, block) => sum + block.length, 0));
    let offset = 0;
    for (const block of blocks) {
      joined.set(block, offset);
      offset += block.length;
    }
    return joined;
  }
}
