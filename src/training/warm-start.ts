/**
 * Warm start: the champion goes on learning, on rows newer than everything it has seen, beside a control that is trained
 * from scratch; the better one out of sample is kept.
 *
 *     |-------- seen by the champion --------|-- train --|gap|- validation -|gap|-- test --|    the champion goes on
 *     |---------------------- train ---------------------|gap|- validation -|gap|-- test --|    the control
 */

import type { Collected } from '../candles/collect.js';
import { TradeAiError } from '../core/errors.js';
import { meanSquare } from '../core/statistics.js';
import { buildDataset, type Dataset, labelledRows } from '../dataset/dataset.js';
import { checkFeatureNames, fitScaler } from '../dataset/scaler.js';
import { leakErrorOf } from '../evaluation/audit/report.js';
import { measureForecast } from '../evaluation/metrics.js';
import { outcomesAt } from '../evaluation/outcomes.js';
import { createLstmForecaster, type LstmModel } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import { type EnsembleOptions, startEnsemble, trainEnsembles } from '../lstm/ensemble.js';
import type { MemberProgress } from '../lstm/trainer.js';
import { firstRowAt, rowCountOf } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import type { ModelConfig } from '../options/model-config.js';
import type { TrainOptions } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import { loadModel } from '../versions/load-model.js';
import type { StoredModel } from '../versions/model-files.js';
import type { WarmStartReport } from '../versions/train-report.js';
import { auditTraining } from './audit-training.js';
import { datasetOptionsOf, type PreparedFold, type PreparedTraining } from './prepare.js';
import { ensembleOptionsOf, modelOf } from './stages.js';
import type { TrainHooks, TrainStage } from './train-hooks.js';

export interface WarmHooks extends Pick<TrainHooks, 'signal' | 'onBatch' | 'onEpoch'> {
  /** Called once, before the first epoch. */
  readonly onPlan?: (stages: readonly TrainStage[]) => void;
}

export interface WarmTraining {
  readonly prepared: PreparedTraining;
  readonly model: LstmModel;
  readonly members: readonly MemberProgress[];
  /** Sequences trained on by both. */
  readonly sequences: number;
  readonly report: WarmStartReport;
}

/** Shares of the new rows; what is left after them is the test part. */
const TRAIN_SHARE = 0.5;
const VALIDATION_SHARE = 0.2;
const MINIMUM_ROWS = { train: 100, validation: 40, test: 50 } as const;

export interface WarmStart {
  readonly collected: Pick<Collected, 'series' | 'inputs'>;
  readonly config: ModelConfig;
  /** The version to go on from. */
  readonly fromVersion: number;
  readonly engine: LstmEngine;
  readonly ports: Ports;
  readonly hooks: WarmHooks;
}

/**
 * Trains both and keeps the better one.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND` without that version; `MODEL_MISMATCH` when its network is another one than the
 *   options ask for; `CANDLES_TOO_FEW` when too little is new
 */
export async function trainWarm(start: WarmStart): Promise<WarmTraining> {
  const { config, fromVersion, engine, ports, hooks } = start;
  const { series, inputs } = start.collected;
  const champion = await loadModel(ports, config.name, fromVersion);
  checkSameNetwork(champion, config);
  const dataset = buildDataset(series, datasetOptionsOf(config, series.interval));
  const seenUntilMs = champion.manifest.data.lastOpenTimeMs + INTERVAL_MS[series.interval];
  const { warmFold, controlFold } = planFolds(dataset, champion, seenUntilMs);
  const prepared: PreparedTraining = { dataset, folds: [controlFold], finalRefit: undefined, warnings: [] };
  const warmStart = { version: fromVersion, seenUntilMs, ...warmFold.rows };
  const leak = leakErrorOf(
    auditTraining(series, config, prepared, { nowMs: ports.now(), warmStart, inputs }, ports.now),
  );
  if (leak !== undefined) throw leak;
  const ensembles = [ensembleOptionsOf(config, dataset, warmFold), ensembleOptionsOf(config, dataset, controlFold)];
  hooks.onPlan?.(
    [warmFold, controlFold].map(({ rows }, index) => ({
      label: index === 0 ? 'warm start' : 'control from scratch',
      trainRows: rows.train.length,
      validationRows: rows.validation.length,
      testRows: index === 0 ? rows.test.length : 0,
      epochsRun: ensembles[index].seeds.map(() => 0),
    })),
  );
  const begin = [goOn(ensembles[0], champion), startEnsemble(ensembles[1])];
  const trained = await trainEnsembles(engine, ensembles, hooks, begin);
  const models = [warmFold, controlFold].map((fold, index) => modelOf(config, fold, trained[index]));
  const { test } = controlFold.rows;
  const outcomes = outcomesAt(dataset, test);
  const forecasts = await Promise.all(
    models.map((model) => createLstmForecaster(engine, model).forecast(dataset, test, hooks.signal)),
  );
  const [warmMse, controlMse] = forecasts.map((ours) => meanSquare(outcomes.scaled, ours));
  const kept = warmMse < controlMse ? 0 : 1;
  return {
    prepared,
    model: models[kept],
    members: trained[kept],
    sequences: [warmFold, controlFold].reduce(
      (sum, { rows }, index) =>
        sum + rows.train.length * trained[index].reduce((epochs, member) => epochs + member.epochsRun, 0),
      0,
    ),
    report: {
      fromVersion,
      kept: kept === 0 ? 'warm' : 'twin',
      newRows: warmFold.rows.train.length + warmFold.rows.validation.length + test.length,
      warm: measureForecast(forecasts[0], outcomes),
      twin: measureForecast(forecasts[1], outcomes),
    },
  };
}

/** The champion's weights as the start of each member; its moments are not kept, Adam begins anew. */
function goOn(ensemble: EnsembleOptions, { lstm }: StoredModel): MemberProgress[] {
  return startEnsemble(ensemble).map((member, index) => {
    const weights = lstm.memberWeights[index];
    return { ...member, bestWeights: weights, state: { ...member.state, weights } };
  });
}

function planFolds(
  dataset: Dataset,
  champion: StoredModel,
  seenUntilMs: number,
): { warmFold: PreparedFold; controlFold: PreparedFold } {
  const { series, target } = dataset;
  const rowCount = rowCountOf(series);
  const gapRows = 2 * target.horizonSteps;
  const newRows = rowCount - firstRowAt(series.openTimeMs, seenUntilMs);
  const validationStart = rowCount - newRows + Math.round(newRows * TRAIN_SHARE);
  const testStart = validationStart + Math.round(newRows * VALIDATION_SHARE);
  const validation = labelledRows(dataset, { start: validationStart, end: testStart - gapRows });
  const test = labelledRows(dataset, { start: testStart, end: rowCount });
  const trainEnd = validationStart - gapRows;
  const warmRows = { train: labelledRows(dataset, { start: rowCount - newRows, end: trainEnd }), validation, test };
  for (const part of ['train', 'validation', 'test'] as const) {
    if (warmRows[part].length >= MINIMUM_ROWS[part]) continue;
    throw new TradeAiError(
      'CANDLES_TOO_FEW',
      `a warm start needs ${MINIMUM_ROWS[part]} new ${part} rows, there are ${warmRows[part].length} of ${newRows} candles since version ${champion.manifest.version}`,
      { commandHint: 'wait for more candles, or train without --warm-start' },
    );
  }
  const controlRows = { train: labelledRows(dataset, { start: 0, end: trainEnd }), validation, test };
  return {
    warmFold: { rows: warmRows, scaler: champion.lstm.scaler },
    controlFold: { rows: controlRows, scaler: fitScaler(dataset.matrix, controlRows.train) },
  };
}

/** The champion can only go on as the network it is. */
function checkSameNetwork({ config: theirs, lstm, manifest }: StoredModel, ours: TrainOptions): void {
  checkFeatureNames(theirs.features, ours.features);
  for (const option of ['window', 'horizon', 'hidden', 'layers', 'members'] as const) {
    const expected = option === 'members' ? lstm.memberWeights.length : theirs[option];
    if (ours[option] === expected) continue;
    throw new TradeAiError(
      'MODEL_MISMATCH',
      `a warm start goes on with the network of version ${manifest.version}: ${option} is ${expected} there, was asked to be ${ours[option]}`,
      { commandHint: `take --${option} ${expected}, or train without --warm-start` },
    );
  }
}
