/** How much one file may hold. What is read of it stands in memory as numbers, however small the file is. */

import type { DuckDBConnection } from '@duckdb/node-api';
import { duckDbReason } from '../../duckdb/connection.js';
import { canHoldRows, readParquetSize } from '../../duckdb/parquet.js';
import { counted } from '../../text/sentences.js';
import { unreadable } from './file-content.js';

/** A year of candles of a second is 31,536,000. */
export const MAXIMUM_ROWS = 2 ** 25;
/** Two GiB as numbers; sorting and checking them takes about as much again. */
export const MAXIMUM_VALUES = 2 ** 28;

/**
 * Refuses more rows or values than one file may hold, before they are read.
 *
 * @param valueCount rows times the columns that are read
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE`
 */
export function checkTableSize({
  rowCount,
  valueCount,
  fileName,
}: {
  readonly rowCount: number;
  readonly valueCount: number;
  readonly fileName: string;
}): void {
  const [count, limit, noun] =
    rowCount > MAXIMUM_ROWS ? [rowCount, MAXIMUM_ROWS, 'row'] : [valueCount, MAXIMUM_VALUES, 'value'];
  if (count <= limit) return;
  throw unreadable(
    fileName,
    `holds ${counted(count, noun)}, more than the ${counted(limit, noun)} accepted of one file`,
    'split it by years and import the parts',
  );
}

/**
 * Refuses a Parquet file by its footer, before anything else of it is read.
 *
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE`, for a damaged footer too
 */
export async function checkParquetSize(
  connection: DuckDBConnection,
  path: string,
  { sizeBytes, fileName }: { readonly sizeBytes: number; readonly fileName: string },
): Promise<void> {
  const { rowCount, valueCount } = await readParquetSize(connection, path).catch((error) => {
    throw unreadable(fileName, `is damaged Parquet: ${duckDbReason(error)}`, 'download or export it again', error);
  });
  checkTableSize({ rowCount, valueCount, fileName });
  if (canHoldRows(sizeBytes, rowCount)) return;
  throw unreadable(
    fileName,
    `says of itself that it holds ${counted(rowCount, 'row')} in ${counted(sizeBytes, 'byte')}, which no candles do`,
    'download or export it again',
  );
}
