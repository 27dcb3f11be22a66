import { correlation, meanSquare, wilsonInterval } from '../core/statistics.js';
import type { Outcomes } from './outcomes.js';

/** One forecaster on the rows judged. N rows. A metric that cannot be computed is `null`. */
export interface ForecastMetrics {
  readonly rows: number;
  /** Mean squared error of the predicted log return. */
  readonly mse: number;
  /** Mean squared error of "no change". */
  readonly zeroMse: number;
  /** 1 − mse / zeroMse; below 0 is worse than predicting no change. */
  readonly r2: number | null;
  /** The same in volatility units, on the clipped targets the model is trained on. */
  readonly r2Scaled: number | null;
  /** Pearson correlation of score and outcome, both in volatility units. */
  readonly ic: number | null;
  /** Share of rows whose direction was right, among rows where both moved. */
  readonly directionalAccuracy: number | null;
  /** Wilson's 95 % interval of it. */
  readonly directionalAccuracyCi95: readonly [number, number] | null;
  /** Directional accuracy among the tenth of rows with the largest |score|. */
  readonly topDecileAccuracy: number | null;
}

/**
 * Scores forecasts against what happened.
 *
 * @param scores shape `[N]`, volatility units
 */
export function measureForecast(scores: Float64Array, { logReturn, volatility, scaled }: Outcomes): ForecastMetrics {
  const predicted = scores.map((score, i) => score * volatility[i]);
  const mse = meanSquare(logReturn, predicted);
  const zeroMse = meanSquare(logReturn);
  const scaledMse = meanSquare(scaled);
  const all = countHits(scores, scaled);
  const sizes = scores.map(Math.abs);
  const byConfidence = Array.from(sizes.keys()).sort((a, b) => sizes[b] - sizes[a] || a - b);
  const top = byConfidence.slice(0, Math.ceil(scores.length / 10));
  const topHits = countHits(
    Float64Array.from(top, (i) => scores[i]),
    Float64Array.from(top, (i) => scaled[i]),
  );
  return {
    rows: scores.length,
    mse,
    zeroMse,
    r2: zeroMse > 0 ? 1 - mse / zeroMse : null,
    r2Scaled: scaledMse > 0 ? 1 - meanSquare(scaled, scores) / scaledMse : null,
    ic: correlation(scores, scaled),
    directionalAccuracy: all.count > 0 ? all.hits / all.count : null,
    directionalAccuracyCi95: all.count > 0 ? wilsonInterval(all.hits, all.count) : null,
    topDecileAccuracy: topHits.count > 0 ? topHits.hits / topHits.count : null,
  };
}

function countHits(scores: Float64Array, outcomes: Float64Array): { hits: number; count: number } {
  let hits = 0;
  let count = 0;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] === 0 || outcomes[i] === 0) continue;
    count += 1;
    if (Math.sign(scores[i]) === Math.sign(outcomes[i])) hits += 1;
  }
  return { hits, count };
}
