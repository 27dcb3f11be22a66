import { TradeAiError } from '../core/errors.js';
import type { Candle, CandleSeries } from '../market/candle-series.js';
import { candleAt, findGaps, rowCountOf } from '../market/candle-series.js';
import { findPriceBreaks } from '../market/quality/price-breaks.js';
import { cutWick } from '../market/quality/wicks.js';
import type { Feature, FeatureStream } from './feature.js';

/** Features of every row of a series. T rows, F features. */
export interface FeatureMatrix {
  readonly featureNames: readonly string[];
  readonly rowCount: number;
  /** Shape `[T, F]`, row-major; NaN in rows that are warming up. */
  readonly values: Float64Array;
  /** Shape `[T]`: first row of the segment without a long gap that the row belongs to. */
  readonly segmentStart: Int32Array;
  /** Shape `[T]`: 1 where every feature is warm and has what it needs beside the candle. */
  readonly isReady: Uint8Array;
}

/**
 * First row of each segment that neither a gap of more than `maximumGapRows` missing candles interrupts nor a relisting or
 * redenomination, whatever gap there is at it.
 */
export function findSegmentStarts(series: CandleSeries, maximumGapRows: number): number[] {
  const starts = new Set([0, ...findPriceBreaks(series).map(({ row }) => row)]);
  for (const gap of findGaps(series)) if (gap.missingRows > maximumGapRows) starts.add(gap.rowBefore + 1);
  return [...starts].sort((a, b) => a - b);
}

/**
 * Computes the features of every row. Streams begin anew after a gap of more than `maximumGapRows` missing candles, so
 * no value looks across one. A row is not ready where a feature that looks at further columns has no value.
 *
 * @throws TradeAiError `FEATURE_INVALID` where any other warm feature is not a finite number
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
  const starts = findSegmentStarts(series, maximumGapRows);
  const extraNames = extraNamesOf(features);
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1] ?? rowCount;
    const segment = new FeatureSegment(series.symbol, features);
    for (let row = start; row < end; row++) {
      segmentStart[row] = start;
      isReady[row] = segment.next(candleAt(series, row, extraNames), values, row * featureCount) ? 1 : 0;
    }
  }
  return { featureNames: features.map((feature) => feature.name), rowCount, values, segmentStart, isReady };
}

/**
 * The streams of several features over one segment without a long gap. Training takes a whole segment at once, the live
 * forecast a candle at a time; both come through here.
 */
export class FeatureSegment {
  readonly #symbol: string;
  readonly #features: readonly Feature[];
  readonly #streams: readonly FeatureStream[];
  readonly #warmUpRows: number;
  #rowCount = 0;
  #before: Candle | undefined;

  constructor(symbol: string, features: readonly Feature[]) {
    this.#symbol = symbol;
    this.#features = features;
    this.#streams = features.map((feature) => feature.createStream());
    this.#warmUpRows = Math.max(...features.map((feature) => feature.warmUpRows));
  }

  /** Candles seen. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /**
   * Takes the next closed candle; features see it without its flash wick, should it have one.
   *
   * @param values the F features of the candle are written here from `offset` on, where they are warm; NaN must stand there
   * @returns whether every feature is warm and has what it needs beside the candle
   * @throws TradeAiError `FEATURE_INVALID` where a warm feature that looks at the candle alone is not a finite number
   */
  next(candle: Candle, values: Float64Array, offset: number): boolean {
    this.#rowCount += 1;
    const seen = cutWick(candle, this.#before);
    this.#before = candle;
    let isReady = this.#rowCount >= this.#warmUpRows;
    for (let f = 0; f < this.#streams.length; f++) {
      const value = this.#streams[f](seen);
      const feature = this.#features[f];
      if (this.#rowCount < feature.warmUpRows) continue;
      if (Number.isFinite(value)) values[offset + f] = value;
      else if (Number.isNaN(value) && feature.extraNames !== undefined) isReady = false;
      else throw this.#invalidFeature(feature, value, candle);
    }
    return isReady;
  }

  #invalidFeature({ name }: Feature, value: number, { openTimeMs }: Candle): TradeAiError {
    return new TradeAiError(
      'FEATURE_INVALID',
      `feature ${name} of ${this.#symbol} is ${value} at ${new Date(openTimeMs).toISOString()}`,
      { commandHint: `look at that candle with \`tradeai data check\`, or leave the feature out with --features` },
    );
  }
}

/** Further columns that the features look at, each once. */
export function extraNamesOf(features: readonly Feature[]): string[] {
  return [...new Set(features.flatMap(({ extraNames = [] }) => extraNames))];
}
