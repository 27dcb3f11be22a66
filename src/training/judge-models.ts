/** The judgement of a training: every fold on its own stretch, joined; calibration only ever on older forecasts. */

import type { Dataset } from '../dataset/dataset.js';
import { changeOfScore } from '../dataset/target.js';
import { bootstrapIc } from '../evaluation/bootstrap.js';
import type { Measured } from '../evaluation/measured.js';
import { type ForecastMetrics, measureForecast } from '../evaluation/metrics.js';
import { outcomesAt } from '../evaluation/outcomes.js';
import type { BacktestReport, FeatureImportance, FoldReport, TestReport } from '../evaluation/report.js';
import { measureDeciles, measureDetectableEdge, measureRollingIc } from '../evaluation/score-shape.js';
import { testClarkWest } from '../evaluation/significance.js';
import { type SkillTests, testSkill } from '../evaluation/verdict.js';
import { createLstmForecaster, type LstmModel } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import type { MemberProgress } from '../lstm/trainer.js';
import { closeTimeMs } from '../market/candle-series.js';
import type { ModelConfig } from '../options/model-config.js';
import type { OutOfSampleForecasts } from '../versions/out-of-sample.js';
import type { RowForecast } from '../versions/train-report.js';
import { type CalibratedForecasts, calibrateFolds } from './calibrate-folds.js';
import { measureImportance } from './importance.js';
import type { PreparedTraining } from './prepare.js';
import { type OutOfSample, scoreFolds } from './score-folds.js';
import { simulateTrading } from './simulate-trading.js';

export interface JudgementInput {
  /** One a fold, then the last fit if there is one. */
  readonly models: readonly LstmModel[];
  readonly trained: readonly (readonly MemberProgress[])[];
  readonly prepared: PreparedTraining;
  readonly config: ModelConfig;
  readonly engine: LstmEngine;
  /** Trainings judged on these rows, this one among them. */
  readonly trials: number;
  readonly signal?: AbortSignal;
}

export interface ModelJudgement {
  readonly test: TestReport;
  readonly backtest: BacktestReport;
  readonly importance: readonly FeatureImportance[];
  readonly skill: SkillTests;
  readonly calibration: CalibratedForecasts['calibration'];
  readonly forecasts: OutOfSampleForecasts;
  /** The rows judged, and the LSTM's scores there. */
  readonly rows: Int32Array;
  readonly scores: Float64Array;
  readonly lastForecast: RowForecast;
  readonly warnings: readonly string[];
}

/** Judges a training on the rows of all stretches. */
export async function judgeModels(input: JudgementInput): Promise<ModelJudgement> {
  const { models, prepared, config, engine, trials, signal } = input;
  const { dataset } = prepared;
  const sample = await scoreFolds(models, prepared, engine, signal);
  const notes = new Notes();
  const skill = testSkill(sample.outcomes.scaled, sample.scores, sample.baselines, config.horizon);
  const calibrated = calibrateFolds(sample, config.horizon, notes.take);
  const backtest = simulateTrading(dataset, sample, calibrated, config, trials, notes.take);
  return {
    test: reportTest(input, sample, calibrated, skill, notes),
    backtest,
    importance: await measureImportance(
      models[prepared.folds.length - 1],
      dataset,
      prepared.folds.at(-1)!.rows.test,
      engine,
      signal,
    ),
    skill,
    calibration: calibrated.calibration,
    forecasts: {
      openTimeMs: Float64Array.from(sample.rows, (row) => dataset.series.openTimeMs[row]),
      score: sample.scores,
    },
    rows: sample.rows,
    scores: sample.scores,
    lastForecast: await forecastLastRow(
      models[models.length - 1],
      dataset,
      prepared.folds.at(-1)!.rows.test,
      engine,
      signal,
    ),
    warnings: notes.texts,
  };
}

function reportTest(
  { trained, prepared, config }: JudgementInput,
  sample: OutOfSample,
  calibrated: CalibratedForecasts,
  skill: SkillTests,
  notes: Notes,
): TestReport {
  const { dataset, folds } = prepared;
  const { rows, outcomes, scores } = sample;
  const horizonSteps = config.horizon;
  const closeMs = Float64Array.from(rows, (row) => closeTimeMs(dataset.series, row));
  const interval = notes.take(
    'test.icCi95',
    bootstrapIc(scores, outcomes.scaled, { seed: config.seed, minimumBlockRows: horizonSteps }),
  );
  const dieboldMariano = notes.take('test.dieboldMariano', skill.againstZero);
  const clarkWest = notes.take('test.clarkWest', testClarkWest(outcomes.scaled, scores, { horizonSteps }));
  return {
    ...measureForecast(scores, outcomes),
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
        metrics: measureForecast(scores.subarray(start, end), outcomesAt(dataset, fold.rows.test)),
      };
    }),
    baselines: Object.fromEntries(
      Array.from(sample.baselines, ([name, theirs]): [string, ForecastMetrics] => [
        name,
        measureForecast(theirs, outcomes),
      ]),
    ),
    calibration: calibrated.report,
    deciles: measureDeciles(scores, outcomes.scaled),
    rollingIc: measureRollingIc(scores, outcomes.scaled, closeMs),
  };
}

/** The forecast of the last row judged by the model that serves, made among its neighbours as the evaluation makes them. */
async function forecastLastRow(
  model: LstmModel,
  dataset: Dataset,
  rows: Int32Array,
  engine: LstmEngine,
  signal: AbortSignal | undefined,
): Promise<RowForecast> {
  const scores = await createLstmForecaster(engine, model, dataset).forecast(rows, signal);
  const row = rows[rows.length - 1];
  const score = scores[scores.length - 1];
  return {
    openTimeMs: dataset.series.openTimeMs[row],
    score,
    predictedChange: changeOfScore(score, dataset.target.volatility[row]),
  };
}

/** Why something is `null`, for the report's warnings. */
class Notes {
  readonly texts: string[] = [];

  readonly take = <Value>(what: string, { value, reason }: Measured<Value>): Value | null => {
    if (value === null) this.texts.push(`${what} is null: ${reason}`);
    return value;
  };
}
