/**
 * One file of a ledger: the forecasts of one model and month, with what came of them. In memory are the index of its lines
 * (48 bytes a forecast, see ledger-index.ts) and the forecasts of which nothing has become yet; only bytes that were added
 * since are read, and of the others the lines that are asked for.
 */

import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import type { LedgerEntry } from '../evaluation/ledger.js';
import { readRange } from '../files/read-range.js';
import { systemCodeOf, toReadError, toWriteError } from '../files/system-errors.js';
import { syncFolder } from '../files/write-atomically.js';
import { type ForecastKey, LedgerIndex, type LineSpan, type MonthSummary } from './ledger-index.js';
import { isQuiet, loadIndex, readSavedSummary, saveIndex } from './ledger-index-file.js';
import {
  applyLine,
  formatLine,
  isNews,
  type LedgerLine,
  parseLine,
  type StoredForecast,
  toEntry,
} from './ledger-lines.js';
import { readSpans } from './read-spans.js';

const READ_BYTES = 4 * 1024 * 1024;
const LINE_END = 0x0a;
/** Forecasts read from disk together. */
const READ_ROWS = 512;
/** The index of a growing file is saved again after so many bytes and such a share of it. */
const UNSAVED_BYTES = 1024 * 1024;
const UNSAVED_SHARE = 1 / 8;
/** Of a forecast without its inputs, about. */
const ENTRY_BYTES = 700;

export class LedgerMonth {
  readonly path: string;
  readonly #onNote: (text: string) => void;
  /** `undefined` until it is needed. */
  #index: LedgerIndex | undefined;
  /** Of the forecasts of which nothing has become, those that were read or written. By version and candle. */
  readonly #pending = new Map<string, LedgerEntry>();
  /** Bytes that the saved index is of. */
  #savedBytes = 0;
  /** Bytes that this process knows to be on disk; others may only be in the system's memory yet. */
  #syncedBytes = 0;
  /** Reads and writes of this object, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param onNote told of torn and damaged lines, of the latter whenever the file is looked at */
  constructor(path: string, onNote: (text: string) => void) {
    this.path = path;
    this.#onNote = onNote;
  }

  /** Memory. */
  get heldBytes(): number {
    return (this.#index?.heldBytes ?? 0) + this.#pending.size * ENTRY_BYTES;
  }

  /** What the month holds. Of a file that is as its saved index says, only the head of that is read. */
  peek(): Promise<MonthSummary> {
    return this.#inTurn(async () => {
      const saved = this.#index === undefined ? await readSavedSummary(this.path) : undefined;
      return saved ?? (await this.#refresh()).summary;
    });
  }

  /**
   * Reads the forecasts of the rows that `choose` picks, in its order. Lines that have been damaged since they were
   * written are left out.
   *
   * @throws TradeAiError `STORAGE_UNREADABLE`
   */
  read(choose: (index: LedgerIndex) => readonly number[]): Promise<StoredForecast[]> {
    return this.#inTurn(() => this.#read(choose));
  }

  /** The forecasts of which nothing has become yet, oldest first. @throws TradeAiError `STORAGE_UNREADABLE` */
  pending(): Promise<LedgerEntry[]> {
    return this.#inTurn(async () => {
      const saved = this.#index === undefined ? await readSavedSummary(this.path) : undefined;
      if (saved?.pendingCount === 0) return [];
      const unread = await this.#read((index) =>
        index.pendingRows().filter((row) => !this.#pending.has(keyOf(index.keyAt(row)))),
      );
      for (const stored of unread) this.#pending.set(keyOf(stored.recording), toEntry(stored));
      const index = this.#index!;
      return index
        .pendingRows()
        .map((row) => this.#pending.get(keyOf(index.keyAt(row))))
        .filter((entry) => entry !== undefined);
    });
  }

  /**
   * Adds those of some lines that say something new, and resolves once everything in the file is on disk. The caller holds
   * the lock of the folder. What a crash left of a last line is cut off first.
   *
   * @returns the entries of the lines' forecasts, of those that there are
   * @throws TradeAiError `STORAGE_UNREADABLE`, `STORAGE_UNWRITABLE`, `VERSION_CONFLICT`; whether the lines are there then
   * is seen by adding them again
   */
  add(lines: readonly LedgerLine[]): Promise<LedgerEntry[]> {
    return this.#inTurn(async () => {
      await this.#refresh();
      const entries = await this.#findEntries(lines);
      const newLines: LedgerLine[] = [];
      for (const line of lines) {
        const entry = entries.get(keyOf(line));
        if (!isNews(line, entry)) continue;
        newLines.push(line);
        entries.set(keyOf(line), applyLine(entry, line));
      }
      await this.#append(newLines);
      return lines.map((line) => entries.get(keyOf(line))).filter((entry) => entry !== undefined);
    });
  }

  /** Saves the index where reading the lines again would take long; it may then be dropped. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#index !== undefined && this.#index.sizeBytes - this.#savedBytes > UNSAVED_BYTES)
        await this.#save(this.#index);
    });
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /**
   * Brings the index up to the file. A torn last line is left alone: it may be another process writing.
   *
   * @param isAnew nothing that was known or saved of the file is believed
   */
  async #refresh({ isAnew = false } = {}): Promise<LedgerIndex> {
    if (isAnew) this.#forget();
    try {
      const isUnchanged = this.#index !== undefined && (await stat(this.path)).size === this.#index.sizeBytes;
      if (!isUnchanged) await this.#readChanges({ isAnew });
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw toReadError(this.path, error);
      this.#forget();
    }
    const index = this.#index ?? new LedgerIndex();
    this.#index = index;
    if (index.badLines > 0) {
      this.#onNote(`${this.path}: left out ${index.badLines} lines that are not as they were written`);
    }
    return index;
  }

  async #readChanges({ isAnew }: { readonly isAnew: boolean }): Promise<void> {
    const file = await open(this.path, 'r');
    try {
      const { size, mtimeMs } = await file.stat();
      // Somebody put another file in its place.
      if (size < (this.#index?.sizeBytes ?? 0)) this.#forget();
      const isNew = this.#index === undefined;
      if (isNew && !isAnew) {
        this.#index = await loadIndex(this.path, { file, size, mtimeMs });
        this.#savedBytes = this.#index?.sizeBytes ?? 0;
      }
      const index = this.#index ?? new LedgerIndex();
      this.#index = index;
      await this.#readLines(file, index, size);
      const unsavedBytes = index.sizeBytes - this.#savedBytes;
      const isGrown = unsavedBytes > Math.max(UNSAVED_BYTES, UNSAVED_SHARE * index.sizeBytes);
      if (isGrown || (isNew && unsavedBytes > 0 && isQuiet(mtimeMs))) await this.#save(index);
    } finally {
      await file.close();
    }
  }

  async #save(index: LedgerIndex): Promise<void> {
    if (await saveIndex(this.path, index)) this.#savedBytes = index.sizeBytes;
  }

  #forget(): void {
    this.#index = undefined;
    this.#pending.clear();
    this.#savedBytes = 0;
    this.#syncedBytes = 0;
  }

  async #readLines(file: FileHandle, index: LedgerIndex, end: number): Promise<void> {
    let rest = Buffer.alloc(0);
    let position = index.sizeBytes;
    while (position < end) {
      const length = Math.min(READ_BYTES, end - position);
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const bytesStart = index.sizeBytes;
      let start = 0;
      for (let stop = bytes.indexOf(LINE_END); stop !== -1; stop = bytes.indexOf(LINE_END, start)) {
        const line = parseLine(bytes.toString('utf8', start, stop));
        if (line === undefined) index.badLines += 1;
        else this.#take(index, line, { start: bytesStart + start, length: stop - start });
        start = stop + 1;
      }
      index.sizeBytes = bytesStart + start;
      rest = bytes.subarray(start);
    }
  }

  #take(index: LedgerIndex, line: LedgerLine, span: LineSpan): void {
    if (line.kind === 'outcome') {
      if (index.addOutcome(line, span)) this.#pending.delete(keyOf(line));
    } else if (index.addForecast(line, span)) this.#pending.set(keyOf(line), applyLine(undefined, line));
  }

  async #read(choose: (index: LedgerIndex) => readonly number[]): Promise<StoredForecast[]> {
    for (const isAnew of [false, true]) {
      const index = await this.#refresh({ isAnew });
      const found = await this.#readRows(index, choose(index));
      // A line that is another than the index says was damaged since, or the index is of another file.
      if (isAnew || !found.includes(undefined)) return found.filter((stored) => stored !== undefined);
    }
    return [];
  }

  async #readRows(index: LedgerIndex, rows: readonly number[]): Promise<(StoredForecast | undefined)[]> {
    if (rows.length === 0) return [];
    try {
      const file = await open(this.path, 'r');
      try {
        const found: (StoredForecast | undefined)[] = [];
        for (let start = 0; start < rows.length; start += READ_ROWS) {
          const batch = rows.slice(start, start + READ_ROWS);
          const spans = batch.flatMap((row) => [index.forecastAt(row), index.outcomeAt(row) ?? []].flat());
          const texts = await readSpans(file, spans);
          found.push(...batch.map((row) => parseStored(index, row, texts)));
        }
        return found;
      } finally {
        await file.close();
      }
    } catch (error) {
      throw toReadError(this.path, error);
    }
  }

  /** The entries that there are of some forecasts, by key. The index has been brought up to the file. */
  async #findEntries(keys: readonly ForecastKey[]): Promise<Map<string, LedgerEntry>> {
    const entries = new Map<string, LedgerEntry>();
    for (const key of keys) {
      const entry = this.#pending.get(keyOf(key));
      if (entry !== undefined) entries.set(keyOf(key), entry);
    }
    const others = keys.filter((key) => !entries.has(keyOf(key)));
    if (others.every((key) => this.#index!.find(key) === undefined)) return entries;
    const found = await this.#read((index) => others.map((key) => index.find(key)).filter((row) => row !== undefined));
    for (const stored of found) entries.set(keyOf(stored.recording), toEntry(stored));
    return entries;
  }

  async #append(lines: readonly LedgerLine[]): Promise<void> {
    const index = this.#index!;
    if (lines.length === 0 && index.sizeBytes <= this.#syncedBytes) return;
    const isFirstSync = this.#syncedBytes === 0;
    const texts = lines.map((line) => Buffer.from(formatLine(line)));
    try {
      const file = await open(this.path, 'a+');
      try {
        await this.#cutTornLine(file, index.sizeBytes);
        try {
          if (texts.length > 0) await file.appendFile(Buffer.concat(texts));
          await file.sync();
        } catch (error) {
          // After a failed sync the system may call lost pages written: better to write them again.
          await file.truncate(index.sizeBytes).catch(() => undefined);
          throw error;
        }
      } finally {
        await file.close();
      }
      if (isFirstSync) await syncFolder(dirname(this.path));
    } catch (error) {
      throw toWriteError(this.path, error);
    }
    for (const [i, line] of lines.entries()) {
      this.#take(index, line, { start: index.sizeBytes, length: texts[i].length - 1 });
      index.sizeBytes += texts[i].length;
    }
    this.#syncedBytes = index.sizeBytes;
  }

  async #cutTornLine(file: FileHandle, wholeBytes: number): Promise<void> {
    const { size } = await file.stat();
    const tornBytes = size - wholeBytes;
    if (tornBytes === 0) return;
    if (tornBytes < 0 || (await readRange(file, wholeBytes, size)).includes(LINE_END)) {
      throw new TradeAiError('VERSION_CONFLICT', `${this.path} was written by another process without the lock`, {
        hint: 'see that only programs that lock the ledger write to it',
      });
    }
    await file.truncate(wholeBytes);
    this.#onNote(`${this.path}: cut off ${tornBytes} bytes of a line that was never finished`);
  }
}

/** The forecast of a row; `undefined` where its lines are not the ones that were indexed. */
function parseStored(index: LedgerIndex, row: number, texts: ReadonlyMap<number, string>): StoredForecast | undefined {
  const key = keyOf(index.keyAt(row));
  const outcomeSpan = index.outcomeAt(row);
  const forecast = parseLine(texts.get(index.forecastAt(row).start)!);
  const outcome = outcomeSpan && parseLine(texts.get(outcomeSpan.start)!);
  if (forecast?.kind !== 'forecast' || keyOf(forecast) !== key) return undefined;
  const { kind: _kind, ...recording } = forecast;
  if (outcomeSpan === undefined) return { recording, resolution: undefined };
  return outcome?.kind === 'outcome' && keyOf(outcome) === key ? { recording, resolution: outcome } : undefined;
}

/** Of a forecast within a name. */
export function keyOf({ version, asOfMs }: ForecastKey): string {
  return `${asOfMs} ${version}`;
}
