/**
 * One series as one Parquet file: `open_time` (BIGINT, UTC milliseconds), `open`, `high`, `low`, `close`, `volume` and
 * the further columns by their names (DOUBLE, NULL where a row has none), ascending by time. The footer has a checksum of
 * the values, because DuckDB neither writes nor reads those of Parquet; a file of another program has none.
 */

import type { BigIntStats } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import { TradeAiError } from '../core/errors.js';
import { readDoubleColumns } from '../duckdb/columns.js';
import { duckDbReason, quotePathPattern, quoteText, withDuckDb } from '../duckdb/connection.js';
import { type ParquetColumn, writeParquet } from '../duckdb/parquet.js';
import { temporaryName } from '../files/temporary-names.js';
import { moveIntoPlace } from '../files/write-atomically.js';
import { CANDLE_COLUMNS, type CandleColumn, type CandleSeries } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';

export interface CandleFileSpan {
  readonly rowCount: number;
  readonly firstOpenTimeMs: number;
  readonly lastOpenTimeMs: number;
}

const CHECKSUM_KEY = 'crc32';

const COLUMN_IN_FILE: Readonly<Record<CandleColumn, string>> = {
  openTimeMs: 'open_time',
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
};

/**
 * Reads a file written by `writeCandleParquet`.
 *
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE` naming the file
 */
export async function readCandleParquet(path: string, symbol: string, interval: Interval): Promise<CandleSeries> {
  const { names, columns, checksum } = await withDuckDb(async (connection) => ({
    ...(await readDoubleColumns(connection, `SELECT COLUMNS(*)::DOUBLE FROM ${parquetOf(path)}`)),
    checksum: await readChecksum(connection, path),
  })).catch((error) => {
    throw damaged(path, duckDbReason(error), error);
  });
  if (checksum !== undefined && checksum !== checksumOf(names, columns)) {
    throw damaged(path, 'its values are not those that were written: their checksum is another one');
  }
  const byName = new Map(names.map((name, index) => [name, columns[index]]));
  const take = (column: CandleColumn) => {
    const values = byName.get(COLUMN_IN_FILE[column]);
    if (!values) throw damaged(path, `the column ${COLUMN_IN_FILE[column]} is missing`);
    byName.delete(COLUMN_IN_FILE[column]);
    return values;
  };
  const [openTimeMs, open, high, low, close, volume] = CANDLE_COLUMNS.map(take);
  const wrongRow = firstRowOutOfOrder(openTimeMs);
  if (wrongRow >= 0) throw damaged(path, `row ${wrongRow + 1} is not later than the row before it`);
  return { symbol, interval, openTimeMs, open, high, low, close, volume, extras: Object.fromEntries(byName) };
}

async function readChecksum(connection: DuckDBConnection, path: string): Promise<string | undefined> {
  const result = await connection.runAndReadAll(
    `SELECT value::VARCHAR FROM parquet_kv_metadata(${quotePathPattern(path)}) WHERE key::VARCHAR = ${quoteText(CHECKSUM_KEY)}`,
  );
  const [row] = result.getRows();
  return row === undefined ? undefined : String(row[0]);
}

/** CRC-32 over the bytes of all columns with their names. */
function checksumOf(names: readonly string[], columns: readonly Float64Array[]): string {
  let checksum = 0;
  for (const [index, name] of names.entries()) {
    // NULL comes back as one NaN, whatever NaN was written.
    const values = columns[index].some(Number.isNaN)
      ? columns[index].map((value) => (Number.isNaN(value) ? Number.NaN : value))
      : columns[index];
    checksum = crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), crc32(name, checksum));
  }
  return checksum.toString(16).padStart(8, '0');
}

/** Reads the span of several files without their candles; in the same order. */
export async function readCandleSpans(paths: readonly string[]): Promise<CandleFileSpan[]> {
  if (paths.length === 0) return [];
  return withDuckDb(async (connection) => {
    const spans: CandleFileSpan[] = [];
    for (const path of paths) {
      const { columns } = await readDoubleColumns(
        connection,
        `SELECT count(*)::DOUBLE, min(open_time)::DOUBLE, max(open_time)::DOUBLE FROM ${parquetOf(path)}`,
      ).catch((error) => {
        throw damaged(path, duckDbReason(error), error);
      });
      const [[rowCount], [firstOpenTimeMs], [lastOpenTimeMs]] = columns;
      spans.push({ rowCount, firstOpenTimeMs, lastOpenTimeMs });
    }
    return spans;
  });
}

/**
 * Writes a series: to a temporary file in the same folder, synced, then renamed over the old one, so that a reader or a
 * crash at any moment leaves the old file or the new one.
 *
 * @param confirm called before the rename; throws when the caller may no longer write
 * @returns stats of the new file
 * @throws TradeAiError `STORAGE_UNWRITABLE`; the old file is then as it was
 */
export async function writeCandleParquet(
  path: string,
  series: CandleSeries,
  source: string,
  confirm: () => Promise<void>,
): Promise<BigIntStats> {
  const temporaryPath = join(dirname(path), temporaryName());
  try {
    await copyToParquet(temporaryPath, series, source);
    const stats = await sync(temporaryPath);
    await confirm();
    await moveIntoPlace(temporaryPath, path);
    return stats;
  } catch (error) {
    await rm(temporaryPath, { force: true }).catch(() => {});
    if (error instanceof TradeAiError) throw error;
    throw new TradeAiError('STORAGE_UNWRITABLE', `cannot write ${path}: ${duckDbReason(error)}`, {
      hint: 'check the permissions of the folder and the free space of the disk; the former file is as it was',
      cause: error,
    });
  }
}

/** Further columns stand in the order of their names, so that the bytes do not tell in which order they came. */
function copyToParquet(path: string, series: CandleSeries, source: string): Promise<void> {
  const columns: ParquetColumn[] = [
    ...CANDLE_COLUMNS.map((column) => ({
      name: COLUMN_IN_FILE[column],
      values: series[column],
      type: column === 'openTimeMs' ? ('integer' as const) : ('number' as const),
    })),
    ...Object.keys(series.extras)
      .sort()
      .map((name) => ({ name, values: series.extras[name], type: 'number or null' as const })),
  ];
  const checksum = checksumOf(
    columns.map(({ name }) => name),
    columns.map(({ values }) => values),
  );
  const { symbol, interval } = series;
  return writeParquet(path, columns, { symbol, interval, source, [CHECKSUM_KEY]: checksum });
}

async function sync(path: string): Promise<BigIntStats> {
  const file = await open(path, 'r');
  try {
    await file.sync();
    return await file.stat({ bigint: true });
  } finally {
    await file.close();
  }
}

function parquetOf(path: string): string {
  return `read_parquet(${quotePathPattern(path)}, hive_partitioning = false)`;
}

function firstRowOutOfOrder(openTimeMs: Float64Array): number {
  for (let row = 0; row < openTimeMs.length; row++) {
    if (!Number.isFinite(openTimeMs[row]) || (row > 0 && openTimeMs[row] <= openTimeMs[row - 1])) return row;
  }
  return -1;
}

function damaged(path: string, state: string, cause?: unknown): TradeAiError {
  return new TradeAiError('CANDLE_FILE_UNREADABLE', `${path} is damaged: ${state}`, {
    hint: 'move it away, then fetch or import these candles again',
    cause,
  });
}
