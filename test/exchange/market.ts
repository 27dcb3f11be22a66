/** What the exchange knows: klines by symbol and interval, as they stand at a moment. */

import { type CandleSeries, rowCountOf } from '../../src/market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../../src/market/interval.js';
import { firstMomentAfter, type Kline, klineAt, openKlineAt } from './kline.js';

export interface MarketOptions {
  /** One of each symbol and interval. Rows may lie in the future: they appear as the clock comes to them. */
  readonly series?: readonly CandleSeries[];
  /** Klines word for word, by `SYMBOL interval`, ascending by open time. */
  readonly klines?: Readonly<Record<string, readonly Kline[]>>;
}

export interface KlineRange {
  /** Open times from here, inclusive. */
  readonly fromMs?: number;
  /** Open times up to here, inclusive. */
  readonly toMs?: number;
  readonly limit: number;
}

export interface Market {
  readonly symbols: readonly string[];
  /** The end of the newest candle there is; 0 in an empty market. */
  readonly endMs: number;
  /**
   * Klines as they stand at `nowMs`, the open one included. With `fromMs` the oldest from there, without it the newest
   * up to `toMs`.
   */
  klines(symbol: string, interval: string, range: KlineRange, nowMs: number): Kline[];
  /** When the next candle of any interval closes after `nowMs`. */
  nextCloseMs(nowMs: number): number;
  /** From now on every kline of this symbol and interval is what `edit` makes of it. */
  revise(symbol: string, interval: Interval, edit: (kline: Kline) => Kline): void;
}

/** Klines of one symbol and interval, by row. */
interface Listing {
  rowCount(nowMs: number): number;
  timeMs(row: number): number;
  kline(row: number, nowMs: number): Kline;
}

export function createMarket({ series = [], klines = {} }: MarketOptions): Market {
  const listings = new Map<string, Listing>();
  const revisions = new Map<string, (kline: Kline) => Kline>();
  for (const one of series) listings.set(`${one.symbol} ${one.interval}`, listingOfSeries(one));
  for (const [key, rows] of Object.entries(klines)) {
    listings.set(key, {
      rowCount: () => rows.length,
      timeMs: (row) => rows[row][0] as number,
      kline: (row) => rows[row],
    });
  }
  const symbols = [...new Set([...listings.keys()].map((key) => key.split(' ')[0]))];
  const intervals = [...new Set([...listings.keys()].map((key) => key.split(' ')[1] as Interval))];
  const ends = series.map((one) => {
    const rowCount = rowCountOf(one);
    return rowCount === 0 ? 0 : one.openTimeMs[rowCount - 1] + INTERVAL_MS[one.interval];
  });
  const rawEnds = Object.values(klines).map((rows) =>
    rows.length === 0 ? 0 : (rows[rows.length - 1][6] as number) + 1,
  );

  return {
    symbols,
    endMs: Math.max(0, ...ends, ...rawEnds),
    klines(symbol, interval, { fromMs, toMs = Number.POSITIVE_INFINITY, limit }, nowMs) {
      const key = `${symbol} ${interval}`;
      const listing = listings.get(key);
      if (listing === undefined) return [];
      const rowCount = listing.rowCount(nowMs);
      const end = firstRowAfter(listing, rowCount, Math.min(toMs, nowMs));
      const start = fromMs === undefined ? Math.max(0, end - limit) : firstRowAfter(listing, rowCount, fromMs - 1);
      const rows: Kline[] = [];
      for (let row = start; row < Math.min(end, start + limit); row++) rows.push(listing.kline(row, nowMs));
      const revise = revisions.get(key);
      return revise ? rows.map(revise) : rows;
    },
    nextCloseMs: (nowMs) =>
      Math.min(...intervals.map((interval) => (Math.floor(nowMs / INTERVAL_MS[interval]) + 1) * INTERVAL_MS[interval])),
    revise(symbol, interval, edit) {
      const key = `${symbol} ${interval}`;
      const before = revisions.get(key) ?? ((kline: Kline) => kline);
      revisions.set(key, (kline) => edit(before(kline)));
    },
  };
}

/** Closed klines by row, written once for every exchange that lists the series. */
const closedKlines = new WeakMap<CandleSeries, Kline[]>();

function closedKlinesOf(series: CandleSeries): Kline[] {
  const known = closedKlines.get(series) ?? [];
  closedKlines.set(series, known);
  return known;
}

/**
 * The rows of a series, the one that holds the present in the making. Right behind the last one a candle is just opening;
 * later there is none, as with a symbol that trades no more.
 */
function listingOfSeries(series: CandleSeries): Listing {
  const rowCount = rowCountOf(series);
  const lengthMs = INTERVAL_MS[series.interval];
  const endMs = rowCount === 0 ? Number.POSITIVE_INFINITY : series.openTimeMs[rowCount - 1] + lengthMs;
  const closed = closedKlinesOf(series);
  return {
    rowCount: (nowMs) => (endMs <= nowMs && nowMs < endMs + lengthMs ? rowCount + 1 : rowCount),
    timeMs: (row) => (row < rowCount ? series.openTimeMs[row] : endMs),
    kline(row, nowMs) {
      if (row === rowCount) return firstMomentAfter(series);
      const share = (nowMs - series.openTimeMs[row]) / lengthMs;
      if (share < 1) return openKlineAt(series, row, share);
      closed[row] ??= klineAt(series, row);
      return closed[row];
    },
  };
}

/** The first row whose open time is after `timeMs`, by halving. */
function firstRowAfter({ timeMs: timeOf }: Listing, rowCount: number, timeMs: number): number {
  let low = 0;
  let high = rowCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeOf(middle) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
