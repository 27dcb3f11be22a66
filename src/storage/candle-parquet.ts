/**
 * A file of candles: Parquet with `open_time` (BIGINT, UTC milliseconds), `open`, `high`, `low`, `close`, `volume` and the
 * further columns by their names (DOUBLE, NULL where a row has none), ascending by time. The footer has checksums of the
 * values, of all and of each row group, because DuckDB neither writes nor reads those of Parquet; a file of another
 * program has none.
 *
 * A file is opened once, and what was opened stays the same however often its name is given to another: its footer, its
 * values and their checksum are of one file. Footers and small plain files are read in JavaScript, the others by DuckDB.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { TradeAiError } from '../core/errors.js';
import { readDoubleColumns, readDoubleColumnsInto } from '../duckdb/columns.js';
import { duckDbReason, quotePathPattern, withDuckDb } from '../duckdb/connection.js';
import { canHoldRows } from '../duckdb/parquet.js';
import { identityOf } from '../files/file-identity.js';
import { withPathOf } from '../files/open-file-path.js';
import { readRange } from '../files/read-range.js';
import { systemCodeOf } from '../files/system-errors.js';
import { CANDLE_COLUMNS, type CandleSeries } from '../market/candle-series.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import { CHECKSUM_KEY, COLUMN_IN_FILE, checksumOf, GROUP_CHECKSUMS_KEY, GROUP_ROWS } from './candle-format.js';
import { allocateCandles, type RowGroup } from './candle-layout.js';

/** What the footer of a file tells. */
export interface CandleFooter {
  readonly rowCount: number;
  readonly firstOpenTimeMs: number;
  readonly lastOpenTimeMs: number;
  /** Of the further columns. */
  readonly extraNames: readonly string[];
  /** Parts that can be read and checked for themselves, ascending; none where there is one part, or no checksum of each. */
  readonly groups: readonly RowGroup[];
}

/** Something that was read, and of which file: another one by that name has another identity. */
export interface Identified<T> {
  readonly identity: string;
  readonly content: T;
}

/** Read in one go with what is behind it; a footer is a few thousand bytes. */
const FOOTER_BYTES = 16_384;
/** A plain file up to this size is read without DuckDB. */
const SMALL_BYTES = 1_000_000;

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
    const checksum = metadataOf(metadata, CHECKSUM_KEY);
    if (checksum !== undefined) refuseOther(checksum, names, columns);
    refuseUnordered(series);
    return series;
  });
}

/**
 * Reads some row groups of a file that has checksums of them: [start, end), fewer where there are no more.
 *
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE` naming the file; the system's own error where it cannot be opened
 */
export function readCandleGroups(
  path: string,
  { symbol, interval }: Pick<StoredSeriesKey, 'symbol' | 'interval'>,
  [start, end]: readonly [start: number, end: number],
): Promise<Identified<CandleSeries>> {
  return readIdentified(path, async (file, bytes) => {
    const metadata = await readMetadata(bytes);
    const names = namesOf(metadata);
    const wanted = groupsOf(metadata, names).slice(start, end);
    const rowCount = wanted.reduce((sum, group) => sum + group.rowCount, 0);
    const series = allocateCandles({ symbol, interval }, rowCount, extraNamesOf(names));
    if (rowCount === 0) return series;
    const columns = names.map((name) => columnInFile(series, name));
    await readPacked(file, columns, [wanted[0].firstOpenTimeMs, wanted[wanted.length - 1].lastOpenTimeMs]);
    const checksums = groupChecksumsIn(metadata);
    for (let index = 0; index < wanted.length; index++) {
      const rows = columns.map((column) => column.subarray(index * GROUP_ROWS, (index + 1) * GROUP_ROWS));
      refuseOther(checksums[start + index], names, rows);
    }
    refuseUnordered(series);
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
    const bounds = boundsOf(metadata, names);
    const [firstOpenTimeMs, lastOpenTimeMs] = bounds.flat().every(Number.isFinite)
      ? [Math.min(...bounds.flat()), Math.max(...bounds.flat())]
      : await readTimeBounds(file);
    return { rowCount, firstOpenTimeMs, lastOpenTimeMs, extraNames, groups: groupsOf(metadata, names) };
  });
}

/** What the footer of a packed file of these candles tells. */
export function footerOf({ openTimeMs, extras }: CandleSeries): CandleFooter {
  const groups: RowGroup[] = [];
  for (let start = 0; openTimeMs.length > GROUP_ROWS && start < openTimeMs.length; start += GROUP_ROWS) {
    const times = openTimeMs.subarray(start, start + GROUP_ROWS);
    groups.push({ rowCount: times.length, firstOpenTimeMs: times[0], lastOpenTimeMs: times[times.length - 1] });
  }
  return {
    rowCount: openTimeMs.length,
    firstOpenTimeMs: openTimeMs[0],
    lastOpenTimeMs: openTimeMs[openTimeMs.length - 1],
    extraNames: Object.keys(extras),
    groups,
  };
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
      const { buffer, byteOffset, byteLength: length } = await readRange(file, start, end);
      return buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
    },
  };
}

async function readMetadata(file: AsyncBuffer): Promise<FileMetaData> {
  if (file.byteLength < 12) throw new Error('it is too short to be a Parquet file');
  const metadata = await parquetMetadataAsync(file, { initialFetchSize: FOOTER_BYTES, geoparquet: false });
  // Before room is made for them.
  const rowsOfGroups = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  for (const rowCount of [Number(metadata.num_rows), rowsOfGroups]) {
    if (!canHoldRows(file.byteLength, rowCount)) throw new Error(`it is too small for its ${rowCount} rows`);
  }
  return metadata;
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

/** @param bounds the first and the last time that are read; all when absent */
function readPacked(file: FileHandle, out: readonly Float64Array[], bounds?: readonly [number, number]): Promise<void> {
  const where = bounds ? ` WHERE open_time BETWEEN ${bounds[0]} AND ${bounds[1]}` : '';
  return withPathOf(file, (path) =>
    withDuckDb((connection) =>
      readDoubleColumnsInto(connection, `SELECT COLUMNS(*)::DOUBLE FROM ${parquetOf(path)}${where}`, out),
    ),
  );
}

/** The first and the last time of each row group; not finite where the footer does not tell them. */
function boundsOf({ row_groups }: FileMetaData, names: readonly string[]): [number, number][] {
  return row_groups.map(({ columns }) => {
    const statistics = columns[names.indexOf(COLUMN_IN_FILE.openTimeMs)]?.meta_data?.statistics;
    return [Number(statistics?.min_value ?? statistics?.min), Number(statistics?.max_value ?? statistics?.max)];
  });
}

function groupsOf(metadata: FileMetaData, names: readonly string[]): RowGroup[] {
  const groups = boundsOf(metadata, names).map(([firstOpenTimeMs, lastOpenTimeMs], index) => {
    return { rowCount: Number(metadata.row_groups[index].num_rows), firstOpenTimeMs, lastOpenTimeMs };
  });
  const isChecked =
    groups.length === groupChecksumsIn(metadata).length &&
    groups.every(
      ({ rowCount }, index) => rowCount === GROUP_ROWS || (index === groups.length - 1 && rowCount < GROUP_ROWS),
    );
  return isChecked ? groups : [];
}

function groupChecksumsIn(metadata: FileMetaData): string[] {
  return metadataOf(metadata, GROUP_CHECKSUMS_KEY)?.split(' ') ?? [];
}

function metadataOf({ key_value_metadata }: FileMetaData, wanted: string): string | undefined {
  return key_value_metadata?.find(({ key }) => key === wanted)?.value;
}

function refuseOther(checksum: string, names: readonly string[], columns: readonly Float64Array[]): void {
  if (checksum === checksumOf(names, columns)) return;
  throw new Error('its values are not those that were written: their checksum is another one');
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

function parquetOf(path: string): string {
  return `read_parquet(${quotePathPattern(path)}, hive_partitioning = false)`;
}

function refuseUnordered({ openTimeMs }: CandleSeries): void {
  for (let row = 0; row < openTimeMs.length; row++) {
    if (Number.isFinite(openTimeMs[row]) && !(row > 0 && openTimeMs[row] <= openTimeMs[row - 1])) continue;
    throw new Error(`row ${row + 1} is not later than the row before it`);
  }
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
