/**
 * The one CSV in a zip, streamed. An archive is input from elsewhere: nothing it says about itself is believed, no name in
 * it becomes a path, and what is larger than expected is not unpacked to the end.
 */

import type { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { TradeAiError } from '../../core/errors.js';

export interface ZipLimits {
  /** Bytes the CSV may have. */
  readonly maxBytes: number;
}

const MAX_ENTRIES = 1;
const DEFLATE = 8;
const PART_BYTES = 1 << 18;
/** Unpacked bytes per packed byte; candles as text reach about 5, long halts about 40. */
const MAX_RATIO = 200;
/** Less than this is no bomb, whatever its ratio. */
const RATIO_FREE_BYTES = 1 << 20;
/** In any script: coins are listed in Chinese, and not every archive says how its names are encoded. */
const CSV_NAME = /^[^.\p{C}/\\:][^\p{C}/\\:]{0,199}\.csv$/u;
const FILE_TYPE_MASK = 0o170000;
const REGULAR_FILE = 0o100000;

/**
 * The bytes of the CSV, in parts. Sizes are counted, not read, and the checksum is verified at the end: what came is
 * worth something only when this ends without an error.
 *
 * @throws TradeAiError `EXCHANGE_RESPONSE_INVALID`
 */
export async function* readZippedCsv(path: string, { maxBytes }: ZipLimits): AsyncGenerator<Buffer> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(path, { strictFileNames: true, validateEntrySizes: true });
    if (zip.entryCount !== MAX_ENTRIES) throw invalid(`expected one file in the zip, was ${zip.entryCount}`);
    for await (const entry of zip.eachEntry()) {
      refuseEntry(entry, maxBytes);
      yield* readEntry(zip, entry, maxBytes);
    }
  } catch (error) {
    if (error instanceof TradeAiError) throw error;
    throw invalid(error instanceof Error ? error.message : String(error), error);
  } finally {
    zip?.close();
  }
}

function refuseEntry(entry: Entry, maxBytes: number): void {
  const { fileName, uncompressedSize, externalFileAttributes, versionMadeBy } = entry;
  if (!CSV_NAME.test(fileName)) throw invalid(`expected a CSV, was ${JSON.stringify(fileName.slice(0, 80))}`);
  // The upper half of the attributes is Unix's mode when Unix (3) made the entry; a link would be one there.
  const fileType = versionMadeBy >> 8 === 3 ? (externalFileAttributes >>> 16) & FILE_TYPE_MASK : 0;
  if (fileType !== 0 && fileType !== REGULAR_FILE) throw invalid(`${fileName} is no regular file`);
  if (entry.isEncrypted()) throw invalid(`${fileName} is encrypted`);
  if (uncompressedSize > maxBytes) throw tooLarge(fileName, maxBytes);
}

async function* readEntry(zip: ZipFile, entry: Entry, maxBytes: number): AsyncGenerator<Buffer> {
  const byRatio = Math.max(RATIO_FREE_BYTES, MAX_RATIO * entry.compressedSize);
  const allowedBytes = Math.min(maxBytes, byRatio, entry.uncompressedSize);
  const stream = await openContent(zip, entry);
  let readBytes = 0;
  let checksum = 0;
  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      readBytes += part.length;
      if (readBytes > allowedBytes) throw tooLarge(entry.fileName, allowedBytes);
      checksum = crc32(part, checksum);
      yield part;
    }
  } finally {
    stream.destroy();
  }
  if (readBytes !== entry.uncompressedSize) {
    throw invalid(`${entry.fileName}: expected ${entry.uncompressedSize} bytes, was ${readBytes}`);
  }
  if (checksum !== entry.crc32) throw invalid(`${entry.fileName}: the checksum inside the zip is wrong`);
}

/** Unpacks in large parts: in the usual ones of 16 KiB, a fifth of the time goes into the way to the thread pool and back. */
async function openContent(zip: ZipFile, entry: Entry): Promise<Readable> {
  if (entry.compressionMethod !== DEFLATE) return zip.openReadStreamPromise(entry);
  const packed = await zip.openReadStreamPromise(entry, { decodeFileData: false });
  const unpacked = createInflateRaw({ chunkSize: PART_BYTES });
  packed.on('error', (error) => unpacked.destroy(error));
  unpacked.on('close', () => packed.destroy());
  return packed.pipe(unpacked);
}

function tooLarge(fileName: string, allowedBytes: number): TradeAiError {
  return invalid(`${fileName} unpacks to more than ${allowedBytes} bytes`);
}

function invalid(message: string, cause?: unknown): TradeAiError {
  return new TradeAiError('EXCHANGE_RESPONSE_INVALID', `archive: ${message}`, {
    hint: 'the file is left aside; try again later, or check TRADEAI_BINANCE_ARCHIVE_URL',
    cause,
  });
}
