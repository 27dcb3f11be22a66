/**
 * Flash wicks: a high or low far beyond where the candle and its neighbour opened and closed, gone within the candle.
 * An order book that was empty for a second prints them (BTC/USD at 2,200 for 333 in 2015; 8,200 for 65,815 in 2021), and
 * they are true trades more often than not: nothing edits them. Features see such a candle with its wick cut to the bodies
 * of the two candles, so that one print does not set the scale of a whole history.
 *
 * The limit, half as much again, leaves alone every wick that BTCUSDT and ETHUSDT had in hours and days from 2017 to
 * 2026, the crashes of 2020-03-12 (24 % on the day), 2021-05-19 (23 %) and 2025-10-10 (11 %) included.
 */

import { type Candle, type CandleSeries, rowCountOf } from '../candle-series.js';

const WICK_LIMIT_RATIO = 1.5;

export interface FlashWick {
  readonly row: number;
  /** ln of the extreme over the bodies; negative for a wick downwards. */
  readonly logReach: number;
}

/** The flash wicks of a series, in order. Whether a row is one depends on it and the row before only. */
export function findWicks(series: CandleSeries): FlashWick[] {
  const { high, low } = series;
  const wicks: FlashWick[] = [];
  for (let row = 0; row < rowCountOf(series); row++) {
    // Nearly every candle is not half as tall as it would have to be.
    if (high[row] <= low[row] * WICK_LIMIT_RATIO) continue;
    const { top, bottom } = bodiesOf(bodyAt(series, row), bodyAt(series, Math.max(0, row - 1)));
    const up = high[row] / top;
    const down = bottom / low[row];
    if (Math.max(up, down) <= WICK_LIMIT_RATIO || !Number.isFinite(up * down)) continue;
    wicks.push({ row, logReach: up >= down ? Math.log(up) : -Math.log(down) });
  }
  return wicks;
}

/**
 * A candle as features see it: itself, or with its flash wick cut to the bodies of it and its neighbour.
 *
 * @param before the candle before it in its segment, if there is one
 */
export function cutWick(candle: Candle, before: Candle | undefined): Candle {
  const { high, low } = candle;
  if (high <= low * WICK_LIMIT_RATIO) return candle;
  const { top, bottom } = bodiesOf(candle, before ?? candle);
  const isUp = high > top * WICK_LIMIT_RATIO;
  const isDown = low * WICK_LIMIT_RATIO < bottom;
  return isUp || isDown ? { ...candle, high: isUp ? top : high, low: isDown ? bottom : low } : candle;
}

type Body = Pick<Candle, 'open' | 'close'>;

function bodiesOf(a: Body, b: Body): { top: number; bottom: number } {
  return { top: Math.max(a.open, a.close, b.open, b.close), bottom: Math.min(a.open, a.close, b.open, b.close) };
}

function bodyAt({ open, close }: CandleSeries, row: number): Body {
  return { open: open[row], close: close[row] };
}
