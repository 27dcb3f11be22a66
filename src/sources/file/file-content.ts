/** The bytes of a candle file, told apart by what they begin with rather than by the file's name. */

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { TradeAiError } from '../../core/errors.js';

/** `<DATE>\t<TIME>\t<OPEN>`: the header of MetaTrader 5 and Stooq. */
const BRACKETED_HEADER = /^<\w+>[\t,;|]<\w+>[\t,;|]/;

export type FileContent =
  | { readonly kind: 'parquet'; readonly sizeBytes: number; readonly sha256: string }
  | {
      readonly kind: 'text';
      readonly compression: 'gzip' | 'none';
      /** The text, unpacked. */
      readonly text: Buffer;
      readonly sha256: string;
    };

/** A list of rows, unpacked. */
export interface JsonContent {
  readonly kind: 'json';
  readonly text: Buffer;
  readonly sha256: string;
}

export interface FeatherContent {
  readonly kind: 'feather';
  readonly bytes: Buffer;
  readonly sha256: string;
}

const MAX_SIZE_BYTES = 2 ** 30;
/** About four million candles. */
const MAX_JSON_BYTES = 2 ** 28;
const UNPACKED_LIMIT_BYTES = 2 ** 31 - 1;
/** Unpacked bytes per packed byte; candles as text reach about 5, long halts about 40. */
const MAXIMUM_RATIO = 200;
/** So much is no burden, whatever it is packed into. */
const RATIO_FREE_BYTES = 2 ** 26;
/** How much of the text is examined for bytes that no text has. */
const SNIFF_BYTES = 64 * 1024;

/**
 * Reads and unpacks a file of CSV or Parquet, and says what is wrong with another one.
 *
 * @throws TradeAiError `FILE_NOT_FOUND`, `CANDLE_FILE_UNREADABLE`
 */
export async function readFileContent(path: string): Promise<FileContent> {
  const content = await readAnyContent(path);
  if (content.kind === 'json') throw unreadable(basename(path), 'is JSON', 'export it as CSV or Parquet');
  if (content.kind === 'feather') throw refuseFeather(path, 'is feather');
  return content;
}

/**
 * Reads and unpacks a file, and says what is wrong with one that cannot hold candles.
 *
 * @throws TradeAiError `FILE_NOT_FOUND`, `CANDLE_FILE_UNREADABLE`
 */
export async function readAnyContent(path: string): Promise<FileContent | JsonContent | FeatherContent> {
  const bytes = await readRegularFile(path);
  const name = basename(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length === 0) throw unreadable(name, 'is empty', 'download or export it again');
  if (startsWith(bytes, 'PAR1')) return { kind: 'parquet', sizeBytes: bytes.length, sha256 };
  if (startsWith(bytes, 'ARROW1')) return { kind: 'feather', bytes, sha256 };
  if (startsWith(bytes, 'FEA1'))
    throw refuseFeather(path, 'is feather of its first version, which nothing writes any more');
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = isGzip ? await unpack(bytes, name) : bytes;
  if (text.length === 0) throw unreadable(name, 'is empty once unpacked', 'download or export it again');
  refuseForeignContent(text, name);
  if (isJson(text)) {
    if (text.length <= MAX_JSON_BYTES) return { kind: 'json', text, sha256 };
    throw unreadable(
      name,
      `is JSON of ${text.length} bytes, more than the ${MAX_JSON_BYTES} accepted`,
      'export it as Parquet or CSV, or split it by years',
    );
  }
  return { kind: 'text', compression: isGzip ? 'gzip' : 'none', text, sha256 };
}

async function readRegularFile(path: string): Promise<Buffer> {
  const name = basename(path);
  try {
    const { size, ...stats } = await stat(path).then((found) => ({ size: found.size, isFile: found.isFile() }));
    if (!stats.isFile) throw unreadable(name, 'is not a file', 'name one CSV, JSON, Parquet or Feather file');
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
  const allowedBytes = Math.min(UNPACKED_LIMIT_BYTES, Math.max(RATIO_FREE_BYTES, MAXIMUM_RATIO * bytes.length));
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: allowedBytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      const limit = allowedBytes === UNPACKED_LIMIT_BYTES ? '2 GiB' : `${MAXIMUM_RATIO} times its size`;
      throw unreadable(
        name,
        `is larger than ${limit} once unpacked`,
        'split it by years and import the parts, or unpack it yourself if you trust it',
        error,
      );
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
    throw unreadable(
      name,
      'is binary or UTF-16 text',
      'candles are read from CSV (UTF-8), JSON, Parquet and Feather files',
    );
  }
  const start = head.toString('utf8').trimStart();
  if (start === '' && text.length <= SNIFF_BYTES) throw unreadable(name, 'holds only blank lines', 'export it again');
  if (start.startsWith('<') && !BRACKETED_HEADER.test(start))
    throw unreadable(name, 'is a web page or XML', 'download the data file itself');
  if (countReplacements(start) > 0.02 * start.length) {
    throw unreadable(name, 'is binary', 'candles are read from CSV (UTF-8), JSON, Parquet and Feather files');
  }
}

/** Whether a text begins as a JSON object or list does. */
function isJson(text: Buffer): boolean {
  return /^\ufeff?\s*[{[]/.test(text.toString('utf8', 0, SNIFF_BYTES));
}

function refuseFeather(path: string, state: string): TradeAiError {
  const parquet = `${path.replace(/\.[^./\\]*$/, '')}.parquet`;
  return unreadable(
    basename(path),
    state,
    `make it Parquet: python3 -c 'import sys, pandas; pandas.read_feather(sys.argv[1]).to_parquet(sys.argv[2])' ${quoteForShell(path)} ${quoteForShell(parquet)}`,
  );
}

function quoteForShell(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
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
