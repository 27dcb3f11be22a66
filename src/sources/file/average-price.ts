/** Average prices of candles, from two amounts that were traded: they lie within low to high, and hardly anything else does. Pure. */

/** Rounded amounts put the average so far outside. */
const ROUNDING = 1e-3;
/** Below this many units, rounding alone moves the ratio of two amounts. */
const SMALLEST_AMOUNT = 1;

/** The quote amount over the base amount of each row; NaN where both are too small to tell. */
export function averagePrices(quote: Float64Array, base: Float64Array): Float64Array {
  return quote.map((value, row) => (Math.max(value, base[row]) < SMALLEST_AMOUNT ? Number.NaN : value / base[row]));
}

/** The rows in which something was traded and there is an average, and how many of these averages are prices of their candle. */
export function countAveragePrices(
  averages: Float64Array,
  { low, high, volume }: { readonly low: Float64Array; readonly high: Float64Array; readonly volume: Float64Array },
): { comparedRows: number; insideRows: number } {
  let comparedRows = 0;
  let insideRows = 0;
  for (let row = 0; row < averages.length; row++) {
    if (!(volume[row] > 0 && Number.isFinite(averages[row]))) continue;
    comparedRows += 1;
    if (averages[row] >= low[row] * (1 - ROUNDING) && averages[row] <= high[row] * (1 + ROUNDING)) insideRows += 1;
  }
  return { comparedRows, insideRows };
}
