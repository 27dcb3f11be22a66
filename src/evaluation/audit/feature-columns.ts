import type { Feature, FeatureStream } from '../../features/feature.js';
import { findSegmentStarts } from '../../features/feature-matrix.js';
import { type Candle, type CandleSeries, candleAt, rowCountOf } from '../../market/candle-series.js';
import { cutWick } from '../../market/quality/wicks.js';

/**
 * Runs one feature one candle at a time, as live: a new stream after each long gap, NaN while it warms up.
 *
 * @returns shape `[T]`
 */
export function runFeature(feature: Feature, series: CandleSeries, maximumGapRows: number): Float64Array {
  const rowCount = rowCountOf(series);
  const values = new Float64Array(rowCount).fill(Number.NaN);
  const starts = findSegmentStarts(series, maximumGapRows);
  let segment = 0;
  let next: FeatureStream = feature.createStream();
  let before: Candle | undefined;
  for (let row = 0; row < rowCount; row++) {
    if (row > 0 && starts[segment + 1] === row) {
      segment += 1;
      next = feature.createStream();
      before = undefined;
    }
    const candle = candleAt(series, row, feature.extraNames);
    const value = next(cutWick(candle, before));
    before = candle;
    if (row - starts[segment] + 1 >= feature.warmUpRows) values[row] = value;
  }
  return values;
}

/**
 * Runs one feature over two histories in turns, a candle of the one and a candle of the other, and gives the values on
 * the first: two streams must not know of each other.
 */
export function runFeatureBeside(
  feature: Feature,
  series: CandleSeries,
  other: CandleSeries,
  maximumGapRows: number,
): Float64Array {
  const beside: Feature = {
    ...feature,
    createStream() {
      const next = feature.createStream();
      const nextOther = feature.createStream();
      let row = 0;
      return (candle) => {
        const value = next(candle);
        nextOther(candleAt(other, row++ % rowCountOf(other), feature.extraNames));
        return value;
      };
    },
  };
  return runFeature(beside, series, maximumGapRows);
}

/** First row of [start, end) at which the bits differ; −1 when none does. */
export function findDifference(a: Float64Array, b: Float64Array, start: number, end: number): number {
  for (let row = start; row < end; row++) if (!Object.is(a[row], b[row])) return row;
  return -1;
}
