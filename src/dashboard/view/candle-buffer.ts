/** The candles a chart holds: pages of history joined in front, newest candles joined behind. */

import type { CandlesAnswer } from '../../wire/wire.js';

export interface Candle {
  readonly openTimeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Columns to rows. */
export function candlesOf({ openTimeMs, open, high, low, close, volume }: CandlesAnswer): Candle[] {
  return openTimeMs.map((time, row) => ({
    openTimeMs: time,
    open: open[row],
    high: high[row],
    low: low[row],
    close: close[row],
    volume: volume[row],
  }));
}

/** All candles of both, oldest first; where both have one, that of `fresh` counts. */
export function joinCandles(known: readonly Candle[], fresh: readonly Candle[]): Candle[] {
  if (known.length === 0 || fresh.length === 0) return [...known, ...fresh];
  const [from, to] = [fresh[0].openTimeMs, fresh[fresh.length - 1].openTimeMs];
  return [
    ...known.filter(({ openTimeMs }) => openTimeMs < from),
    ...fresh,
    ...known.filter(({ openTimeMs }) => openTimeMs > to),
  ];
}

/** Length of one candle: the shortest step between neighbours. */
export function intervalOf(candles: readonly Candle[]): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let row = 1; row < candles.length; row += 1) {
    shortest = Math.min(shortest, candles[row].openTimeMs - candles[row - 1].openTimeMs);
  }
  return shortest;
}
