/** The newest candles that a live forecast has seen: what tells a repeated candle from a revised one, and where a gap ends. */

import {
  CANDLE_COLUMNS,
  type CandleColumn,
  type CandleSeries,
  rowCountOf,
  sliceCandles,
} from '../market/candle-series.js';

/** More candles than any source sends again with an update. */
const KEPT_ROWS = 64;

/** What candles from outside are to those seen already. */
export interface TailComparison {
  /** A candle seen before has other values now, came late, or is too old to tell. */
  readonly isRevised: boolean;
  /** First row of the candles that is newer than everything seen. */
  readonly newRow: number;
}

export class CandleTail {
  #candles: CandleSeries | undefined;

  /** Open time of the newest candle seen. */
  get lastOpenTimeMs(): number | undefined {
    return this.#candles?.openTimeMs.at(-1);
  }

  compare(candles: CandleSeries): TailComparison {
    const seen = this.#candles;
    const lastMs = this.lastOpenTimeMs;
    if (seen === undefined || lastMs === undefined) return { isRevised: false, newRow: 0 };
    let row = 0;
    while (row < rowCountOf(candles) && candles.openTimeMs[row] <= lastMs) {
      const seenRow = seen.openTimeMs.lastIndexOf(candles.openTimeMs[row]);
      if (seenRow === -1 || !isSameCandle(seen, seenRow, candles, row)) return { isRevised: true, newRow: row };
      row += 1;
    }
    return { isRevised: false, newRow: row };
  }

  /**
   * Takes newer candles.
   *
   * @returns the candles kept with the new ones behind them, and how many were there before
   */
  push(candles: CandleSeries): { joined: CandleSeries; keptRows: number } {
    const keptRows = this.#candles === undefined ? 0 : rowCountOf(this.#candles);
    const joined = this.#candles === undefined ? candles : joinCandles(this.#candles, candles);
    const rowCount = rowCountOf(joined);
    this.#candles = sliceCandles(joined, Math.max(0, rowCount - KEPT_ROWS), rowCount);
    return { joined, keptRows };
  }
}

function isSameCandle(a: CandleSeries, rowA: number, b: CandleSeries, rowB: number): boolean {
  const isSame = (left: Float64Array | undefined, right: Float64Array | undefined) =>
    Object.is(left?.[rowA] ?? Number.NaN, right?.[rowB] ?? Number.NaN);
  return (
    CANDLE_COLUMNS.every((name) => isSame(a[name], b[name])) &&
    extraNamesOf(a, b).every((name) => isSame(a.extras[name], b.extras[name]))
  );
}

function joinCandles(a: CandleSeries, b: CandleSeries): CandleSeries {
  const join = (left: Float64Array | undefined, right: Float64Array | undefined) => {
    const values = new Float64Array(rowCountOf(a) + rowCountOf(b)).fill(Number.NaN);
    if (left) values.set(left);
    if (right) values.set(right, rowCountOf(a));
    return values;
  };
  const columns = {} as Record<CandleColumn, Float64Array>;
  for (const name of CANDLE_COLUMNS) columns[name] = join(a[name], b[name]);
  const extras: Record<string, Float64Array> = {};
  for (const name of extraNamesOf(a, b)) extras[name] = join(a.extras[name], b.extras[name]);
  return { symbol: b.symbol, interval: b.interval, ...columns, extras };
}

function extraNamesOf(a: CandleSeries, b: CandleSeries): string[] {
  return [...new Set([...Object.keys(a.extras), ...Object.keys(b.extras)])];
}
