/** Histories that did not happen: what the checks hand to a pipeline to see what it listens to. */

import type { Random } from '../../core/random.js';
import { type CandleSeries, rowCountOf, selectCandles, sliceCandles } from '../../market/candle-series.js';

const PRICE_COLUMNS = ['open', 'high', 'low', 'close'] as const;

/**
 * The Gregorian calendar repeats after 400 years, which are 20,871 whole weeks: hour, weekday, day, month and leap years
 * are those of today. https://en.wikipedia.org/wiki/Solar_cycle_(calendar)
 */
const CALENDAR_PERIOD_MS = 146_097 * 86_400_000;

/**
 * Altered prices walk between the last real one and e³ of it: far enough to be the highest there ever was, in steps too
 * small for a relisting, which would end every window.
 */
const HIGHEST_LEVEL = 3;
const LEVEL_STEP = 0.25;

/** No power of two, so that every digit changes. */
const ALTERED_FACTOR = 1.37;

/**
 * The same rows before `start`; behind it the candles in another order and each at another price and volume. Open times
 * and gaps stay. Without the new prices the order alone would hide a maximum or a mean of the whole history.
 */
export function alterCandles(series: CandleSeries, start: number, random: Random): CandleSeries {
  const rowCount = rowCountOf(series);
  const order = Int32Array.from({ length: rowCount }, (_, row) => row);
  random.shuffle(order.subarray(start));
  const altered = selectCandles(series, order);
  altered.openTimeMs.set(series.openTimeMs);
  const firstClose = series.close[Math.max(0, start - 1)];
  let level = 0;
  for (let row = start; row < rowCount; row++) {
    // reflected at both ends
    level = HIGHEST_LEVEL - Math.abs(HIGHEST_LEVEL - Math.abs(level + LEVEL_STEP * random.nextNormal()));
    const priceFactor = (firstClose / altered.close[row]) * Math.exp(level);
    for (const column of PRICE_COLUMNS) altered[column][row] *= priceFactor;
    const volumeFactor = Math.exp(random.nextNormal());
    altered.volume[row] *= volumeFactor;
    for (const values of Object.values(altered.extras)) values[row] *= volumeFactor;
  }
  return altered;
}

/**
 * Another market at the same open times: a price path of the same moves in another order, with the candles' shapes and
 * volumes. Its features have the size they have on the real one, and nothing to do with it.
 */
export function makeForeignMarket(series: CandleSeries, random: Random): CandleSeries {
  const rowCount = rowCountOf(series);
  const order = random.shuffle(Int32Array.from({ length: rowCount }, (_, row) => row));
  const foreign = selectCandles(series, order);
  foreign.openTimeMs.set(series.openTimeMs);
  let close = series.close[0];
  for (let row = 0; row < rowCount; row++) {
    const from = order[row];
    if (from > 0) close *= series.close[from] / series.close[from - 1];
    const factor = close / series.close[from];
    for (const column of PRICE_COLUMNS) foreign[column][row] *= factor;
  }
  return foreign;
}

/** The same candles at the same places of the calendar, 400 years later. */
export function shiftDates(series: CandleSeries): CandleSeries {
  const copy = sliceCandles(series, 0, rowCountOf(series));
  for (let row = 0; row < rowCountOf(copy); row++) copy.openTimeMs[row] += CALENDAR_PERIOD_MS;
  return copy;
}

/**
 * Runs something while the arrays of `series` themselves hold other candles, and puts everything back. Only who kept a
 * reference to these arrays can notice.
 */
export function withAlteredOriginal<Result>(series: CandleSeries, run: () => Result): Result {
  const columns = [...PRICE_COLUMNS.map((name) => series[name]), series.volume, ...Object.values(series.extras)];
  const kept = columns.map((values) => values.slice());
  try {
    for (const values of columns) {
      values.reverse();
      for (let row = 0; row < values.length; row++) values[row] *= ALTERED_FACTOR;
    }
    return run();
  } finally {
    for (const [index, values] of columns.entries()) values.set(kept[index]);
  }
}
