/**
 * The safetensors container: named tensors and a few strings, nothing that can run.
 * Format: https://github.com/huggingface/safetensors#format
 *
 *     N: u64, little-endian | header: N bytes of JSON, padded with spaces | data: tensors, row-major, little-endian
 *
 * The reader takes a file for hostile and is stricter than the format: a header of at most 1 MB, padded to 8 bytes,
 * without duplicate keys; tensors that fill the data exactly, without hole or overlap; finite numbers only. Memory is
 * taken only for data that lies in the file, so a small file cannot ask for a lot.
 */

import { TradeAiError } from '../core/errors.js';

export type TensorDtype = 'F32' | 'F64';

export interface NamedTensor {
  readonly name: string;
  /** `[]` is a scalar. */
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
  /** Row-major. A `Float64Array` may stand for F32 when each of its values is a float32. */
  readonly data: Float32Array | Float64Array;
}

export interface SafetensorsContent {
  /** In the order of their data. */
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
  readonly begin: number;
  readonly end: number;
}

const LENGTH_BYTES = 8;
const ALIGNMENT_BYTES = 8;
const MAXIMUM_HEADER_BYTES = 1_000_000;
const MAXIMUM_FILE_BYTES = 1_000_000_000;
const MAXIMUM_RANK = 8;
const MAXIMUM_NAME_LENGTH = 200;
const BYTES_OF = { F32: 4, F64: 8 } as const;
const METADATA_KEY = '__metadata__';
/** Keys that change the meaning of a plain object somewhere down the line. */
const RESERVED_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Writes tensors in the given order, without a gap. The same content gives the same bytes: metadata keys are sorted.
 *
 * @throws TradeAiError `MODEL_CORRUPT` for what `decodeSafetensors` would refuse, and for a value of an F32 tensor that
 *   is not a float32: nothing is rounded silently
 */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries: string[] = [];
  const metadataKeys = Object.keys(metadata).sort();
  for (const key of metadataKeys) checkName(key);
  if (metadataKeys.length > 0) {
    const pairs = metadataKeys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    entries.push(`"${METADATA_KEY}":{${pairs.join(',')}}`);
  }
  let dataBytes = 0;
  const names = new Set<string>();
  for (const { name, shape, dtype, data } of tensors) {
    checkTensorName(name);
    if (names.has(name)) throw corrupt(`tensor ${quote(name)} appears twice`);
    names.add(name);
    const length = countElements(name, shape);
    if (length !== data.length) {
      throw corrupt(`tensor ${quote(name)} has shape [${shape}], ${length} values, but ${data.length} were given`);
    }
    const begin = dataBytes;
    dataBytes += length * BYTES_OF[dtype];
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, dataBytes] })}`);
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerBytes = Math.ceil(json.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  checkHeaderSize(BigInt(headerBytes));
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + dataBytes);
  checkFileSize(bytes.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + json.length, LENGTH_BYTES + headerBytes);
  let offset = LENGTH_BYTES + headerBytes;
  for (const { name, dtype, data } of tensors) {
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      checkFinite(name, i, value);
      if (dtype === 'F64') view.setFloat64(offset, value, true);
      else if (Math.fround(value) === value) view.setFloat32(offset, value, true);
      else throw corrupt(`tensor ${quote(name)} has the value ${value} at ${i}, expected a float32`);
      offset += BYTES_OF[dtype];
    }
  }
  return bytes;
}

/**
 * Reads a safetensors file of F32 and F64 tensors. The data is copied: the result does not alias `bytes`.
 *
 * @throws TradeAiError `MODEL_CORRUPT` at the first thing that is wrong; it throws nothing else
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  checkFileSize(bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, dataStart } = readHeader(bytes, view);
  const dataBytes = bytes.length - dataStart;

  let metadata: Record<string, string> = Object.create(null);
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA_KEY) metadata = readMetadata(value);
    else entries.push(readEntry(name, value, dataBytes));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let next = 0;
  for (const { name, begin, end } of entries) {
    if (begin > next)
      throw corrupt(`bytes ${next} to ${begin} of the data before tensor ${quote(name)} belong to none`);
    if (begin < next) throw corrupt(`tensor ${quote(name)} begins at byte ${begin}, inside the tensor before it`);
    next = end;
  }
  if (next !== dataBytes) throw corrupt(`the tensors cover ${next} bytes, the file holds ${dataBytes} bytes of data`);
  return { tensors: entries.map((entry) => readTensor(view, dataStart, entry)), metadata };
}

function readHeader(bytes: Uint8Array, view: DataView): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < LENGTH_BYTES) throw corrupt(`the file has ${bytes.length} bytes, fewer than ${LENGTH_BYTES}`);
  const declared = view.getBigUint64(0, true);
  checkHeaderSize(declared);
  const headerBytes = Number(declared);
  const dataStart = LENGTH_BYTES + headerBytes;
  if (dataStart > bytes.length) {
    throw corrupt(
      `the header is ${headerBytes} bytes long, the file has ${bytes.length - LENGTH_BYTES} after its length`,
    );
  }
  if (headerBytes % ALIGNMENT_BYTES !== 0) {
    throw corrupt(`the header is ${headerBytes} bytes long, expected a multiple of ${ALIGNMENT_BYTES}`);
  }
  if (bytes[LENGTH_BYTES] !== 0x7b) throw corrupt('the header does not begin with "{"');
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(LENGTH_BYTES, dataStart));
  } catch (cause) {
    throw corrupt('the header is not UTF-8', cause);
  }
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(json);
  } catch (cause) {
    throw corrupt('the header is not JSON', cause);
  }
  checkKeys(json);
  return { header, dataStart };
}

/**
 * Refuses duplicate and reserved keys, which `JSON.parse` takes without a word, and nesting deeper than a header has.
 *
 * @param json text that `JSON.parse` has accepted, so that strings end and brackets match
 */
function checkKeys(json: string): void {
  const objectKeys: Set<string>[] = [];
  let depth = 0;
  let lastString = '';
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '"') {
      const start = i++;
      while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
      lastString = json.slice(start, i + 1);
    } else if (character === '{' || character === '[') {
      if (++depth > 3) throw corrupt('the header is nested deeper than 3 levels');
      if (character === '{') objectKeys.push(new Set());
    } else if (character === '}' || character === ']') {
      depth--;
      if (character === '}') objectKeys.pop();
    } else if (character === ':') {
      const key: string = JSON.parse(lastString);
      checkName(key);
      const keys = objectKeys[objectKeys.length - 1];
      if (keys.has(key)) throw corrupt(`the key ${quote(key)} appears twice in the header`);
      keys.add(key);
    }
  }
}

function readMetadata(value: unknown): Record<string, string> {
  if (!isPlainObject(value)) throw corrupt(`"${METADATA_KEY}" is ${describe(value)}, expected an object`);
  const metadata: Record<string, string> = Object.create(null);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw corrupt(`metadata ${quote(key)} is ${describe(text)}, expected a string`);
    metadata[key] = text;
  }
  return metadata;
}

function readEntry(name: string, value: unknown, dataBytes: number): TensorEntry {
  checkTensorName(name);
  if (!isPlainObject(value)) throw corrupt(`tensor ${quote(name)} is ${describe(value)}, expected an object`);
  const { dtype, shape, data_offsets: offsets, ...rest } = value;
  const unknownKey = Object.keys(rest)[0];
  if (unknownKey !== undefined) throw corrupt(`tensor ${quote(name)} has the unknown key ${quote(unknownKey)}`);
  if (dtype !== 'F32' && dtype !== 'F64') {
    throw corrupt(`tensor ${quote(name)} has dtype ${describe(dtype)}, expected F32 or F64`);
  }
  if (!isSizeList(shape)) throw corrupt(`tensor ${quote(name)} has a shape that is not a list of sizes`);
  if (!isSizeList(offsets) || offsets.length !== 2) {
    throw corrupt(`tensor ${quote(name)} has data_offsets that are not two byte positions`);
  }
  const [begin, end] = offsets;
  if (begin > end) throw corrupt(`tensor ${quote(name)} ends at byte ${end}, before it begins at ${begin}`);
  if (end > dataBytes) {
    throw corrupt(`tensor ${quote(name)} ends at byte ${end}, the file holds ${dataBytes} bytes of data`);
  }
  const expectedBytes = countElements(name, shape) * BYTES_OF[dtype];
  if (end - begin !== expectedBytes) {
    throw corrupt(`tensor ${quote(name)} ${dtype} [${shape}] takes ${expectedBytes} bytes, was given ${end - begin}`);
  }
  return { name, shape, dtype, begin, end };
}

function readTensor(view: DataView, dataStart: number, { name, shape, dtype, begin, end }: TensorEntry): NamedTensor {
  const length = (end - begin) / BYTES_OF[dtype];
  const data = dtype === 'F32' ? new Float32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const offset = dataStart + begin + i * BYTES_OF[dtype];
    data[i] = dtype === 'F32' ? view.getFloat32(offset, true) : view.getFloat64(offset, true);
    checkFinite(name, i, data[i]);
  }
  return { name, shape, dtype, data };
}

function checkFileSize(sizeBytes: number): void {
  if (sizeBytes > MAXIMUM_FILE_BYTES) {
    throw corrupt(`the file has ${sizeBytes} bytes, at most ${MAXIMUM_FILE_BYTES} are allowed`);
  }
}

function checkHeaderSize(sizeBytes: bigint): void {
  if (sizeBytes > BigInt(MAXIMUM_HEADER_BYTES)) {
    throw corrupt(`the header is ${sizeBytes} bytes long, at most ${MAXIMUM_HEADER_BYTES} are allowed`);
  }
}

function checkName(name: string): void {
  if (RESERVED_KEYS.has(name)) throw corrupt(`the name ${quote(name)} is reserved`);
}

function checkTensorName(name: string): void {
  checkName(name);
  if (name.length === 0 || name.length > MAXIMUM_NAME_LENGTH || name === METADATA_KEY) {
    throw corrupt(`${quote(name)} cannot be the name of a tensor`);
  }
}

/** Product of the sizes. A product too large for any file is refused before it can lose precision. */
function countElements(name: string, shape: readonly number[]): number {
  if (!isSizeList(shape)) throw corrupt(`tensor ${quote(name)} has a shape that is not a list of sizes`);
  if (shape.length > MAXIMUM_RANK) {
    throw corrupt(`tensor ${quote(name)} has ${shape.length} dimensions, at most ${MAXIMUM_RANK} are allowed`);
  }
  let count = 1;
  for (const size of shape) {
    if (size > 0 && count > MAXIMUM_FILE_BYTES / size) throw corrupt(`tensor ${quote(name)} has too large a shape`);
    count *= size;
  }
  return count;
}

function checkFinite(name: string, index: number, value: number): void {
  if (!Number.isFinite(value)) throw corrupt(`tensor ${quote(name)} has the value ${value} at ${index}`);
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 40);
}

function quote(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}

function corrupt(message: string, cause?: unknown): TradeAiError {
  return new TradeAiError('MODEL_CORRUPT', `safetensors: ${message}`, {
    hint: 'the file is damaged or comes from elsewhere; restore it from a backup, or train again',
    cause,
  });
}
