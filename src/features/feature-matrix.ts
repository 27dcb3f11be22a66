import { TradeAiError } from '../core/errors.js';
import type { CandleSeries } from '../market/candle-series.js';
import { candleAt, findGaps, rowCountOf } from '../market/candle-series.js';
import type { Feature } from './feature.js';

/** Features of every row of a series. T rows, F features. */
export interface FeatureMatrix {
  readonly featureNames: readonly string[];
  readonly rowCount: number;
  /** Shape `[T, F]`, row-major; NaN in rows that are warming up. */
  readonly values: Float64Array;
  /** Shape `[T]`: first row of the stretch without a long gap that the row belongs to. */
  readonly segmentStart: Int32Array;
  /** Shape `[T]`: 1 where every feature is warm. */
  readonly isReady: Uint8Array;
}

/** First row of each stretch that no gap of more than `maximumGapRows` missing candles interrupts. */
export function findSegmentStarts(series: CandleSeries, maximumGapRows: number): number[] {
  return [
    0,
    ...findGaps(series)
      .filter((gap) => gap.missingRows > maximumGapRows)
      .map((gap) => gap.rowBefore + 1),
  ];
}

/**
 * Computes the features of every row. Streams begin anew after a gap of more than `maximumGapRows` missing candles, so
 * no value looks across one.
 *
 * @throws TradeAiError `FEATURE_INVALID` where a warm feature is not a finite number
 */
export function buildFeatureMatrix(
  series: CandleSeries,
  features: readonly Feature[],
  maximumGapRows: number,
): FeatureMatrix {
  const rowCount = rowCountOf(series);
  const featureCount = features.length;
  const values = new Float64Array(rowCount * featureCount).fill(Number.NaN);
  const segmentStart = new Int32Array(rowCount);
  const isReady = new Uint8Array(rowCount);
  const warmUpRows = Math.max(...features.map((feature) => feature.warmUpRows));
  const starts = findSegmentStarts(series, maximumGapRows);
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1] ?? rowCount;
    const streams = features.map((feature) => feature.createStream());
    for (let row = start; row < end; row++) {
      const candle = candleAt(series, row);
      segmentStart[row] = start;
      isReady[row] = row - start + 1 >= warmUpRows ? 1 : 0;
      for (let f = 0; f < featureCount; f++) {
        const value = streams[f](candle);
        if (row - start + 1 < features[f].warmUpRows) continue;
        if (!Number.isFinite(value)) {
          throw new TradeAiError(
            'FEATURE_INVALID',
            `feature ${features[f].name} of ${series.symbol} is ${value} at ${new Date(candle.openTimeMs).toISOString()}`,
            { hint: `look at that candle with \`tradeai data check\`, or leave the feature out with --features` },
          );
        }
        values[row * featureCount + f] = value;
      }
    }
  }
  return { featureNames: features.map((feature) => feature.name), rowCount, values, segmentStart, isReady };
}
