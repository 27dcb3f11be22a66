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
  /** Rows from which the volume is in another unit, quote instead of base or back, of a series without a quote volume. */
  readonly shifted: readonly number[];
}

type ComparedVolumes = Omit<VolumeUnits, 'shifted'>;

interface VolumeColumns {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly volume: Float64Array;
  readonly quoteVolume: Float64Array;
}

/** Compares two volume columns row by row. */
export function compareVolumes({ low, high, volume, quoteVolume }: VolumeColumns): ComparedVolumes {
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

/**
 * Compares the volume with the series' own column of quote volumes; where it has none, the parts of the series with each
 * other.
 */
export function checkVolumeUnits(series: CandleSeries): VolumeUnits {
  const name = Object.keys(series.extras).find((candidate) => QUOTE_VOLUME_NAME.test(candidate));
  if (name === undefined || rowCountOf(series) === 0) {
    return { comparedRows: 0, swapped: [], mixed: [], shifted: findUnitShifts(series) };
  }
  return { ...compareVolumes({ ...series, quoteVolume: series.extras[name] }), shifted: [] };
}

/** Two stretches each side of a shift have its level; the one between them may have both. */
const STRETCH_ROWS = 24;
/** Markets come to life, and die, by less. */
const SMALLEST_SHIFT = Math.log(1_000);
/** How far a shift may be from the price, for volumes change as well. */
const SHIFT_SLACK = Math.log(3);

/** Rows at which the volume rises or falls by about the price, and stays there. */
function findUnitShifts({ volume, close }: CandleSeries): number[] {
  const rows = Int32Array.from(volume.keys()).filter((row) => volume[row] > 0);
  const levels = Array.from({ length: Math.floor(rows.length / STRETCH_ROWS) }, (_, stretch) => {
    const part = rows.subarray(stretch * STRETCH_ROWS, (stretch + 1) * STRETCH_ROWS);
    return Math.log(Float64Array.from(part, (row) => volume[row]).sort()[STRETCH_ROWS / 2]);
  });
  const isLevel = (a: number, b: number) => Math.abs(levels[a] - levels[b]) < SMALLEST_SHIFT / 2;
  const found: number[] = [];
  for (let at = 2; at + 2 < levels.length; at++) {
    const [before, after] = [levels[at - 1], levels[at + 1]];
    const shift = Math.abs(after - before);
    if (shift < SMALLEST_SHIFT || !isLevel(at - 2, at - 1) || !isLevel(at + 1, at + 2)) continue;
    if (Math.abs(shift - Math.abs(Math.log(close[rows[at * STRETCH_ROWS]]))) > SHIFT_SLACK) continue;
    const isAfter = (row: number) => Math.abs(Math.log(volume[row]) - after) < Math.abs(Math.log(volume[row]) - before);
    const near = rows.subarray((at - 1) * STRETCH_ROWS, (at + 2) * STRETCH_ROWS);
    found.push(near.find(isAfter)!);
    // The next stretch may show the same shift.
    at += 1;
  }
  return found;
}
