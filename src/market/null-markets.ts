/** Markets in which nothing can be known: the tester must find nothing there. */

import { RANDOM_STREAM, Random } from '../core/random.js';
import type { CandleSeries } from './candle-series.js';
import { rowCountOf } from './candle-series.js';
import { INTERVAL_MS } from './interval.js';
import { simulateMarket } from './simulated-market.js';

export const NULL_MARKET_KINDS = ['garch', 'block-bootstrap', 'shuffled'] as const;
/**
 * `garch`: simulated, fat tails and volatility that persists. `block-bootstrap`: blocks of the given candles in random
 * order, each candle turned upside down with probability one half, so that volatility and volume keep their habits and
 * direction has none. `shuffled`: candles drawn from the given ones, one by one.
 */
export type NullMarketKind = (typeof NULL_MARKET_KINDS)[number];

/** Candles in a block: a day of hours. */
const BLOCK_ROWS = 24;
const START_PRICE = 20_000;

export interface NullMarketOptions {
  readonly kind: NullMarketKind;
  readonly rowCount: number;
  readonly seed: number;
  /** The candles that are rearranged; a simulated market without a signal when absent. */
  readonly base?: CandleSeries;
}

/** Makes a market without any signal. */
export function makeNullMarket({ kind, rowCount, seed, base }: NullMarketOptions): CandleSeries {
  const simulated = simulateMarket({
    symbol: 'NULLUSDT',
    interval: '1h',
    rowCount,
    seed,
    firstOpenTimeMs: Date.UTC(2020, 0, 1),
    plantedR2: 0,
  }).series;
  if (kind === 'garch') return simulated;
  const random = new Random(seed, RANDOM_STREAM.simulation, 1);
  const material = base ?? simulated;
  const order = kind === 'shuffled' ? drawShuffled(material, rowCount, random) : drawBlocks(material, rowCount, random);
  return rearrange(material, order, simulated.openTimeMs, kind === 'block-bootstrap' ? random : undefined);
}

function drawShuffled(base: CandleSeries, rowCount: number, random: Random): Int32Array {
  const count = rowCountOf(base) - 1;
  return Int32Array.from({ length: rowCount }, () => 1 + random.nextInteger(count));
}

function drawBlocks(base: CandleSeries, rowCount: number, random: Random): Int32Array {
  const order = new Int32Array(rowCount);
  for (let start = 0; start < rowCount; start += BLOCK_ROWS) {
    const first = 1 + random.nextInteger(Math.max(1, rowCountOf(base) - 1 - BLOCK_ROWS));
    for (let i = start; i < Math.min(rowCount, start + BLOCK_ROWS); i++) order[i] = first + i - start;
  }
  return order;
}

/**
 * Strings candles together by their moves relative to the close before.
 *
 * @param order rows of `base`, 1 or more: each has a close before it
 * @param mirror turns candles upside down at random
 */
function rearrange(
  base: CandleSeries,
  order: Int32Array,
  openTimeMs: Float64Array,
  mirror: Random | undefined,
): CandleSeries {
  const column = () => new Float64Array(order.length);
  const series = { open: column(), high: column(), low: column(), close: column(), volume: column() };
  let price = START_PRICE;
  for (const [i, row] of order.entries()) {
    const isMirrored = mirror !== undefined && mirror.nextUniform() < 0.5;
    const before = base.close[row - 1];
    const moved = (value: number) => price * (isMirrored ? before / value : value / before);
    series.open[i] = moved(base.open[row]);
    series.high[i] = moved(isMirrored ? base.low[row] : base.high[row]);
    series.low[i] = moved(isMirrored ? base.high[row] : base.low[row]);
    series.close[i] = moved(base.close[row]);
    series.volume[i] = base.volume[row];
    price = series.close[i];
  }
  const interval = '1h' as const;
  const firstMs = openTimeMs[0];
  const times = Float64Array.from(order, (_, i) => firstMs + i * INTERVAL_MS[interval]);
  return { symbol: 'NULLUSDT', interval, openTimeMs: times, ...series, extras: {} };
}
