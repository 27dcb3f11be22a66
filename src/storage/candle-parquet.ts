/**
 * A file of candles: Parquet with `open_time` (BIGINT, UTC milliseconds), `open`, `high`, `low`, `close`, `volume` and the
 * further columns by their names (DOUBLE, NULL where a row has none), ascending by time. The footer has a checksum of the
 * values, because DuckDB neither writes nor reads those of Parquet; a file of another program has none.
 *
 * A file is opened once, and what was opened stays the same however often its name is given to another: its footer, its
 * values and their checksum are of one file. Footers and small plain files are read in JavaScript, the others by DuckDB.
 */

import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { TradeAiError } from '../core/errors.js';
import { readDoubleColumns, readDoubleColumnsInto } from '../duckdb/columns.js';
import { duckDbReason, quotePathPattern, withDuckDb } from '../duckdb/connection.js';
import { type ParquetColumn, writeParquet } from '../duckdb/parquet.js';
import { identityOf } from '../files/file-identity.js';
import { withPathOf } from '../files/open-file-path.js';
import { systemCodeOf } from '../files/system-errors.js';
import { temporaryName } from '../files/temporary-names.js';
import { moveIntoPlace, writeFileSynced } from '../files/write-atomically.js';
import { CANDLE_COLUMNS, type CandleColumn, type CandleSeries } from '../market/candle-series.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import { allocateCandles } from './candle-layout.js';

/** What the footer of a file tells. */
export interface CandleFooter {
  readonly rowCount: number;
  readonly firstOpenTimeMs: number;
  readonly lastOpenTimeMs: number;
  /** Of the further columns. */
  readonly extraNames: readonly string[];
}

/** Something that was read, and of which file: another one by that name has another identity. */
export interface Identified<T> {
  readonly identity: string;
  readonly content: T;
}

export interface CandleFileToWrite {
  readonly path: string;
  readonly series: CandleSeries;
  readonly source: string;
  /** Packed by DuckDB, or plain, which is larger and takes a tenth of the time. */
  readonly isPacked: boolean;
}

const CHECKSUM_KEY = 'crc32';
const ROW_GROUP_ROWS = 122_880;
/** Read in one go with what is behind it; a footer is a few thousand bytes. */
const FOOTER_BYTES = 16_384;
/** A plain file up to this size is read without DuckDB. */
const SMALL_BYTES = 1_000_000;

const COLUMN_IN_FILE: Readonly<Record<CandleColumn, string>> = {
  openTimeMs: 'open_time',
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
};
const NAMES_IN_FILE: readonly string[] = Object.values(COLUMN_IN_FILE);

/**
 * Reads the candles of a file.
 *
 * @param out filled and returned, where it has the rows and columns of the file; else the series is a new one
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE` naming the file; the system's own error where it cannot be opened
 */
export function readCandleParquet(
  path: string,
  { symbol, interval }: Pick<StoredSeriesKey, 'symbol' | 'interval'>,
  out?: CandleSeries,
): Promise<Identified<CandleSeries>> {
  return readIdentified(path, async (file, bytes) => {
    const metadata = await readMetadata(bytes);
    const names = namesOf(metadata);
    const extraNames = extraNamesOf(names);
    const rowCount = Number(metadata.num_rows);
    const isFitting = out && isOfShape(out, rowCount, extraNames);
    const series = isFitting ? out : allocateCandles({ symbol, interval }, rowCount, extraNames);
    const columns = names.map((name) => columnInFile(series, name));
    const isPlain = metadata.row_groups.every((group) =>
      group.columns.every((column) => column.meta_data?.codec === 'UNCOMPRESSED'),
    );
    if (isPlain && bytes.byteLength <= SMALL_BYTES) await readPlain(bytes, metadata, columns);
    else await readPacked(file, columns);
    const checksum = metadata.key_value_metadata?.find(({ key }) => key === CHECKSUM_KEY)?.value;
    if (checksum !== undefined && checksum !== checksumOf(names, columns)) {
      throw new Error('its values are not those that were written: their checksum is another one');
    }
    const wrongRow = firstRowOutOfOrder(series.openTimeMs);
    if (wrongRow >= 0) throw new Error(`row ${wrongRow + 1} is not later than the row before it`);
    return series;
  });
}

/**
 * Reads what the footer of a file tells, without its candles.
 *
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE` naming the file; the system's own error where it cannot be opened
 */
export function readCandleFooter(path: string): Promise<Identified<CandleFooter>> {
  return readIdentified(path, async (file, bytes) => {
    const metadata = await readMetadata(bytes);
    const names = namesOf(metadata);
    const extraNames = extraNamesOf(names);
    const rowCount = Number(metadata.num_rows);
    if (rowCount === 0) throw new Error('it has no rows');
    const bounds = metadata.row_groups.flatMap(({ columns }) => {
      const statistics = columns[names.indexOf(COLUMN_IN_FILE.openTimeMs)]?.meta_data?.statistics;
      return [statistics?.min_value ?? statistics?.min, statistics?.max_value ?? statistics?.max].map(Number);
    });
    const [firstOpenTimeMs, lastOpenTimeMs] = bounds.every(Number.isFinite)
      ? [Math.min(...bounds), Math.max(...bounds)]
      : await readTimeBounds(file);
    return { rowCount, firstOpenTimeMs, lastOpenTimeMs, extraNames };
  });
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
      await writeParquet(at, columns, metadata);
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

/** Runs `read` on the file that has that name now. */
async function readIdentified<T>(
  path: string,
  read: (file: FileHandle, bytes: AsyncBuffer) => Promise<T>,
): Promise<Identified<T>> {
  const file = await open(path, 'r');
  try {
    const stats = await file.stat({ bigint: true });
    const identity = identityOf(stats);
    const found = await read(file, bufferOf(file, Number(stats.size))).then(
      (content) => ({ content }),
      (error: unknown) => ({ error }),
    );
    // This program never writes into a file that has its name already.
    if (identityOf(await file.stat({ bigint: true })) !== identity) throw changedFile(path);
    if ('error' in found) throw damagedFile(path, found.error);
    return { identity, content: found.content };
  } finally {
    await file.close();
  }
}

function bufferOf(file: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = new Uint8Array(end - start);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      return bytes.buffer.slice(0, bytesRead);
    },
  };
}

function readMetadata(file: AsyncBuffer): Promise<FileMetaData> {
  if (file.byteLength < 12) throw new Error('it is too short to be a Parquet file');
  return parquetMetadataAsync(file, { initialFetchSize: FOOTER_BYTES, geoparquet: false });
}

function namesOf({ schema }: FileMetaData): string[] {
  return schema.slice(1).map(({ name }) => name);
}

/** The further columns among those of a file; throws where one of the others is missing. */
function extraNamesOf(names: readonly string[]): string[] {
  const missing = NAMES_IN_FILE.find((name) => !names.includes(name));
  if (missing !== undefined) throw new Error(`the column ${missing} is missing`);
  return names.filter((name) => !NAMES_IN_FILE.includes(name));
}

function columnInFile(series: CandleSeries, name: string): Float64Array {
  const column = CANDLE_COLUMNS.find((known) => COLUMN_IN_FILE[known] === name);
  return column ? series[column] : series.extras[name];
}

function isOfShape({ openTimeMs, extras }: CandleSeries, rowCount: number, extraNames: readonly string[]): boolean {
  const hasAll = extraNames.every((name) => Object.hasOwn(extras, name));
  return openTimeMs.length === rowCount && Object.keys(extras).length === extraNames.length && hasAll;
}

async function readPlain(file: AsyncBuffer, metadata: FileMetaData, out: readonly Float64Array[]): Promise<void> {
  const names = namesOf(metadata);
  const rowCount = Number(metadata.num_rows);
  if (rowCount > file.byteLength) throw new Error(`it is too small for its ${rowCount} rows`);
  for (const column of out) column.fill(Number.NaN);
  await parquetRead({
    file: await file.slice(0, file.byteLength),
    metadata,
    onChunk: ({ columnName, columnData, rowStart }) => {
      const column = out[names.indexOf(columnName)];
      for (let row = 0; row < columnData.length; row++) {
        const value = columnData[row];
        if (value !== null && value !== undefined) column[rowStart + row] = Number(value);
      }
    },
  });
}

function readPacked(file: FileHandle, out: readonly Float64Array[]): Promise<void> {
  return withPathOf(file, (path) =>
    withDuckDb((connection) =>
      readDoubleColumnsInto(connection, `SELECT COLUMNS(*)::DOUBLE FROM ${parquetOf(path)}`, out),
    ),
  );
}

/** Where the footer does not tell the times, as in a file of some other programs. */
async function readTimeBounds(file: FileHandle): Promise<[number, number]> {
  const { columns } = await withPathOf(file, (path) =>
    withDuckDb((connection) =>
      readDoubleColumns(connection, `SELECT min(open_time)::DOUBLE, max(open_time)::DOUBLE FROM ${parquetOf(path)}`),
    ),
  );
  return [columns[0][0], columns[1][0]];
}

/** CRC-32 over the bytes of all columns with their names. */
function checksumOf(names: readonly string[], columns: readonly Float64Array[]): string {
  let checksum = 0;
  for (const [index, name] of names.entries()) {
    // NULL comes back as one NaN, whatever NaN was written.
    const column = columns[index];
    const values = hasNaN(column) ? column.map((value) => (Number.isNaN(value) ? Number.NaN : value)) : column;
    checksum = crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), crc32(name, checksum));
  }
  return checksum.toString(16).padStart(8, '0');
}

/** A tenth of the time of `some`. */
function hasNaN(values: Float64Array): boolean {
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row])) return true;
  return false;
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
  const checksum = checksumOf(
    columns.map(({ name }) => name),
    columns.map(({ values }) => values),
  );
  const { symbol, interval } = series;
  return { columns, metadata: { symbol, interval, source, [CHECKSUM_KEY]: checksum } };
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
    rowGroupSize: ROW_GROUP_ROWS,
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

function parquetOf(path: string): string {
  return `read_parquet(${quotePathPattern(path)}, hive_partitioning = false)`;
}

function firstRowOutOfOrder(openTimeMs: Float64Array): number {
  for (let row = 0; row < openTimeMs.length; row++) {
    if (!Number.isFinite(openTimeMs[row]) || (row > 0 && openTimeMs[row] <= openTimeMs[row - 1])) return row;
  }
  return -1;
}

function changedFile(path: string): TradeAiError {
  return new TradeAiError('STORAGE_UNREADABLE', `${path} was changed while it was read, by another program`, {
    hint: 'try again when that has finished; it should write another file and rename it',
  });
}

/** What the system says is passed on, and what DuckDB lacks; everything else that goes wrong is the file's fault. */
export function damagedFile(path: string, cause: unknown): unknown {
  if (systemCodeOf(cause) !== undefined) return cause;
  const reason = duckDbReason(cause);
  if (cause instanceof Error && /^(Out of Memory Error|IO Error: Cannot open file)/.test(cause.message)) {
    return new TradeAiError('STORAGE_UNREADABLE', `cannot read ${path}: ${reason}`, {
      hint: 'free some memory, close some programs, and try again',
      cause,
    });
  }
  return new TradeAiError('CANDLE_FILE_UNREADABLE', `${path} is damaged: ${reason}`, {
    hint: 'move it away, then fetch or import these candles again',
    cause,
  });
}
