/** The newest candles of a model's series, held in memory: what the overview shows. */

import { type CandleSeries, closeTimeMs, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import type { ModelSummary } from '../wire/wire.js';

/** A day of minutes, and then some. */
export const HELD_ROWS = 1_500;
const SHARED_ROWS = 2 * HELD_ROWS;
const SHOWN_CLOSES = 48;
const DAY_MS = INTERVAL_MS['1d'];

export class RecentCandles {
  readonly #series: CandleSeries;

  /** @param series its newest rows are held; one that is not much longer as it is, by all models that are handed it */
  constructor(series: CandleSeries) {
    const rows = rowCountOf(series);
    this.#series = rows <= SHARED_ROWS ? series : sliceCandles(series, rows - HELD_ROWS, rows);
  }

  /** Close time of the newest candle; `undefined` without any. */
  get closedMs(): number | undefined {
    const rows = rowCountOf(this.#series);
    return rows === 0 ? undefined : closeTimeMs(this.#series, rows - 1);
  }

  last(): ModelSummary['lastCandle'] {
    const row = rowCountOf(this.#series) - 1;
    if (row < 0) return null;
    const { openTimeMs, close } = this.#series;
    const closedMs = closeTimeMs(this.#series, row);
    // The close that was the newest one a day before; none where candles of that time are not held.
    const before = openTimeMs.findLastIndex((_, i) => closeTimeMs(this.#series, i) <= closedMs - DAY_MS);
    const isADayAgo = before >= 0 && closeTimeMs(this.#series, before) > closedMs - 2 * DAY_MS;
    return {
      openTimeMs: openTimeMs[row],
      closeTimeMs: closedMs,
      close: close[row],
      change24h: isADayAgo ? close[row] / close[before] - 1 : null,
    };
  }

  closes(): number[] {
    return Array.from(this.#series.close.slice(-SHOWN_CLOSES));
  }
}
