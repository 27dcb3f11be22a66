import type { Dataset } from '../dataset/dataset.js';
import type { Forecaster } from '../forecast/forecaster.js';
import { type ForecastMetrics, measureForecast, type Outcomes } from './metrics.js';

/** A forecaster on the rows judged. */
export interface Judgement {
  readonly name: string;
  /** Shape `[rows.length]`, volatility units. */
  readonly scores: Float64Array;
  readonly metrics: ForecastMetrics;
}

/** What happened at the given rows, one value a row. */
export function outcomesAt({ target }: Dataset, rows: Int32Array): Outcomes {
  const pick = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
  return { logReturn: pick(target.logReturn), volatility: pick(target.volatility), scaled: pick(target.scaled) };
}

/** Scores every forecaster once, on the same rows, in the given order. */
export async function judgeForecasters(
  forecasters: readonly Forecaster[],
  dataset: Dataset,
  rows: Int32Array,
  signal?: AbortSignal,
): Promise<Judgement[]> {
  const outcomes = outcomesAt(dataset, rows);
  const judgements: Judgement[] = [];
  for (const forecaster of forecasters) {
    const scores = await forecaster.forecast(rows, signal);
    judgements.push({ name: forecaster.name, scores, metrics: measureForecast(scores, outcomes) });
  }
  return judgements;
}
