/**
 * A feature of longer candles, which it puts together itself from those of the series: a longer candle is used only
 * once it is closed, and its value holds until the next one closes.
 *
 *     1h candles   00 01 02 03 04 05 06 07 08
 *     4h candle    └────┬────┘ └────┬────┘
 *     rsi_14@4h             ▲ new        ▲ new       at the close of 03, then of 07
 */

import { TradeAiError } from '../core/errors.js';
import type { Candle } from '../market/candle-series.js';
import { floorToInterval, INTERVAL_MS, type Interval } from '../market/interval.js';
import type { Feature } from './feature.js';

/**
 * The feature on candles of `interval`, on the grid of UTC. A longer candle is of those candles that exist, as an
 * exchange's own is of the trades there were; the first one is used only when the stream began with its beginning.
 *
 * @param baseInterval interval of the candles the stream will be given
 */
export function onHigherInterval(feature: Feature, interval: Interval, baseInterval: Interval): Feature {
  const baseMs = INTERVAL_MS[baseInterval];
  const ratio = INTERVAL_MS[interval] / baseMs;
  if (!Number.isInteger(ratio) || ratio < 2) {
    throw new TradeAiError(
      'FEATURE_UNKNOWN',
      `feature ${feature.name}@${interval}: expected an interval made of whole ${baseInterval} candles, was ${interval}`,
      { hint: `use one of ${intervalsAbove(baseInterval).join(' ')}` },
    );
  }
  return {
    name: `${feature.name}@${interval}`,
    description: `${feature.description}, of ${interval} candles, the newest closed one`,
    // At worst the stream begins one candle into a longer one, which then is not used.
    warmUpRows: (feature.warmUpRows + 1) * ratio - 1,
    createStream() {
      const next = feature.createStream();
      let bucket: Candle | undefined;
      // Beginning of the longer candle whose own beginning the stream has not seen.
      let cutMs: number | undefined;
      let value = Number.NaN;
      const close = () => {
        if (bucket !== undefined) value = next(bucket);
        bucket = undefined;
      };
      return (candle) => {
        const { openTimeMs, open, high, low, volume } = candle;
        const startMs = floorToInterval(openTimeMs, interval);
        cutMs ??= openTimeMs === startMs ? Number.NaN : startMs;
        if (startMs === cutMs) return value;
        if (bucket !== undefined && bucket.openTimeMs !== startMs) close();
        bucket ??= { openTimeMs: startMs, open, high, low, close: candle.close, volume: 0 };
        bucket.high = Math.max(bucket.high, high);
        bucket.low = Math.min(bucket.low, low);
        bucket.close = candle.close;
        bucket.volume += volume;
        if (openTimeMs + baseMs >= startMs + INTERVAL_MS[interval]) close();
        return value;
      };
    },
  };
}

function intervalsAbove(base: Interval): string[] {
  return (Object.keys(INTERVAL_MS) as Interval[]).filter(
    (interval) => INTERVAL_MS[interval] > INTERVAL_MS[base] && INTERVAL_MS[interval] % INTERVAL_MS[base] === 0,
  );
}
