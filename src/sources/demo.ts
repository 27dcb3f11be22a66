/** The simulated market as a candle source: no network, the same candles on every machine. */

import { TradeAiError } from '../core/errors.js';
import { rowCountOf, sliceCandles } from '../market/candle-series.js';
import { floorToInterval, INTERVAL_MS } from '../market/interval.js';
import { DEMO_PLANTED_R2, simulateMarket } from '../market/simulated-market.js';
import type { CandleSource } from '../pipeline/ports.js';

export interface DemoSourceOptions {
  readonly seed?: number;
  /** At most so many candles; fewer where they would reach into the future. */
  readonly rowCount?: number;
  /** The share of the next return's variance that can be foretold. */
  readonly plantedR2?: number;
  /** UTC milliseconds. */
  readonly now?: () => number;
}

/** A Monday, so that weekly candles begin here too. */
const MARKET_OPENED_MS = Date.UTC(2023, 0, 2);
/** Enough for a small network to find four fifths of what is planted. */
const DEFAULT_ROW_COUNT = 25_000;

/**
 * A source of simulated candles that begin in January 2023. Each symbol has a market of its own, made from the seed and
 * its name; more rows never change the earlier ones.
 *
 * @example for await (const series of createDemoSource().fetchCandles({ symbol: 'DEMO', interval: '1h' })) …
 */
export function createDemoSource({
  seed = 1,
  rowCount = DEFAULT_ROW_COUNT,
  plantedR2 = DEMO_PLANTED_R2,
  now = Date.now,
}: DemoSourceOptions = {}): CandleSource {
  return {
    name: 'demo',
    async *fetchCandles({ symbol, interval, fromMs, toMs, onProgress }) {
      const firstOpenTimeMs = floorToInterval(MARKET_OPENED_MS, interval);
      const closedCount = Math.floor((now() - firstOpenTimeMs) / INTERVAL_MS[interval]);
      if (closedCount < 1) {
        throw new TradeAiError(
          'CANDLES_NOT_FOUND',
          'the simulated market opens in January 2023, which is in the future',
          {
            hint: 'set the clock of this computer',
          },
        );
      }
      const { series } = simulateMarket({
        symbol,
        interval,
        rowCount: Math.min(rowCount, closedCount),
        seed: seedOf(seed, symbol),
        firstOpenTimeMs,
        plantedR2,
      });
      const start = firstRowAt(series.openTimeMs, fromMs ?? 0);
      const end = firstRowAt(series.openTimeMs, toMs ?? Number.POSITIVE_INFINITY);
      if (start >= end) return;
      const page = sliceCandles(series, start, end);
      onProgress?.(rowCountOf(page), page.openTimeMs[rowCountOf(page) - 1]);
      yield page;
    },
  };
}

/** The first row whose open time is at or after `timeMs`; the row count when there is none. */
function firstRowAt(openTimeMs: Float64Array, timeMs: number): number {
  const row = openTimeMs.findIndex((openMs) => openMs >= timeMs);
  return row < 0 ? openTimeMs.length : row;
}

/** FNV-1a of the symbol (https://datatracker.ietf.org/doc/html/draft-eastlake-fnv), started from the seed. */
function seedOf(seed: number, symbol: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of symbol) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}
