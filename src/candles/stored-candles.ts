/** Stored candles of a length, made of shorter ones where that length itself is not stored. */

import type { CandleSeries } from '../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import { canResample, resampleCandles } from '../market/resample.js';
import type { StoredSeriesEntry, StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';

export interface StoredCandles {
  readonly series: CandleSeries;
  /** The length that is stored. */
  readonly storedInterval: Interval;
}

/**
 * Of what is stored, the series from which candles of `interval` come: those of that length, else the longest ones that
 * make it. Several when several sources have them.
 */
export function findStored(
  stored: readonly StoredSeriesEntry[],
  symbol: string,
  interval: Interval,
): StoredSeriesEntry[] {
  const fitting = stored.filter((entry) => entry.symbol === symbol && canResample(entry.interval, interval));
  const longestMs = Math.max(...fitting.map((entry) => INTERVAL_MS[entry.interval]));
  return fitting.filter((entry) => INTERVAL_MS[entry.interval] === longestMs);
}

/** Reads the candles of a source; `undefined` when there are none of that length nor any that make it. */
export async function readStored(
  { source, symbol, interval }: StoredSeriesKey,
  ports: Pick<Ports, 'store'>,
): Promise<StoredCandles | undefined> {
  const exact = await ports.store.read({ source, symbol, interval });
  if (exact) return { series: exact, storedInterval: interval };
  const ofSource = (await ports.store.list()).filter((entry) => entry.source === source);
  const [shorter] = findStored(ofSource, symbol, interval);
  const series = shorter && (await ports.store.read(shorter));
  return series && { series: resampleCandles(series, interval), storedInterval: shorter.interval };
}
