/** Writing files of candles: see candle-parquet.ts for what is in them. */

import { open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { TradeAiError } from '../core/errors.js';
import { duckDbReason } from '../duckdb/connection.js';
import { type ParquetColumn, writeParquet } from '../duckdb/parquet.js';
import { identityOf } from '../files/file-identity.js';
import { temporaryName } from '../files/temporary-names.js';
import { moveIntoPlace, writeFileSynced } from '../files/write-atomically.js';
import { CANDLE_COLUMNS, type CandleSeries } from '../market/candle-series.js';
import {
  CHECKSUM_KEY,
  COLUMN_IN_FILE,
  checksumOf,
  GROUP_CHECKSUMS_KEY,
  GROUP_ROWS,
  groupChecksumsOf,
} from './candle-format.js';

export interface CandleFileToWrite {
  readonly path: string;
  readonly series: CandleSeries;
  readonly source: string;
  /** Packed by DuckDB, or plain, which is larger and takes a tenth of the time. */
  readonly isPacked: boolean;
}

/**
 * Writes a file: to a hidden one in the same folder, synced, then renamed over the old one, so that a reader or a crash at
 * any moment leaves the old file or the new one. The same series makes the same bytes.
 *
 * @param confirm called before the rename; throws when the caller may no longer write
 * @returns the identity of the new file
 * @throws TradeAiError `STORAGE_UNWRITABLE`; the old file is then as it was
 */
export async function replaceCandleParquet(file: CandleFileToWrite, confirm: () => Promise<void>): Promise<string> {
  const temporaryPath = join(dirname(file.path), temporaryName());
  try {
    await writeCandleParquet(file, temporaryPath);
    const identity = identityOf(await stat(temporaryPath, { bigint: true }));
    await confirm();
    await moveIntoPlace(temporaryPath, file.path);
    return identity;
  } catch (error) {
    await rm(temporaryPath, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Writes a file and syncs it. Not atomic: for files that nobody looks at yet.
 *
 * @param at where it is written, if it gets its path later
 * @throws TradeAiError `STORAGE_UNWRITABLE`
 */
export async function writeCandleParquet(
  { path, series, source, isPacked }: CandleFileToWrite,
  at = path,
): Promise<void> {
  try {
    const { columns, metadata } = describeFile(series, source);
    if (isPacked) {
      await writeParquet(at, columns, metadata, GROUP_ROWS);
      await sync(at);
    } else {
      await writeFileSynced(at, encodePlain(columns, metadata));
    }
  } catch (error) {
    throw new TradeAiError('STORAGE_UNWRITABLE', `cannot write ${path}: ${duckDbReason(error)}`, {
      hint: 'check the permissions of the folder and the free space of the disk; what was stored is as it was',
      cause: error,
    });
  }
}

/** Further columns stand in the order of their names, so that the bytes do not tell in which order they came. */
function describeFile(
  series: CandleSeries,
  source: string,
): { columns: ParquetColumn[]; metadata: Record<string, string> } {
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
  const names = columns.map(({ name }) => name);
  const values = columns.map((column) => column.values);
  const { symbol, interval } = series;
  const metadata = { symbol, interval, source, [CHECKSUM_KEY]: checksumOf(names, values) };
  if (series.openTimeMs.length <= GROUP_ROWS) return { columns, metadata };
  const groupChecksums = groupChecksumsOf(names, values, GROUP_ROWS).join(' ');
  return { columns, metadata: { ...metadata, [GROUP_CHECKSUMS_KEY]: groupChecksums } };
}

function encodePlain(columns: readonly ParquetColumn[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const bytes = parquetWriteBuffer({
    columnData: columns.map(({ name, values, type }) => ({
      name,
      data:
        type === 'integer'
          ? BigInt64Array.from(values, BigInt)
          : type === 'number'
            ? values
            : Array.from(values, (value) => (Number.isNaN(value) ? null : value)),
      type: type === 'integer' ? 'INT64' : 'DOUBLE',
      nullable: type === 'number or null',
      encoding: 'PLAIN',
      offsetIndex: false,
    })),
    codec: 'UNCOMPRESSED',
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    rowGroupSize: GROUP_ROWS,
    createdBy: 'tradeai',
  });
  return new Uint8Array(bytes);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
