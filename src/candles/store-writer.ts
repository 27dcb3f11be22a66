/**
 * Candles on their way into the store. Pages are gathered into appends of thousands of rows: a month of minutes, page by
 * page, would write its file once for each page.
 */

import { type CandleSeries, rowCountOf } from '../market/candle-series.js';
import type { AppendResult, CandleStore } from '../ports/candle-store.js';

export interface StoreUpdate {
  readonly addedRows: number;
  readonly revisedRows: number;
  /** The first of the revised candles. */
  readonly revisions: AppendResult['revisions'];
}

export interface StoreWriterOptions {
  readonly store: CandleStore;
  readonly source: string;
  /** Told the open time of the newest candle of what was written last. */
  readonly onWritten?: (lastOpenTimeMs: number) => Promise<void>;
  /** Nothing is written before `flush`. */
  readonly isAtomic?: boolean;
}

/** Rows from which on they are written: what a kill costs at most. */
const GATHERED_ROWS = 10_000;

export class StoreWriter {
  readonly #options: StoreWriterOptions;
  #waiting: CandleSeries[] = [];
  #waitingRows = 0;
  #total: StoreUpdate = { addedRows: 0, revisedRows: 0, revisions: [] };

  constructor(options: StoreWriterOptions) {
    this.#options = options;
  }

  get total(): StoreUpdate {
    return this.#total;
  }

  /** Takes candles newer than those taken before. */
  async add(candles: CandleSeries): Promise<void> {
    if (rowCountOf(candles) === 0) return;
    this.#waiting.push(candles);
    this.#waitingRows += rowCountOf(candles);
    if (!this.#options.isAtomic && this.#waitingRows >= GATHERED_ROWS) await this.flush();
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#waitingRows === 0) return;
    const candles = joinCandles(this.#waiting);
    // Let go before the append, which needs the memory.
    this.#waiting = [];
    this.#waitingRows = 0;
    const { store, source, onWritten } = this.#options;
    this.#total = addUpdates([this.#total, await store.append(source, candles)]);
    await onWritten?.(candles.openTimeMs[rowCountOf(candles) - 1]);
  }
}

/** Several updates of one series as one. */
export function addUpdates(parts: readonly StoreUpdate[]): StoreUpdate {
  return {
    addedRows: parts.reduce((sum, part) => sum + part.addedRows, 0),
    revisedRows: parts.reduce((sum, part) => sum + part.revisedRows, 0),
    revisions: parts.flatMap((part) => part.revisions),
  };
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
