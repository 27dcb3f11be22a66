/**
 * Where the lines of a month stand in its file: one row a forecast, in order of candle and version, so that a page is
 * found without reading the file. It is saved beside the month, `2026-11.index`:
 *
 *     header   11 numbers       what it was made of, counts, and the checksums of rows and header
 *     rows     6 numbers each   candle, version, start and length of the line of the forecast, then of its outcome
 *
 * All are 64-bit floats in the order of the machine. Nothing depends on it: one that is missing, damaged, of another
 * machine or of another file is made again from the lines.
 */

import { crc32 } from 'node:zlib';

/** Bytes of a file, without the line end. */
export interface LineSpan {
  readonly start: number;
  readonly length: number;
}

export interface ForecastKey {
  readonly version: number;
  readonly asOfMs: number;
}

/** What a month holds. */
export interface MonthSummary {
  /** Forecasts of which nothing has become yet. */
  readonly pendingCount: number;
  /** Lines that are not as they were written. */
  readonly badLines: number;
  /** The smallest and the largest version; an empty range where there is none. */
  readonly versions: readonly [first: number, last: number];
}

/** The file that an index was made of. */
export interface IndexedFile {
  /** Bytes of its whole lines. */
  readonly sizeBytes: number;
  /** `null` where it may have been changed again at the same time: such an index is good for a file that has grown. */
  readonly mtimeMs: number | null;
  /** Checksum of its last bytes. */
  readonly tailCrc: number;
}

export interface SavedIndex {
  readonly file: IndexedFile;
  readonly summary: MonthSummary;
}

const LAYOUT = 0x7a1d_0001;
const HEADER_NUMBERS = 11;
export const HEADER_BYTES = HEADER_NUMBERS * 8;
const ROW_NUMBERS = 6;
const NO_OUTCOME = -1;
const FIRST_ROWS = 64;

/** Rows in order of candle and version. */
export class LedgerIndex {
  #numbers: Float64Array;
  #rowCount: number;
  #pendingCount = 0;
  #versions: readonly [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  /** Bytes of the file that the rows are of; they end with a line. */
  sizeBytes = 0;
  badLines = 0;

  /** An empty index, or one that was saved. */
  constructor(numbers: Float64Array = new Float64Array(0), saved?: SavedIndex) {
    this.#numbers = numbers;
    this.#rowCount = numbers.length / ROW_NUMBERS;
    if (saved === undefined) return;
    this.sizeBytes = saved.file.sizeBytes;
    this.badLines = saved.summary.badLines;
    this.#pendingCount = saved.summary.pendingCount;
    this.#versions = saved.summary.versions;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Memory. */
  get heldBytes(): number {
    return this.#numbers.byteLength;
  }

  get summary(): MonthSummary {
    return { pendingCount: this.#pendingCount, badLines: this.badLines, versions: this.#versions };
  }

  /** The rows as they are saved. */
  get numbers(): Float64Array {
    return this.#numbers.subarray(0, this.#rowCount * ROW_NUMBERS);
  }

  keyAt(row: number): ForecastKey {
    const at = row * ROW_NUMBERS;
    return { asOfMs: this.#numbers[at], version: this.#numbers[at + 1] };
  }

  forecastAt(row: number): LineSpan {
    const at = row * ROW_NUMBERS;
    return { start: this.#numbers[at + 2], length: this.#numbers[at + 3] };
  }

  /** `undefined` while nothing has become of the forecast. */
  outcomeAt(row: number): LineSpan | undefined {
    const at = row * ROW_NUMBERS;
    if (this.#numbers[at + 4] === NO_OUTCOME) return undefined;
    return { start: this.#numbers[at + 4], length: this.#numbers[at + 5] };
  }

  /** The row of a forecast; `undefined` where there is none. */
  find(key: ForecastKey): number | undefined {
    const row = this.firstFrom(key);
    return row < this.#rowCount && compareKeys(this.keyAt(row), key) === 0 ? row : undefined;
  }

  /** The first row at a key or behind it. */
  firstFrom(key: ForecastKey): number {
    let low = 0;
    let high = this.#rowCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(this.keyAt(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Rows of which nothing has become yet, oldest first. */
  pendingRows(): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.#rowCount && rows.length < this.#pendingCount; row++) {
      if (this.#numbers[row * ROW_NUMBERS + 4] === NO_OUTCOME) rows.push(row);
    }
    return rows;
  }

  /** Takes the line of a forecast; the first one of a key counts. @returns whether it did */
  addForecast(key: ForecastKey, line: LineSpan): boolean {
    const row = this.firstFrom(key);
    if (row < this.#rowCount && compareKeys(this.keyAt(row), key) === 0) return false;
    this.#makeRoom();
    const at = row * ROW_NUMBERS;
    this.#numbers.copyWithin(at + ROW_NUMBERS, at, this.#rowCount * ROW_NUMBERS);
    this.#numbers.set([key.asOfMs, key.version, line.start, line.length, NO_OUTCOME, 0], at);
    this.#rowCount += 1;
    this.#pendingCount += 1;
    this.#versions = [Math.min(this.#versions[0], key.version), Math.max(this.#versions[1], key.version)];
    return true;
  }

  /** Takes the line of an outcome; the first one of a pending forecast counts. @returns whether it did */
  addOutcome(key: ForecastKey, line: LineSpan): boolean {
    const row = this.find(key);
    if (row === undefined || this.outcomeAt(row) !== undefined) return false;
    this.#numbers.set([line.start, line.length], row * ROW_NUMBERS + 4);
    this.#pendingCount -= 1;
    return true;
  }

  #makeRoom(): void {
    const needed = (this.#rowCount + 1) * ROW_NUMBERS;
    if (needed <= this.#numbers.length) return;
    const grown = new Float64Array(Math.max(FIRST_ROWS * ROW_NUMBERS, this.#numbers.length * 2));
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}

/** The bytes of a saved index. */
export function formatIndex(index: LedgerIndex, { mtimeMs, tailCrc }: Omit<IndexedFile, 'sizeBytes'>): Uint8Array {
  const { numbers, summary } = index;
  const all = new Float64Array(HEADER_NUMBERS + numbers.length);
  all.set(numbers, HEADER_NUMBERS);
  const bytes = new Uint8Array(all.buffer);
  all.set([
    LAYOUT,
    index.sizeBytes,
    mtimeMs ?? -1,
    tailCrc,
    index.rowCount,
    summary.pendingCount,
    summary.badLines,
    ...summary.versions,
    crc32(bytes.subarray(HEADER_BYTES)),
  ]);
  all[HEADER_NUMBERS - 1] = crc32(bytes.subarray(0, HEADER_BYTES - 8));
  return bytes;
}

/** Reads the header of a saved index; `undefined` when it is not as it was written. */
export function parseHeader(bytes: Uint8Array): SavedIndex | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const [layout, sizeBytes, mtimeMs, tailCrc, , pendingCount, badLines, first, last, , headerCrc] = numbersOf(
    bytes.subarray(0, HEADER_BYTES),
  );
  if (layout !== LAYOUT || headerCrc !== crc32(bytes.subarray(0, HEADER_BYTES - 8))) return undefined;
  return {
    file: { sizeBytes, mtimeMs: mtimeMs === -1 ? null : mtimeMs, tailCrc },
    summary: { pendingCount, badLines, versions: [first, last] },
  };
}

/** Reads a saved index; `undefined` when it is not as it was written. */
export function parseIndex(bytes: Uint8Array): (SavedIndex & { readonly index: LedgerIndex }) | undefined {
  const saved = parseHeader(bytes);
  if (saved === undefined) return undefined;
  const header = numbersOf(bytes.subarray(0, HEADER_BYTES));
  const rows = bytes.subarray(HEADER_BYTES);
  if (rows.length !== header[4] * ROW_NUMBERS * 8 || header[9] !== crc32(rows)) return undefined;
  return { ...saved, index: new LedgerIndex(numbersOf(rows), saved) };
}

function numbersOf(bytes: Uint8Array): Float64Array {
  return new Float64Array(new Uint8Array(bytes).buffer);
}

function compareKeys(a: ForecastKey, b: ForecastKey): number {
  return a.asOfMs - b.asOfMs || a.version - b.version;
}
