/**
 * Whether volumes are in units of the base asset: quote volume over base volume is an average price, so it lies between
 * low and high; vendors round, hence the slack.
 */

import { type CandleSeries, rowCountOf } from '../candle-series.js';

const SLACK = 1.5;
/** Below this many quote units, rounding alone moves the ratio. */
const SMALLEST_QUOTE_VOLUME = 1;
const QUOTE_VOLUME_NAME = /^(quote_?(asset_?)?volume|volume_?quote)$/i;

export interface VolumeUnits {
  /** Rows that have both volumes. */
  readonly comparedRows: number;
  /** Rows whose volumes have changed places. */
  readonly swapped: number[];
  /** Rows whose ratio is no price, either way round: contracts, lots, another pair. */
  readonly mixed: number[];
}

interface VolumeColumns {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly volume: Float64Array;
  readonly quoteVolume: Float64Array;
}

/** Compares two volume columns row by row. */
export function compareVolumes({ low, high, volume, quoteVolume }: VolumeColumns): VolumeUnits {
  const swapped: number[] = [];
  const mixed: number[] = [];
  let comparedRows = 0;
  for (let row = 0; row < volume.length; row++) {
    if (!(volume[row] > 0 && quoteVolume[row] >= SMALLEST_QUOTE_VOLUME)) continue;
    comparedRows += 1;
    const price = quoteVolume[row] / volume[row];
    if (price >= low[row] / SLACK && price <= high[row] * SLACK) continue;
    const isInverse = 1 / price >= low[row] / SLACK && 1 / price <= high[row] * SLACK;
    (isInverse ? swapped : mixed).push(row);
  }
  return { comparedRows, swapped, mixed };
}

/** Compares the volume with the series' own column of quote volumes; nothing to compare where it has none. */
export function checkVolumeUnits(series: CandleSeries): VolumeUnits {
  const name = Object.keys(series.extras).find((candidate) => QUOTE_VOLUME_NAME.test(candidate));
  if (name === undefined || rowCountOf(series) === 0) return { comparedRows: 0, swapped: [], mixed: [] };
  return compareVolumes({ ...series, quoteVolume: series.extras[name] });
}
