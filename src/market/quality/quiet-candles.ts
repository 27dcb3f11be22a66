/** Candles in which nothing happened. */

import { type CandleSeries, rowCountOf } from '../candle-series.js';
import { INTERVAL_MS } from '../interval.js';

export interface QuietCandles {
  /** No trades. */
  readonly zeroVolume: number[];
  /** Four equal prices. */
  readonly flat: number[];
  /**
   * Neither trades nor a price of their own, right behind the candle whose close they repeat: how programs fill a hole.
   * Exchanges write the same for a candle without trades, so this is the most that can have been filled.
   */
  readonly filled: number[];
}

export function findQuietCandles(series: CandleSeries): QuietCandles {
  const { openTimeMs, open, high, low, close, volume } = series;
  const lengthMs = INTERVAL_MS[series.interval];
  const quiet: QuietCandles = { zeroVolume: [], flat: [], filled: [] };
  for (let row = 0; row < rowCountOf(series); row++) {
    const isFlat = high[row] === low[row] && open[row] === close[row] && open[row] === high[row];
    if (isFlat) quiet.flat.push(row);
    if (volume[row] !== 0) continue;
    quiet.zeroVolume.push(row);
    const followsClose = row > 0 && open[row] === close[row - 1] && openTimeMs[row] - openTimeMs[row - 1] === lengthMs;
    if (isFlat && followsClose) quiet.filled.push(row);
  }
  return quiet;
}
