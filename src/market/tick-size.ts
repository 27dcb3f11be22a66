/**
 * The steps that prices move in. An exchange quotes in multiples of a tick size, and changes it now and then as a price
 * grows or falls; the newest candles show the one in force.
 */

import { type CandleSeries, rowCountOf } from './candle-series.js';

export interface TickSize {
  /** In quote units. */
  readonly size: number;
  /** Of the median close of the candles it was measured on. */
  readonly share: number;
}

/** Newest candles looked at: their 2,000 prices visit neighbouring ticks, and an older tick size is soon behind them. */
const MEASURED_ROWS = 500;
/** Fewer prices than these lie on many grids. */
const FEWEST_PRICES = 3;
/** Of the prices that are there, each counted once: a fill at an average price is on no grid. */
const ON_GRID_SHARE = 0.99;
/** Decimals behind the point that an exchange quotes at most, with two to spare. */
const MOST_DECIMALS = 14;
/** Rounding of a decimal price to a float, and of its product, relative to it. */
const ROUNDING = 4 * Number.EPSILON;
/** Beyond it the rounding reaches from one whole number to the next. */
const LARGEST_WHOLE = 1e12;

/**
 * The greatest step of which nearly all of the newest prices are multiples.
 *
 * A tick size is a decimal number, so its grid lies in that of the last decimal quoted, 2ᵃ5ᵇ steps apart.
 *
 * @returns `undefined` where prices show none: averages, prices converted from another currency, hardly any price at all
 * @example measureTickSize(series) // { size: 0.01, share: 0.00115 }
 */
export function measureTickSize(series: CandleSeries): TickSize | undefined {
  const start = Math.max(0, rowCountOf(series) - MEASURED_ROWS);
  const closes = series.close.slice(start);
  const prices = new Set(
    [series.open, series.high, series.low, closes].flatMap((column) => [...column.slice(-closes.length)]),
  );
  if (prices.size < FEWEST_PRICES) return undefined;
  const decimals = countDecimals([...prices]);
  if (decimals === undefined) return undefined;
  const wholes = Array.from(prices, (price) => Math.round(price * 10 ** decimals));
  let steps = 1;
  for (const factor of [2, 5]) {
    while (isNearlyAll(wholes, (whole) => whole % (steps * factor) === 0)) steps *= factor;
  }
  const size = steps / 10 ** decimals;
  return { size, share: size / closes.sort()[closes.length >> 1] };
}

/** Decimals behind the point with which nearly all prices are written. */
function countDecimals(prices: readonly number[]): number | undefined {
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
    const isWhole = (price: number) => {
      const count = price * 10 ** decimals;
      const whole = Math.round(count);
      return whole > 0 && whole < LARGEST_WHOLE && Math.abs(count - whole) <= ROUNDING * count;
    };
    if (isNearlyAll(prices, isWhole)) return decimals;
  }
  return undefined;
}

function isNearlyAll(values: readonly number[], isSo: (value: number) => boolean): boolean {
  return values.filter(isSo).length >= ON_GRID_SHARE * values.length;
}
