/**
 * Candles on their way into the store. Every append writes the file of the whole series, so pages are gathered while the
 * last append was long, measured by how long it took: a small series takes each page at once, and of a large one no more
 * than a fifth of the time goes into writing.
 */

import { CANDLE_COLUMNS, type Candle, type CandleSeries, candleAt, rowCountOf } from '../market/candle-series.js';
import type { AppendResult, CandleStore } from '../ports/candle-store.js';

/** A closed candle that came again with other values. */
export interface RevisedCandle {
  readonly was: Candle;
  readonly now: Candle;
}

export interface StoreUpdate {
  readonly addedRows: number;
  readonly revisedRows: number;
  /** The first of the revised candles. */
  readonly revisions: readonly RevisedCandle[];
}

export interface StoreWriterOptions {
  readonly store: CandleStore;
  readonly source: string;
  /** The series as it was, to tell what was revised. */
  readonly stored: CandleSeries | undefined;
  /** Told the open time of the newest candle of what was written last. */
  readonly onWritten?: (lastOpenTimeMs: number) => Promise<void>;
  /** Nothing is written before `flush`. */
  readonly isAtomic?: boolean;
}

/** Time between appends in lengths of an append. */
const PATIENCE = 4;
/** Rows that wait in memory at most. */
const MAX_WAITING_ROWS = 2_000_000;
const REVISIONS_SHOWN = 20;

export class StoreWriter {
  readonly #options: StoreWriterOptions;
  #waiting: CandleSeries[] = [];
  #waitingRows = 0;
  #lastAppendMs = 0;
  #writtenAtMs = performance.now();
  #addedRows = 0;
  #revisedRows = 0;
  readonly #revisions: RevisedCandle[] = [];

  constructor(options: StoreWriterOptions) {
    this.#options = options;
  }

  get total(): StoreUpdate {
    return { addedRows: this.#addedRows, revisedRows: this.#revisedRows, revisions: this.#revisions };
  }

  /** Takes candles newer than those taken before. */
  async add(candles: CandleSeries): Promise<void> {
    if (rowCountOf(candles) === 0) return;
    this.#waiting.push(candles);
    this.#waitingRows += rowCountOf(candles);
    if (this.#options.isAtomic) return;
    const isDue = performance.now() - this.#writtenAtMs >= PATIENCE * this.#lastAppendMs;
    if (isDue || this.#waitingRows >= MAX_WAITING_ROWS) await this.flush();
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#waitingRows === 0) return;
    const candles = joinCandles(this.#waiting);
    // Let go before the append, which needs the memory.
    this.#waiting = [];
    this.#waitingRows = 0;
    const { store, source, stored, onWritten } = this.#options;
    const startedMs = performance.now();
    const result: AppendResult = await store.append(source, candles);
    this.#writtenAtMs = performance.now();
    this.#lastAppendMs = this.#writtenAtMs - startedMs;
    this.#addedRows += result.addedRows;
    this.#revisedRows += result.revisedRows;
    if (stored && result.revisedRows > 0) this.#noteRevisions(stored, candles);
    await onWritten?.(candles.openTimeMs[rowCountOf(candles) - 1]);
  }

  #noteRevisions(stored: CandleSeries, candles: CandleSeries): void {
    const rowOfTime = new Map(Array.from(stored.openTimeMs, (timeMs, row) => [timeMs, row]));
    for (let row = 0; row < rowCountOf(candles) && this.#revisions.length < REVISIONS_SHOWN; row++) {
      const storedRow = rowOfTime.get(candles.openTimeMs[row]);
      if (storedRow === undefined) continue;
      if (CANDLE_COLUMNS.every((name) => stored[name][storedRow] === candles[name][row])) continue;
      this.#revisions.push({ was: candleAt(stored, storedRow), now: candleAt(candles, row) });
    }
  }
}

/** Series of one symbol, each newer than the one before, as one. */
export function joinCandles(parts: readonly CandleSeries[]): CandleSeries {
  if (parts.length === 1) return parts[0];
  const [first] = parts;
  const rowCount = parts.reduce((sum, part) => sum + rowCountOf(part), 0);
  const join = (columnOf: (part: CandleSeries) => Float64Array | undefined) => {
    const out = new Float64Array(rowCount).fill(Number.NaN);
    let offset = 0;
    for (const part of parts) {
      const column = columnOf(part);
      if (column) out.set(column, offset);
      offset += rowCountOf(part);
    }
    return out;
  };
  const names = [...new Set(parts.flatMap((part) => Object.keys(part.extras)))];
  return {
    symbol: first.symbol,
    interval: first.interval,
    openTimeMs: join((part) => part.openTimeMs),
    open: join((part) => part.open),
    high: join((part) => part.high),
    low: join((part) => part.low),
    close: join((part) => part.close),
    volume: join((part) => part.volume),
    extras: Object.fromEntries(names.map((name) => [name, join((part) => part.extras[name])])),
  };
}
