/** What the gaps of a series look like: an outage, a suspension, or an exchange that writes no row without trades. */

import type { CandleSeries, Gap } from '../candle-series.js';
import { INTERVAL_MS } from '../interval.js';

const HOUR_MS = 3_600_000;
/** The longest outage of a large exchange on record is Binance's of 2018-02-08, 33 hours. */
const SUSPENSION_MS = 72 * HOUR_MS;
/** Fewer gaps than these show no habit. */
const FEWEST_NO_TRADE_GAPS = 10;
const NO_TRADE_MISSING_SHARE = 0.01;

export interface Halts {
  /** Gaps that a candle without trades leads up to: the exchange stopped and said so with an empty candle. */
  readonly outages: readonly Gap[];
  /** Gaps of more than three days: a suspension, a delisting, or a hole in what was downloaded. */
  readonly suspensions: readonly Gap[];
  /** Whether the exchange seems to leave out candles without trades instead of writing empty ones. */
  readonly hasNoTradeGaps: boolean;
}

/** @param missingShare of the candles there could be between the first and the last */
export function classifyGaps(
  series: CandleSeries,
  gaps: readonly Gap[],
  zeroVolumeRows: number,
  missingShare: number,
): Halts {
  const lengthMs = INTERVAL_MS[series.interval];
  const suspensions = gaps.filter((gap) => gap.missingRows * lengthMs > SUSPENSION_MS);
  const outages = gaps.filter(
    (gap) => gap.missingRows * lengthMs <= SUSPENSION_MS && series.volume[gap.rowBefore] === 0,
  );
  const hasNoTradeGaps =
    zeroVolumeRows === 0 && gaps.length >= FEWEST_NO_TRADE_GAPS && missingShare > NO_TRADE_MISSING_SHARE;
  return { outages, suspensions, hasNoTradeGaps };
}
