/** What reading and writing files of candles have in common: the names in them, and the checksums of their values. */

import { crc32 } from 'node:zlib';
import type { CandleColumn } from '../market/candle-series.js';

export const CHECKSUM_KEY = 'crc32';
export const GROUP_CHECKSUMS_KEY = 'crc32_groups';
/** A chart of 500 candles needs one group or two; against one group a month, files are a fortieth larger. */
export const GROUP_ROWS = 8_192;

export const COLUMN_IN_FILE: Readonly<Record<CandleColumn, string>> = {
  openTimeMs: 'open_time',
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
};

/** CRC-32 over the bytes of all columns with their names. */
export function checksumOf(names: readonly string[], columns: readonly Float64Array[]): string {
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

/** Of each `groupRows` rows for themselves. */
export function groupChecksumsOf(
  names: readonly string[],
  columns: readonly Float64Array[],
  groupRows: number,
): string[] {
  const groupCount = Math.ceil(columns[0].length / groupRows);
  return Array.from({ length: groupCount }, (_, group) => {
    const start = group * groupRows;
    const rows = columns.map((column) => column.subarray(start, start + groupRows));
    return checksumOf(names, rows);
  });
}
