/** A feature of another symbol's candles, which were joined to those of the series by their open time. */

import type { Candle } from '../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import type { Feature, FeatureStream } from './feature.js';

const COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const;
type OtherColumn = (typeof COLUMNS)[number];

/** Where each column of the other symbol's candle stands in `CandleSeries.extras`: `@ETHUSDT.close`. */
export function otherSymbolKeys(symbol: string): Readonly<Record<OtherColumn, string>> {
  return Object.fromEntries(COLUMNS.map((column) => [column, `@${symbol}.${column}`])) as Record<OtherColumn, string>;
}

/** The other symbols whose candles these further columns are. */
export function otherSymbolsOf(extraNames: readonly string[]): string[] {
  const symbols = extraNames.flatMap((name) => /^@(.+)\.close$/.exec(name)?.[1] ?? []);
  return [...new Set(symbols)];
}

export interface OtherSymbolOptions {
  readonly interval: Interval;
  /** The stream begins anew after a gap of more missing candles of the other symbol. */
  readonly maximumGapRows: number;
}

/** The feature on the candles of `symbol`; NaN where that has none of the same open time, and while it warms up. */
export function onOtherSymbol(feature: Feature, symbol: string, options: OtherSymbolOptions): Feature {
  const keys = otherSymbolKeys(symbol);
  const longestMs = (options.maximumGapRows + 1) * INTERVAL_MS[options.interval];
  return {
    name: `${feature.name}@${symbol}`,
    description: `${feature.description}, of ${symbol}`,
    warmUpRows: feature.warmUpRows,
    extraNames: Object.values(keys),
    createStream() {
      let next: FeatureStream = feature.createStream();
      let rows = 0;
      let lastMs = Number.NaN;
      return ({ openTimeMs, extras = {} }) => {
        if (Number.isNaN(extras[keys.close] ?? Number.NaN)) return Number.NaN;
        if (openTimeMs - lastMs > longestMs) {
          next = feature.createStream();
          rows = 0;
        }
        lastMs = openTimeMs;
        rows += 1;
        const candle: Candle = {
          openTimeMs,
          open: extras[keys.open],
          high: extras[keys.high],
          low: extras[keys.low],
          close: extras[keys.close],
          volume: extras[keys.volume],
        };
        const value = next(candle);
        return rows >= feature.warmUpRows ? value : Number.NaN;
      };
    },
  };
}
