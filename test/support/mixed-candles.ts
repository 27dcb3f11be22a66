/** What gets into one series under a wrong name: candles of another length, market, pair or clock. */

import { RANDOM_STREAM, Random } from '../../src/core/random.js';
import { type CandleSeries, rowCountOf, selectCandles, sliceCandles } from '../../src/market/candle-series.js';
import type { Interval } from '../../src/market/interval.js';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { mergeCandles } from '../../src/storage/candle-merge.js';

export const FIRST_OPEN_MS = Date.UTC(2024, 0, 1);

export interface MarketOptions {
  readonly symbol?: string;
  readonly interval?: Interval;
  readonly rowCount: number;
  readonly seed?: number;
  readonly firstOpenTimeMs?: number;
}

export function makeMarket({
  symbol = 'BTCUSDT',
  interval = '1h',
  rowCount,
  seed = 3,
  firstOpenTimeMs = FIRST_OPEN_MS,
}: MarketOptions): CandleSeries {
  return simulateMarket({ symbol, interval, rowCount, seed, firstOpenTimeMs, plantedR2: 0 }).series;
}

/** Each `count` candles as one that opens with the first of them, as a vendor without a name for that length has them. */
export function lengthen(series: CandleSeries, count: number): CandleSeries {
  const rowCount = Math.floor(rowCountOf(series) / count);
  const made = selectCandles(
    series,
    Array.from({ length: rowCount }, (_, at) => at * count),
  );
  for (let at = 0; at < rowCount; at++) {
    const start = at * count;
    made.high[at] = Math.max(...series.high.subarray(start, start + count));
    made.low[at] = Math.min(...series.low.subarray(start, start + count));
    made.close[at] = series.close[start + count - 1];
    made.volume[at] = series.volume.subarray(start, start + count).reduce((sum, volume) => sum + volume, 0);
  }
  return made;
}

/** The same market at a factor, such as in other units, or another pair. */
export function scalePrices(series: CandleSeries, factor: number): CandleSeries {
  const scale = (values: Float64Array) => values.map((value) => value * factor);
  const { open, high, low, close } = series;
  return { ...series, open: scale(open), high: scale(high), low: scale(low), close: scale(close) };
}

/** Futures of a pair: a premium that wanders, and volumes of their own. */
export function makeFutures(series: CandleSeries, premium: number, seed = 1): CandleSeries {
  const random = new Random(seed, RANDOM_STREAM.simulation);
  const factors = series.close.map(() => 1 + premium * (1 + 0.1 * random.nextNormal()));
  const near = (values: Float64Array) => values.map((value, row) => value * factors[row]);
  const [open, close] = [near(series.open), near(series.close)];
  return {
    ...series,
    open,
    close,
    high: near(series.high).map((high, row) => Math.max(high, open[row], close[row])),
    low: near(series.low).map((low, row) => Math.min(low, open[row], close[row])),
    volume: series.volume.map((volume) => 3 * volume * Math.exp(0.3 * random.nextNormal())),
  };
}

/** As a program has it that takes local times for UTC. */
export function shiftHours(series: CandleSeries, hours: number): CandleSeries {
  return { ...series, openTimeMs: series.openTimeMs.map((timeMs) => timeMs + hours * 3_600_000) };
}

/** What a store without any doubt makes of both: the newer copy of each time. */
export function mergeInto(stored: CandleSeries, incoming: CandleSeries): CandleSeries {
  return mergeCandles(stored, { ...incoming, interval: stored.interval }).series;
}

export function pickRows(series: CandleSeries, isPicked: (row: number) => boolean): CandleSeries {
  return selectCandles(series, Array.from({ length: rowCountOf(series) }, (_, row) => row).filter(isPicked));
}

export interface ThinMarket {
  readonly seed: number;
  /** In the mean; a candle without any stays at the last price. */
  readonly tradesPerCandle: number;
  /** Between bid and ask, as a share of the price. */
  readonly spread: number;
  /** The smallest step of prices; 0 for none. */
  readonly tick: number;
}

/** Candles of few trades, each at the bid or at the ask of a price that wanders. */
export function thinOut(series: CandleSeries, { seed, tradesPerCandle, spread, tick }: ThinMarket): CandleSeries {
  const random = new Random(seed, RANDOM_STREAM.simulation);
  const thin = sliceCandles(series, 0, rowCountOf(series));
  let price = series.open[0];
  let last = price;
  for (let row = 0; row < rowCountOf(series); row++) {
    const trades: number[] = [];
    // A Poisson process: exponential waits until the candle is over.
    for (let wait = drawWait(random); wait < tradesPerCandle; wait += drawWait(random)) {
      price *= Math.exp((0.006 / Math.sqrt(Math.max(1, tradesPerCandle))) * random.nextNormal());
      const traded = price * (1 + (random.nextUniform() < 0.5 ? 0.5 : -0.5) * spread);
      trades.push(tick > 0 ? Math.max(tick, Math.round(traded / tick) * tick) : traded);
    }
    const prices = trades.length > 0 ? trades : [last];
    last = prices[prices.length - 1];
    thin.open[row] = prices[0];
    thin.high[row] = Math.max(...prices);
    thin.low[row] = Math.min(...prices);
    thin.close[row] = last;
    thin.volume[row] = trades.reduce((sum) => sum + random.nextUniform(), 0);
  }
  return thin;
}

/** A market of coarse prices, of which each trade is for a few whole lots: two of its candles are often alike. */
export function tradeLots(
  series: CandleSeries,
  { seed, largestLot }: { seed: number; largestLot: number },
): CandleSeries {
  const random = new Random(seed, RANDOM_STREAM.simulation);
  const coarse = sliceCandles(series, 0, rowCountOf(series));
  let price = 1_000;
  for (let row = 0; row < rowCountOf(series); row++) {
    const prices: number[] = [];
    coarse.volume[row] = 0;
    for (let wait = drawWait(random); wait < 2; wait += drawWait(random)) {
      const turn = random.nextUniform();
      price += turn < 0.2 ? -1 : turn > 0.8 ? 1 : 0;
      prices.push(price);
      coarse.volume[row] += 1 + Math.floor(random.nextUniform() * largestLot);
    }
    if (prices.length === 0) prices.push(price);
    coarse.open[row] = prices[0];
    coarse.high[row] = Math.max(...prices);
    coarse.low[row] = Math.min(...prices);
    coarse.close[row] = price;
  }
  return coarse;
}

function drawWait(random: Random): number {
  return -Math.log(1 - random.nextUniform());
}
