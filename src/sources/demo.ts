/** The simulated market as a candle source: no network, the same candles on every machine. */

import { TradeAiError, throwIfAborted } from '../core/errors.js';
import { SIMULATION } from '../market/candle-origin.js';
import { type CandleSeries, rowCountOf, sliceCandles, sliceTimes } from '../market/candle-series.js';
import { floorToInterval, INTERVAL_MS, type Interval } from '../market/interval.js';
import { DEMO_PLANTED_R2, simulateMarket } from '../market/simulated-market.js';
import type { CandleSource } from '../ports/candle-source.js';

export interface DemoSourceOptions {
  readonly seed?: number;
  /** When the market opens. */
  readonly openedMs?: number;
  /** At most so many candles, however late it is; without end when infinite: the market then lives as long as the clock. */
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
/** Rows made at a time. */
const STRETCH_ROWS = 5_000;

/**
 * A source of simulated candles that begin in January 2023, if nothing else is said. Each symbol has a market of its own, made from the seed and
 * its name; more rows never change the earlier ones.
 *
 * @example for await (const series of createDemoSource().fetchCandles({ symbol: 'DEMO', interval: '1h' })) …
 */
export function createDemoSource({
  seed = 1,
  openedMs = MARKET_OPENED_MS,
  rowCount = DEFAULT_ROW_COUNT,
  plantedR2 = DEMO_PLANTED_R2,
  now = Date.now,
}: DemoSourceOptions = {}): CandleSource {
  // A market without end is made a piece at a time, and kept: one more candle costs a slice.
  const markets = new Map<string, CandleSeries>();
  const marketOf = (symbol: string, interval: Interval, rows: number): CandleSeries => {
    const key = `${symbol} ${interval}`;
    const known = markets.get(key);
    if (known !== undefined && rowCountOf(known) >= rows) return known;
    const { series } = simulateMarket({
      symbol,
      interval,
      rowCount: Math.min(rowCount, Math.ceil(rows / STRETCH_ROWS) * STRETCH_ROWS),
      seed: seedOf(seed, symbol),
      firstOpenTimeMs: floorToInterval(openedMs, interval),
      plantedR2,
    });
    markets.set(key, series);
    return series;
  };
  return {
    name: SIMULATION.name,
    async *fetchCandles({ symbol, interval, fromMs, toMs, signal, onProgress }) {
      throwIfAborted(signal);
      const closedCount = Math.floor((now() - floorToInterval(openedMs, interval)) / INTERVAL_MS[interval]);
      if (closedCount < 1) {
        const openedIso = new Date(openedMs).toISOString().slice(0, 10);
        throw new TradeAiError(
          'CANDLES_NOT_FOUND',
          `the simulated market opens on ${openedIso}, which is in the future`,
          {
            hint: 'set the clock of this computer',
          },
        );
      }
      const market = marketOf(symbol, interval, Math.min(rowCount, closedCount));
      const series = sliceCandles(market, 0, Math.min(rowCount, closedCount));
      const page = sliceTimes(series, fromMs, toMs);
      if (rowCountOf(page) === 0) return;
      onProgress?.(rowCountOf(page), page.openTimeMs[rowCountOf(page) - 1]);
      yield page;
    },
  };
}

/** FNV-1a of the symbol (https://datatracker.ietf.org/doc/html/draft-eastlake-fnv), started from the seed. */
function seedOf(seed: number, symbol: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of symbol) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}
