/** The evaluation of a training: every fold on its own test rows, joined; calibration only ever on older forecasts. */

import { changeOfScore } from '../dataset/target.js';
import { bootstrapIc } from '../evaluation/bootstrap.js';
import { type ForecastMetrics, measureForecast } from '../evaluation/metrics.js';
import { outcomesAt } from '../evaluation/outcomes.js';
import type { BacktestReport, FeatureImportance, FoldReport, TestReport } from '../evaluation/report.js';
import { measureDeciles, measureDetectableEdge, measureRollingIc } from '../evaluation/score-shape.js';
import { testClarkWest } from '../evaluation/significance.js';
import { type SkillTests, testSkill } from '../evaluation/verdict.js';
import type { WindowForecaster } from '../forecast/forecaster.js';
import type { MemberProgress } from '../lstm/trainer.js';
import { closeTimeMs } from '../market/candle-series.js';
import type { ModelConfig } from '../options/model-config.js';
import type { OutOfSampleForecasts } from '../versions/out-of-sample.js';
import type { RowForecast } from '../versions/train-report.js';
import { type CalibratedForecasts, calibrateFolds } from './calibrate-folds.js';
import { EvaluationNotes, type TakeMeasured } from './evaluation-notes.js';
import { forecastFolds, type OutOfSample } from './forecast-folds.js';
import { measureImportance } from './importance.js';
import type { PreparedTraining } from './prepare.js';
import { simulateTrading } from './simulate-trading.js';

export interface EvaluationInput {
  /** One a fold, then the final refit if there is one: the last one serves. */
  readonly forecasters: readonly WindowForecaster[];
  readonly trained: readonly (readonly MemberProgress[])[];
  readonly prepared: PreparedTraining;
  readonly config: ModelConfig;
  /** Trainings evaluated on these rows, this one among them. */
  readonly trials: number;
  readonly signal?: AbortSignal;
}

export interface ModelEvaluation {
  readonly test: TestReport;
  readonly backtest: BacktestReport;
  readonly importance: readonly FeatureImportance[];
  readonly skill: SkillTests;
  readonly calibration: CalibratedForecasts['calibration'];
  /** The rows out of sample, and what was forecast there. */
  readonly rows: Int32Array;
  readonly forecasts: OutOfSampleForecasts;
  readonly lastForecast: RowForecast;
  readonly warnings: readonly string[];
}

/** Evaluates a training on the test rows of all folds. */
export async function evaluateModels(input: EvaluationInput): Promise<ModelEvaluation> {
  const { forecasters, prepared, config, trials, signal } = input;
  const { dataset, folds } = prepared;
  const sample = await forecastFolds(forecasters, prepared, signal);
  const { rows, forecasts } = sample;
  const { take, texts } = new EvaluationNotes();
  const skill = testSkill(sample.outcomes.scaled, forecasts, sample.baselines, config.horizon);
  const calibrated = calibrateFolds(sample, config.horizon, take);
  const backtest = simulateTrading({ dataset, sample, calibrated, config, trials, take });
  const newest = forecasters[folds.length - 1];
  return {
    test: reportTest(input, { sample, calibrated, skill, take }),
    backtest,
    importance: await measureImportance(newest, dataset, folds[folds.length - 1].rows.test, signal),
    skill,
    calibration: calibrated.calibration,
    rows,
    forecasts: { openTimeMs: Float64Array.from(rows, (row) => dataset.series.openTimeMs[row]), score: forecasts },
    lastForecast: await forecastLastRow(input, rows[rows.length - 1]),
    warnings: texts,
  };
}

interface EvaluatedSample {
  readonly sample: OutOfSample;
  readonly calibrated: CalibratedForecasts;
  readonly skill: SkillTests;
  readonly take: TakeMeasured;
}

function reportTest(
  { trained, prepared, config }: EvaluationInput,
  { sample, calibrated, skill, take }: EvaluatedSample,
): TestReport {
  const { dataset, folds } = prepared;
  const { rows, outcomes, forecasts } = sample;
  const horizonSteps = config.horizon;
  const closeMs = Float64Array.from(rows, (row) => closeTimeMs(dataset.series, row));
  const interval = take(
    'test.icCi95',
    bootstrapIc(forecasts, outcomes.scaled, { seed: config.seed, minimumBlockRows: horizonSteps }),
  );
  const dieboldMariano = take('test.dieboldMariano', skill.againstZero);
  const clarkWest = take('test.clarkWest', testClarkWest(outcomes.scaled, forecasts, { horizonSteps }));
  return {
    ...measureForecast(forecasts, outcomes),
    fromMs: closeMs[0],
    toMs: closeMs[closeMs.length - 1],
    icCi95: interval && [interval.low, interval.high],
    dieboldMariano: dieboldMariano && { statistic: dieboldMariano.statistic, pValue: dieboldMariano.pValue },
    clarkWest: clarkWest && { statistic: clarkWest.statistic, pValue: clarkWest.pValue },
    detectableEdge: measureDetectableEdge(rows.length, horizonSteps),
    folds: folds.map((fold, index): FoldReport => {
      const { start, end } = sample.folds[index];
      return {
        fold: index + 1,
        trainRows: fold.rows.train.length,
        validationRows: fold.rows.validation.length,
        fromMs: closeMs[start],
        toMs: closeMs[end - 1],
        bestEpochs: trained[index].map((member) => member.bestEpoch),
        metrics: measureForecast(forecasts.subarray(start, end), outcomesAt(dataset, fold.rows.test)),
      };
    }),
    baselines: Object.fromEntries(
      Array.from(sample.baselines, ([name, theirs]): [string, ForecastMetrics] => [
        name,
        measureForecast(theirs, outcomes),
      ]),
    ),
    calibration: calibrated.report,
    deciles: measureDeciles(forecasts, outcomes.scaled),
    rollingIc: measureRollingIc(forecasts, outcomes.scaled, closeMs),
  };
}

/** The newest row out of sample, forecast by the model that serves. */
async function forecastLastRow(
  { forecasters, prepared: { dataset }, signal }: EvaluationInput,
  row: number,
): Promise<RowForecast> {
  const [score] = await forecasters[forecasters.length - 1].forecast(dataset, Int32Array.of(row), signal);
  return {
    openTimeMs: dataset.series.openTimeMs[row],
    score,
    predictedChange: changeOfScore(score, dataset.target.volatility[row]),
  };
}
