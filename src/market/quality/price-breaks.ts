/**
 * Where a series stops being the same thing: another coin under an old ticker, or the same coin in other units.
 *
 * The seam between two candles is looked at, from a close to the next open, and never the candles themselves: however
 * hard a market falls, it falls inside candles, and trading goes on where it was. The crashes of 2020-03-12 and
 * 2025-10-10 have seams below 1 %. Across missing candles a change of more than 50 % is taken for a break; between
 * neighbours a thin market can open far off (ETHUSDT on 2017-08-22 at nearly twice its last close), so a break needs a
 * factor of ten.
 */

import { type CandleSeries, rowCountOf } from '../candle-series.js';
import { INTERVAL_MS } from '../interval.js';

export interface PriceBreak {
  /** First row of the new series. */
  readonly row: number;
  /** Open of that row over the close before. */
  readonly ratio: number;
  /** Candles missing between the two rows; 0 for neighbours. */
  readonly missingRows: number;
  /** A ratio near a power of ten is a redenomination; anything else another coin, or a long time. */
  readonly kind: 'relisting' | 'redenomination';
}

const CHANGE_ACROSS_GAP = 0.5;
const FACTOR_BETWEEN_NEIGHBOURS = 10;
/** An exchange changes the units of a coin within days; behind a longer halt a round ratio is chance. */
const REDENOMINATION_HALT_MS = 30 * INTERVAL_MS['1d'];
/** How near a power of ten, in decades: the market moves while the exchange changes the units. */
const REDENOMINATION_DECADES = 0.1;

/** Every break of the series, in order. Whether a row begins one depends on it and the row before only. */
export function findPriceBreaks(series: CandleSeries): PriceBreak[] {
  const { openTimeMs, open, close } = series;
  const lengthMs = INTERVAL_MS[series.interval];
  const breaks: PriceBreak[] = [];
  for (let row = 1; row < rowCountOf(series); row++) {
    const ratio = open[row] / close[row - 1];
    // Settles nearly every row at once.
    if (ratio <= 1 + CHANGE_ACROSS_GAP && ratio >= 1 - CHANGE_ACROSS_GAP) continue;
    const missingRows = Math.round((openTimeMs[row] - openTimeMs[row - 1]) / lengthMs) - 1;
    const isBreak = missingRows > 0 || ratio >= FACTOR_BETWEEN_NEIGHBOURS || ratio <= 1 / FACTOR_BETWEEN_NEIGHBOURS;
    // A price that cannot be is a fault of its row, not a break.
    if (!isBreak || !Number.isFinite(ratio) || ratio <= 0) continue;
    breaks.push({ row, ratio, missingRows, kind: kindOf(ratio, missingRows * lengthMs) });
  }
  return breaks;
}

function kindOf(ratio: number, haltMs: number): PriceBreak['kind'] {
  if (haltMs > REDENOMINATION_HALT_MS) return 'relisting';
  const decades = Math.log10(ratio);
  const nearest = Math.round(decades);
  return nearest !== 0 && Math.abs(decades - nearest) <= REDENOMINATION_DECADES ? 'redenomination' : 'relisting';
}
