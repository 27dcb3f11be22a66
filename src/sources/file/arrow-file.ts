/**
 * An Arrow IPC file, which is what Feather is (https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format): the
 * columns that its footer tells, and their values, batch by batch. Every length in it is doubted before room is made for
 * it.
 */

import { Date as ArrowDate } from 'apache-arrow/fb/date';
import type { Field } from 'apache-arrow/fb/field';
import { FloatingPoint } from 'apache-arrow/fb/floating-point';
import { Footer } from 'apache-arrow/fb/footer';
import { Int } from 'apache-arrow/fb/int';
import { Message } from 'apache-arrow/fb/message';
import { RecordBatch } from 'apache-arrow/fb/record-batch';
import { Timestamp } from 'apache-arrow/fb/timestamp';
import { Type } from 'apache-arrow/fb/type';
import { ByteBuffer } from 'flatbuffers';
import { decompress as unpackZstd } from 'fzstd';
import { unpackLz4Frame } from './lz4-frame.js';

/** The columns and batches of a file; `openArrowFile` makes it. */
export interface ArrowFile {
  readonly columns: readonly ArrowColumn[];
  readonly rowCount: number;
  readonly batches: readonly ArrowBatch[];
}

export interface ArrowColumn {
  readonly name: string;
  /** Times and numbers can be read as numbers, texts as texts, and others not at all. */
  readonly kind: 'number' | 'timestamp' | 'text' | 'other';
  readonly numbers?: NumberType;
  /** Of times that name a zone, and so are of UTC. */
  readonly isZoned?: boolean;
  /** Bytes of an offset into the bytes of a text. */
  readonly offsetBytes?: 4 | 8;
  /** Where its buffers begin among those of a batch, and how many they are. */
  readonly firstBuffer: number;
  readonly bufferCount: number;
}

interface ArrowBatch {
  readonly rowCount: number;
  readonly body: Uint8Array;
  readonly header: RecordBatch;
}

interface NumberType {
  readonly arrayType: (typeof NUMBER_ARRAYS)[number];
  /** Times become microseconds. */
  readonly scale: number;
}

const NUMBER_ARRAYS = [
  ...([Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array] as const),
  ...([BigInt64Array, BigUint64Array, Float32Array, Float64Array] as const),
] as const;
const INTEGERS: Readonly<Record<string, NumberType['arrayType']>> = {
  ...{ i8: Int8Array, i16: Int16Array, i32: Int32Array, i64: BigInt64Array },
  ...{ u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, u64: BigUint64Array },
};
/** By precision; values of two bytes are not read. */
const FLOATS = [undefined, Float32Array, Float64Array];
/** Microseconds of a second, a milli-, a micro- and a nanosecond. */
const UNIT_SCALES = [1e6, 1e3, 1, 1e-3];
const DAY_SCALE = 86_400e6;

const MAGIC = 'ARROW1';
/** Behind the footer: its length and the magic text. */
const TAIL_BYTES = 4 + MAGIC.length;
const CONTINUATION = 0xffffffff;
const BLOCK_BYTES = 24;
const LARGEST_METADATA_BYTES = 2 ** 24;
const MOST_COLUMNS = 2_000;
const PACKED_LENGTH_BYTES = 8;
/** Buffers are filled up to so many bytes at most. */
const PADDING_BYTES = 64;
/** An exchange's names are short. */
const LONGEST_TEXT_BYTES = 64;

/**
 * Reads what the file says of itself; no values are unpacked.
 *
 * @throws Error naming what is wrong with it
 */
export function openArrowFile(bytes: Buffer): ArrowFile {
  if (bytes.toString('latin1', Math.max(0, bytes.length - MAGIC.length)) !== MAGIC) {
    throw new RangeError('it does not end as such a file does');
  }
  const footerEnd = bytes.length - TAIL_BYTES;
  const footerBytes = bytes.readInt32LE(footerEnd);
  const footer = Footer.getRootAsFooter(metadataAt(bytes, footerEnd - footerBytes, footerBytes));
  const schema = footer.schema();
  if (schema === null || schema.endianness() !== 0) throw new RangeError('its numbers are not little-endian');
  const columns = columnsOf(count(schema.fieldsLength(), MOST_COLUMNS, 'columns'), (index) => schema.fields(index));
  const batchCount = count(footer.recordBatchesLength(), footerBytes / BLOCK_BYTES, 'batches');
  const batches = Array.from({ length: batchCount }, (_, index) => {
    const block = footer.recordBatches(index);
    if (block === null) throw new RangeError('a batch is missing');
    return batchAt(bytes, Number(block.offset()), block.metaDataLength(), Number(block.bodyLength()));
  });
  const rowCount = batches.reduce((sum, { rowCount }) => sum + rowCount, 0);
  // A footer may list one batch again and again, and each is read for every column.
  count(batchCount, rowCount + 1, `batches of ${rowCount} rows`);
  const bodyBytes = batches.reduce((sum, { body }) => sum + body.length, 0);
  count(bodyBytes, bytes.length, 'bytes in its batches');
  return { columns, batches, rowCount };
}

/**
 * The values of a column of numbers or times, shape [rows]; NaN where there is none. Times are in microseconds.
 *
 * @throws Error naming what is wrong with it
 */
export function readArrowNumbers(file: ArrowFile, { numbers, firstBuffer }: ArrowColumn): Float64Array {
  if (numbers === undefined) throw new RangeError('a column holds no numbers');
  const { arrayType, scale } = numbers;
  const out = new Float64Array(file.rowCount);
  let start = 0;
  for (const batch of file.batches) {
    const { rowCount } = batch;
    const packed = bufferOf(batch, firstBuffer + 1, rowCount * arrayType.BYTES_PER_ELEMENT);
    const values = new arrayType(packed.buffer, packed.byteOffset, rowCount);
    const isThere = validityOf(batch, firstBuffer);
    for (let row = 0; row < rowCount; row++) {
      out[start + row] = isThere(row) ? Number(values[row]) * scale : Number.NaN;
    }
    start += rowCount;
  }
  return out;
}

/**
 * Some of the distinct entries of a column of texts.
 *
 * @throws Error naming what is wrong with it
 */
export function readArrowTexts(file: ArrowFile, { offsetBytes, firstBuffer }: ArrowColumn, most: number): string[] {
  if (offsetBytes === undefined) throw new RangeError('a column holds no texts');
  const found = new Set<string>();
  for (const batch of file.batches) {
    const { rowCount } = batch;
    if (rowCount === 0) continue;
    const packed = bufferOf(batch, firstBuffer + 1, (rowCount + 1) * offsetBytes);
    const arrayType = offsetBytes === 4 ? Int32Array : BigInt64Array;
    const offsets = Array.from(new arrayType(packed.buffer, packed.byteOffset, rowCount + 1), Number);
    const textBytes = count(offsets[rowCount], rowCount * LONGEST_TEXT_BYTES, 'bytes of texts');
    const texts = Buffer.from(bufferOf(batch, firstBuffer + 2, textBytes));
    const isThere = validityOf(batch, firstBuffer);
    for (let row = 0; row < rowCount && found.size < most; row++) {
      if (isThere(row)) found.add(texts.toString('utf8', offsets[row], offsets[row + 1]));
    }
  }
  return [...found];
}

function columnsOf(columnCount: number, fieldAt: (index: number) => Field | null): ArrowColumn[] {
  let firstBuffer = 0;
  return Array.from({ length: columnCount }, (_, index) => {
    const field = fieldAt(index);
    if (field === null) throw new RangeError('a column is missing');
    const column = { name: field.name() ?? '', firstBuffer, ...typeOf(field) };
    firstBuffer += column.bufferCount;
    return column;
  });
}

function typeOf(field: Field): Omit<ArrowColumn, 'name' | 'firstBuffer'> {
  // A column of categories holds their numbers; the categories themselves stand elsewhere.
  if (field.dictionary() !== null) return { kind: 'other', bufferCount: 2 };
  const ofNumbers = (kind: 'number' | 'timestamp', arrayType: NumberType['arrayType'] | undefined, scale = 1) =>
    arrayType === undefined
      ? ({ kind: 'other', bufferCount: 2 } as const)
      : ({ kind, numbers: { arrayType, scale }, bufferCount: 2 } as const);
  switch (field.typeType()) {
    case Type.Int: {
      const int: Int = field.type(new Int());
      return ofNumbers('number', INTEGERS[`${int.isSigned() ? 'i' : 'u'}${int.bitWidth()}`]);
    }
    case Type.FloatingPoint: {
      const float: FloatingPoint = field.type(new FloatingPoint());
      return ofNumbers('number', FLOATS[float.precision()]);
    }
    case Type.Timestamp: {
      const timestamp: Timestamp = field.type(new Timestamp());
      const isZoned = timestamp.timezone() !== null;
      return { ...ofNumbers('timestamp', BigInt64Array, UNIT_SCALES[timestamp.unit()]), isZoned };
    }
    case Type.Date: {
      const date: ArrowDate = field.type(new ArrowDate());
      return date.unit() === 0
        ? ofNumbers('timestamp', Int32Array, DAY_SCALE)
        : ofNumbers('timestamp', BigInt64Array, UNIT_SCALES[1]);
    }
    case Type.Utf8:
      return { kind: 'text', offsetBytes: 4, bufferCount: 3 };
    case Type.LargeUtf8:
      return { kind: 'text', offsetBytes: 8, bufferCount: 3 };
    case Type.Binary:
    case Type.LargeBinary:
      return { kind: 'other', bufferCount: 3 };
    case Type.Null:
      return { kind: 'other', bufferCount: 0 };
    case Type.Bool:
    case Type.Decimal:
    case Type.Time:
    case Type.Interval:
    case Type.Duration:
    case Type.FixedSizeBinary:
      return { kind: 'other', bufferCount: 2 };
    default:
      throw new RangeError(`the column ${JSON.stringify(field.name())} is of lists, records or views`);
  }
}

function batchAt(bytes: Buffer, offset: number, metadataBytes: number, bodyBytes: number): ArrowBatch {
  const bodyStart = offset + metadataBytes;
  if (!(offset >= 0 && metadataBytes >= 0 && bodyBytes >= 0 && bodyStart + bodyBytes <= bytes.length)) {
    throw new RangeError('a batch lies outside the file');
  }
  // Older files have no mark before the length.
  const prefixBytes = bytes.readUInt32LE(offset) === CONTINUATION ? 8 : 4;
  const message = Message.getRootAsMessage(metadataAt(bytes, offset + prefixBytes, metadataBytes - prefixBytes));
  const header: RecordBatch | null = message.header(new RecordBatch());
  if (header === null) throw new RangeError('a batch is missing');
  const rowCount = count(Number(header.length()), Number.MAX_SAFE_INTEGER, 'rows');
  return { rowCount, header, body: bytes.subarray(bodyStart, bodyStart + bodyBytes) };
}

function metadataAt(bytes: Buffer, start: number, sizeBytes: number): ByteBuffer {
  if (!(start >= 0 && sizeBytes > 0 && sizeBytes <= LARGEST_METADATA_BYTES && start + sizeBytes <= bytes.length)) {
    throw new RangeError('what it says of itself is cut off');
  }
  return new ByteBuffer(bytes.subarray(start, start + sizeBytes));
}

/** Whether a row has a value; without a buffer for it all have one. */
function validityOf(batch: ArrowBatch, index: number): (row: number) => boolean {
  const isEmpty = batch.header.buffers(index)?.length() === 0n;
  if (isEmpty) return () => true;
  const bits = bufferOf(batch, index, Math.ceil(batch.rowCount / 8));
  return (row) => ((bits[row >> 3] >> (row & 7)) & 1) === 1;
}

/** The first bytes of a buffer of a batch, unpacked and with a place of their own. */
function bufferOf({ header, body }: ArrowBatch, index: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const region = index < header.buffersLength() ? header.buffers(index) : null;
  const [start, length] = [Number(region?.offset() ?? 0n), Number(region?.length() ?? 0n)];
  if (!(start >= 0 && length >= 0 && start + length <= body.length))
    throw new RangeError('values lie outside the file');
  const bytes = body.subarray(start, start + length);
  const compression = length === 0 ? null : header.compression();
  if (compression === null) return firstOf(bytes, sizeBytes);
  const said = Buffer.from(bytes.subarray(0, PACKED_LENGTH_BYTES)).readBigInt64LE();
  const packed = bytes.subarray(PACKED_LENGTH_BYTES);
  if (said === -1n) return firstOf(packed, sizeBytes);
  const unpackedBytes = count(Number(said), sizeBytes + PADDING_BYTES, 'bytes of values');
  if (compression.codec() === 0) return firstOf(unpackLz4Frame(packed, unpackedBytes), sizeBytes);
  // What is not written stays NaN, for the library does not say how much it was.
  return firstOf(unpackZstd(packed, new Uint8Array(unpackedBytes).fill(0xff)), sizeBytes);
}

function firstOf(bytes: Uint8Array, sizeBytes: number): Uint8Array<ArrayBuffer> {
  if (bytes.length < sizeBytes) throw new RangeError(`expected ${sizeBytes} bytes of values, were ${bytes.length}`);
  return bytes.slice(0, sizeBytes);
}

function count(value: number, most: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new RangeError(`expected at most ${Math.floor(most)} ${what}, were ${value}`);
}
