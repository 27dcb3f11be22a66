/**
 * One file of a ledger: the forecasts of one model and month, with what came of them. What is known of the file is held
 * in memory without the inputs; only bytes that were added since are read.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import { isPending, type LedgerEntry, type LedgerForecast, type RecordedForecast } from '../evaluation/ledger.js';
import { systemCodeOf, toReadError, toWriteError } from '../files/system-errors.js';
import { syncFolder } from '../files/write-atomically.js';
import { formatLine, type LedgerLine, parseLine } from './ledger-lines.js';

const READ_BYTES = 4 * 1024 * 1024;
const LINE_END = 0x0a;

export class LedgerMonth {
  readonly path: string;
  readonly #onNote: (text: string) => void;
  /** By version and candle. */
  #entries = new Map<string, LedgerEntry>();
  #pendingCount = 0;
  /** Bytes of whole lines that were read. */
  #readBytes = 0;
  /** Bytes that this process knows to be on disk; others may only be in the system's memory yet. */
  #syncedBytes = 0;
  /** Reads and writes of this object, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string, onNote: (text: string) => void) {
    this.path = path;
    this.#onNote = onNote;
  }

  get entryCount(): number {
    return this.#entries.size;
  }

  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** The entries, newest candle first. */
  list(): LedgerEntry[] {
    return [...this.#entries.values()].sort((a, b) => b.asOfMs - a.asOfMs || b.version - a.version);
  }

  find(forecast: { readonly version: number; readonly asOfMs: number }): LedgerEntry | undefined {
    return this.#entries.get(keyOf(forecast));
  }

  /**
   * Reads what was added since the last time. A torn last line is left alone: it may be another process writing.
   *
   * @param onForecast called with every forecast that is read, inputs included
   * @throws TradeAiError `STORAGE_UNREADABLE`
   */
  refresh(onForecast?: (forecast: RecordedForecast) => void): Promise<void> {
    return this.#inTurn(() => this.#refresh(onForecast));
  }

  /**
   * Adds lines and resolves once everything in the file is on disk. The caller holds the lock of the folder and has
   * refreshed. What a crash left of a last line is cut off first.
   *
   * @throws TradeAiError `STORAGE_UNWRITABLE`, `VERSION_CONFLICT`; the next `refresh` tells whether the lines are there
   */
  append(lines: readonly LedgerLine[]): Promise<void> {
    return this.#inTurn(() => this.#append(lines));
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #refresh(onForecast?: (forecast: RecordedForecast) => void): Promise<void> {
    try {
      const file = await open(this.path, 'r');
      try {
        const { size } = await file.stat();
        // Somebody put another file in its place.
        if (size < this.#readBytes) this.#forget();
        await this.#readLines(file, size, onForecast);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw toReadError(this.path, error);
      this.#forget();
    }
  }

  async #append(lines: readonly LedgerLine[]): Promise<void> {
    if (lines.length === 0 && this.#readBytes <= this.#syncedBytes) return;
    const isFirstSync = this.#syncedBytes === 0;
    const bytes = Buffer.from(lines.map(formatLine).join(''));
    try {
      const file = await open(this.path, 'a+');
      try {
        await this.#cutTornLine(file);
        try {
          if (bytes.length > 0) await file.appendFile(bytes);
          await file.sync();
        } catch (error) {
          // After a failed sync the system may call lost pages written: better to write them again.
          await file.truncate(this.#readBytes).catch(() => undefined);
          throw error;
        }
      } finally {
        await file.close();
      }
      if (isFirstSync) await syncFolder(dirname(this.path));
    } catch (error) {
      throw toWriteError(this.path, error);
    }
    for (const line of lines) this.#take(line);
    this.#readBytes += bytes.length;
    this.#syncedBytes = this.#readBytes;
  }

  async #cutTornLine(file: FileHandle): Promise<void> {
    const { size } = await file.stat();
    const tornBytes = size - this.#readBytes;
    if (tornBytes === 0) return;
    const torn = Buffer.alloc(Math.max(0, tornBytes));
    await file.read(torn, 0, torn.length, this.#readBytes);
    if (tornBytes < 0 || torn.includes(LINE_END)) {
      throw new TradeAiError('VERSION_CONFLICT', `${this.path} was written by another process without the lock`, {
        hint: 'see that only programs that lock the ledger write to it',
      });
    }
    await file.truncate(this.#readBytes);
    this.#onNote(`${this.path}: cut off ${tornBytes} bytes of a line that was never finished`);
  }

  #forget(): void {
    this.#entries = new Map();
    this.#pendingCount = 0;
    this.#readBytes = 0;
    this.#syncedBytes = 0;
  }

  async #readLines(file: FileHandle, end: number, onForecast?: (forecast: RecordedForecast) => void): Promise<void> {
    let badLines = 0;
    let rest = Buffer.alloc(0);
    let position = this.#readBytes;
    while (position < end) {
      const length = Math.min(READ_BYTES, end - position);
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      let start = 0;
      for (let stop = bytes.indexOf(LINE_END); stop !== -1; stop = bytes.indexOf(LINE_END, start)) {
        const line = parseLine(bytes.toString('utf8', start, stop));
        if (line === undefined) badLines += 1;
        else {
          if (line.kind === 'forecast') onForecast?.(withoutKind(line));
          this.#take(line);
        }
        start = stop + 1;
      }
      this.#readBytes += start;
      rest = bytes.subarray(start);
    }
    if (badLines > 0) this.#onNote(`${this.path}: left out ${badLines} lines that are not as they were written`);
  }

  #take(line: LedgerLine): void {
    const key = keyOf(line);
    const entry = this.#entries.get(key);
    if (line.kind === 'forecast') {
      if (entry !== undefined) return;
      this.#entries.set(key, { ...withoutInputs(line), outcome: null, isUnscorable: false });
      this.#pendingCount += 1;
    } else if (entry !== undefined && isPending(entry)) {
      this.#entries.set(key, { ...entry, outcome: line.outcome, isUnscorable: line.outcome === null });
      this.#pendingCount -= 1;
    }
  }
}

export function keyOf({ version, asOfMs }: { readonly version: number; readonly asOfMs: number }): string {
  return `${asOfMs} ${version}`;
}

function withoutKind({ kind: _kind, ...forecast }: { readonly kind: string } & RecordedForecast): RecordedForecast {
  return forecast;
}

function withoutInputs({
  kind: _kind,
  inputs: _inputs,
  ...forecast
}: { kind: string } & RecordedForecast): LedgerForecast {
  return forecast;
}
