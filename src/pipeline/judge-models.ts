/** A trained model and the baselines, on validation rows for its calibration and once on test rows for its judgement. */

import { changeOfScore } from '../dataset/target.js';
import { judgeForecasters, outcomesAt } from '../evaluation/judge.js';
import type { ForecastMetrics } from '../evaluation/metrics.js';
import { fitBaselines } from '../forecast/baselines.js';
import { type Calibration, fitCalibration } from '../forecast/calibration.js';
import { createLstmForecaster, type LstmModel } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import { closeTimeMs } from '../market/candle-series.js';
import type { PreparedTraining } from './prepare.js';
import type { RowForecast } from './train-report.js';

export interface ModelJudgement {
  readonly calibration: Calibration;
  readonly validation: ForecastMetrics;
  readonly test: ForecastMetrics;
  readonly baselines: Readonly<Record<string, ForecastMetrics>>;
  /** Close of the first and the last test row. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Share of test outcomes within the interval around their score. */
  readonly intervalCoverage: number;
  readonly lastForecast: RowForecast;
}

export async function judgeModel(
  model: LstmModel,
  engine: LstmEngine,
  { dataset, rows, scaler }: PreparedTraining,
  signal?: AbortSignal,
): Promise<ModelJudgement> {
  const lstm = createLstmForecaster(engine, model, dataset);
  const [validation] = await judgeForecasters([lstm], dataset, rows.validation, signal);
  const calibration = fitCalibration(validation.scores, outcomesAt(dataset, rows.validation).scaled);
  const baselines = fitBaselines(dataset, scaler, rows);
  const [test, ...others] = await judgeForecasters([lstm, ...baselines], dataset, rows.test, signal);
  const outcomes = outcomesAt(dataset, rows.test).scaled;
  const covered = test.scores.filter((score, i) => Math.abs(outcomes[i] - score) <= calibration.intervalHalfWidth);
  const firstRow = rows.test[0];
  const lastRow = rows.test[rows.test.length - 1];
  const lastScore = test.scores[test.scores.length - 1];
  return {
    calibration,
    validation: validation.metrics,
    test: test.metrics,
    baselines: Object.fromEntries(others.map(({ name, metrics }) => [name, metrics])),
    fromMs: closeTimeMs(dataset.series, firstRow),
    toMs: closeTimeMs(dataset.series, lastRow),
    intervalCoverage: covered.length / test.scores.length,
    lastForecast: {
      openTimeMs: dataset.series.openTimeMs[lastRow],
      score: lastScore,
      predictedChange: changeOfScore(lastScore, dataset.target.volatility[lastRow]),
    },
  };
}
