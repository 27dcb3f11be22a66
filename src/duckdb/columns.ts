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
  const result = await connection.stream(sql);
  const names = result.columnNames();
  const columns = names.map(() => new GrowingColumn());
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    for (const [index, column] of columns.entries()) readVector(chunk, index, column.extend(chunk.rowCount));
  }
  return { names, columns: columns.map((column) => column.join()) };
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
