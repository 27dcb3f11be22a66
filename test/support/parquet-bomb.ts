/** A small Parquet file that holds as many rows as wanted: row groups without end, all of the same few pages. */

import { type FileMetaData, parquetMetadata } from 'hyparquet';
import { ByteWriter, parquetWriteBuffer } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';

const GROUP_ROWS = 100_000;
const NAMES = ['open_time', 'open', 'high', 'low', 'close', 'volume'];
/** The length of the footer and the mark behind it. */
const TRAILER_BYTES = 8;

/** @param rowCount a multiple of 100,000 */
export function makeParquetBomb(rowCount: number, more: readonly string[] = []): Uint8Array {
  const columnData = [...NAMES, ...more].map((name) => ({
    name,
    data: new Float64Array(GROUP_ROWS).fill(name === 'open_time' ? Date.UTC(2024, 0, 1) : 1),
  }));
  const plain = parquetWriteBuffer({ columnData, rowGroupSize: GROUP_ROWS });
  const metadata = parquetMetadata(plain);
  const [group] = metadata.row_groups;
  const groups = Array.from({ length: rowCount / GROUP_ROWS }, () => group);
  return withMetadata(plain, { ...metadata, num_rows: BigInt(rowCount), row_groups: groups });
}

/** The same file, whose footer says that it has so many rows. */
export function withRowCount(file: ArrayBuffer, rowCount: bigint): Uint8Array {
  return withMetadata(file, { ...parquetMetadata(file), num_rows: rowCount });
}

function withMetadata(file: ArrayBuffer, metadata: FileMetaData): Uint8Array {
  const footerBytes = parquetMetadata(file).metadata_length + TRAILER_BYTES;
  const writer = new ByteWriter();
  writer.appendBytes(new Uint8Array(file, 0, file.byteLength - footerBytes));
  writeMetadata(writer, metadata);
  writer.appendUint32(0x31524150);
  return writer.getBytes();
}
