import { TradeAiError } from '../core/errors.js';
import type { FeatureStream } from '../features/feature.js';
import { volatilityOver } from '../features/price-features.js';
import type { CandleSeries } from '../market/candle-series.js';
import { candleAt, rowCountOf } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';

/** Candles of trailing volatility that returns are measured in. */
export const VOLATILITY_ROWS = 168;
/** Targets are clipped to ± this many volatilities, so that one crash does not own the loss. */
export const TARGET_CLIP = 5;

/**
 * What the model predicts: the log return over the next `horizonSteps` candles, divided by the trailing volatility
 * known at the close of the row (standard deviation of the last 168 one-candle returns, times √horizon).
 */
export interface Target {
  readonly horizonSteps: number;
  /** Shape `[T]`: volatility of a return over the horizon; NaN where it is not known yet, or is 0. */
  readonly volatility: Float64Array;
  /** Shape `[T]`: log return over the horizon; NaN where the candle at its end is absent. */
  readonly logReturn: Float64Array;
  /** Shape `[T]`: logReturn / volatility clipped to ±5; NaN where either is. */
  readonly scaled: Float64Array;
}

/**
 * Computes the target of every row. The candle at the end of the horizon must be exactly `horizonSteps` intervals
 * later: no target crosses a gap.
 *
 * @param segmentStart shape `[T]`, from the feature matrix; volatility begins anew at each segment
 */
export function computeTarget(series: CandleSeries, segmentStart: Int32Array, horizonSteps: number): Target {
  const rowCount = rowCountOf(series);
  const volatility = new Float64Array(rowCount).fill(Number.NaN);
  const logReturn = new Float64Array(rowCount).fill(Number.NaN);
  const scaled = new Float64Array(rowCount).fill(Number.NaN);
  const horizonMs = horizonSteps * INTERVAL_MS[series.interval];
  let nextVolatility = createVolatilityStream(horizonSteps);
  for (let row = 0; row < rowCount; row++) {
    if (segmentStart[row] === row) nextVolatility = createVolatilityStream(horizonSteps);
    volatility[row] = nextVolatility(candleAt(series, row));
    const end = row + horizonSteps;
    const isWhole = end < rowCount && series.openTimeMs[end] - series.openTimeMs[row] === horizonMs;
    // A redenomination between neighbours leaves no gap, and no return either.
    if (isWhole && segmentStart[end] <= row) {
      logReturn[row] = Math.log(series.close[end] / series.close[row]);
      const value = logReturn[row] / volatility[row];
      scaled[row] = Math.max(-TARGET_CLIP, Math.min(TARGET_CLIP, value));
    }
  }
  return { horizonSteps, volatility, logReturn, scaled };
}

/** The volatility of a return over the horizon at each closed candle of a segment; NaN where it is not known yet, or is 0. */
export function createVolatilityStream(horizonSteps: number): FeatureStream {
  const feature = volatilityOver(VOLATILITY_ROWS);
  const next = feature.createStream();
  let rowCount = 0;
  return (candle) => {
    rowCount += 1;
    const perCandle = next(candle);
    return rowCount >= feature.warmUpRows && perCandle > 0 ? perCandle * Math.sqrt(horizonSteps) : Number.NaN;
  };
}

/** The predicted change as a fraction (0.012 = +1.2 %) of a score in volatility units. */
export function changeOfScore(score: number, volatility: number): number {
  if (!Number.isFinite(score) || !Number.isFinite(volatility)) {
    throw new TradeAiError('INTERNAL', `score ${score} or volatility ${volatility} is not finite`);
  }
  return Math.expm1(score * volatility);
}
