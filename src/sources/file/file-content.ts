/** The bytes of a candle file, told apart by what they begin with rather than by the file's name. */

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { TradeAiError } from '../../core/errors.js';

export type FileContent =
  | { readonly kind: 'parquet'; readonly sha256: string }
  | {
      readonly kind: 'text';
      readonly compression: 'gzip' | 'none';
      /** The text, unpacked. */
      readonly text: Buffer;
      readonly sha256: string;
    };

const MAX_SIZE_BYTES = 2 ** 30;
const UNPACKED_LIMIT_BYTES = 2 ** 31 - 1;
/** How much of the text is examined for bytes that no text has. */
const SNIFF_BYTES = 64 * 1024;

/**
 * Reads and unpacks a file, and says what is wrong with one that cannot hold candles.
 *
 * @throws TradeAiError `FILE_NOT_FOUND`, `CANDLE_FILE_UNREADABLE`
 */
export async function readFileContent(path: string): Promise<FileContent> {
  const bytes = await readRegularFile(path);
  const name = basename(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length === 0) throw unreadable(name, 'is empty', 'download or export it again');
  if (startsWith(bytes, 'PAR1')) return { kind: 'parquet', sha256 };
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = isGzip ? await unpack(bytes, name) : bytes;
  if (text.length === 0) throw unreadable(name, 'is empty once unpacked', 'download or export it again');
  refuseForeignContent(text, name);
  return { kind: 'text', compression: isGzip ? 'gzip' : 'none', text, sha256 };
}

async function readRegularFile(path: string): Promise<Buffer> {
  const name = basename(path);
  try {
    const { size, ...stats } = await stat(path).then((found) => ({ size: found.size, isFile: found.isFile() }));
    if (!stats.isFile) throw unreadable(name, 'is not a file', 'name one CSV, CSV.gz or Parquet file');
    if (size > MAX_SIZE_BYTES) {
      throw unreadable(
        name,
        `has ${size} bytes, more than the ${MAX_SIZE_BYTES} accepted`,
        'split it by years and import the parts',
      );
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof TradeAiError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new TradeAiError('FILE_NOT_FOUND', `there is no file ${path}`, { hint: 'check the path', cause: error });
    }
    throw unreadable(name, `cannot be read (${code ?? String(error)})`, 'check its permissions', error);
  }
}

async function unpack(bytes: Buffer, name: string): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: UNPACKED_LIMIT_BYTES });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw unreadable(name, 'is larger than 2 GiB once unpacked', 'split it by years and import the parts', error);
    }
    const state = code === 'Z_BUF_ERROR' ? 'is cut off: the gzip data ends too early' : `is damaged gzip (${message})`;
    throw unreadable(name, state, 'download it again', error);
  }
}

function refuseForeignContent(text: Buffer, name: string): void {
  if (startsWith(text, 'version https://git-lfs.github.com/spec/')) {
    throw unreadable(name, 'is a Git LFS pointer, not the data', 'fetch the data itself with `git lfs pull`');
  }
  if (startsWith(text, 'PK\u0003\u0004'))
    throw unreadable(name, 'is a zip archive', 'unpack it and name the CSV inside');
  const head = text.subarray(0, SNIFF_BYTES);
  if (head.includes(0)) {
    throw unreadable(name, 'is binary or UTF-16 text', 'candles are read from CSV (UTF-8), CSV.gz or Parquet files');
  }
  const start = head.toString('utf8').trimStart();
  if (start === '' && text.length <= SNIFF_BYTES) throw unreadable(name, 'holds only blank lines', 'export it again');
  if (start.startsWith('<')) throw unreadable(name, 'is a web page or XML', 'download the data file itself');
  if (start.startsWith('{') || start.startsWith('[')) throw unreadable(name, 'is JSON', 'export it as CSV or Parquet');
  if (countReplacements(start) > 0.02 * start.length) {
    throw unreadable(name, 'is binary', 'candles are read from CSV (UTF-8), CSV.gz or Parquet files');
  }
}

/** Bytes that are no UTF-8 decode to U+FFFD; a name in an older encoding has a few, binary data a great many. */
function countReplacements(text: string): number {
  let count = 0;
  for (const character of text) if (character === '\ufffd') count += 1;
  return count;
}

function startsWith(bytes: Buffer, prefix: string): boolean {
  return bytes.subarray(0, prefix.length).toString('latin1') === prefix;
}

export function unreadable(name: string, state: string, hint: string, cause?: unknown): TradeAiError {
  return new TradeAiError('CANDLE_FILE_UNREADABLE', `${name} ${state}`, { hint, cause });
}
