/** The main use case: collect, build, train, judge, save, promote. */

import { type Collected, collectCandles, hashCandles } from '../candles/collect.js';
import { type GatePass, passDataGate } from '../candles/data-gate.js';
import { TradeAiError } from '../core/errors.js';
import { leakErrorOf } from '../evaluation/audit/report.js';
import { createLstmForecaster, type LstmModel } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import { type EnsembleHooks, type EnsembleOptions, startEnsemble, trainEnsembles } from '../lstm/ensemble.js';
import type { MemberProgress } from '../lstm/trainer.js';
import { INTERVAL_MS } from '../market/interval.js';
import { checkCandles } from '../market/quality.js';
import type { ModelConfig } from '../options/model-config.js';
import { modelNameOf, type TrainOptions } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import { bindCustomFeatures } from '../versions/load-model.js';
import { type DataSummary, summariseData, type TrainReport, type WarmStartReport } from '../versions/train-report.js';
import { auditTraining } from './audit-training.js';
import { compareWithChampion } from './champion.js';
import { CheckpointKeeper, loadStoppedTraining, type StoppedTraining } from './checkpoint-keeper.js';
import { evaluateModels } from './evaluate-models.js';
import { type PreparedTraining, prepareTraining } from './prepare.js';
import { countTrials, type JudgedModel, publishModel } from './publish.js';
import { describeStage, ensembleOptionsOf, modelOf, stagesOf } from './stages.js';
import type { TrainHooks, TrainStage } from './train-hooks.js';
import { requireTrainingMemory } from './training-budget.js';
import { trainWarm } from './warm-start.js';

/**
 * Trains a model and publishes it as a new version.
 *
 * @throws TradeAiError of every kind; `INTERRUPTED` after a checkpoint has been kept
 */
export async function trainModel(options: TrainOptions, ports: Ports, hooks: TrainHooks = {}): Promise<TrainReport> {
  requireTrainingMemory(options);
  const collected = await collectCandles(options, ports, hooks);
  return publishTrained(await trainAndJudge(collected, options, ports, hooks), ports);
}

/**
 * Goes on with a training that was stopped; the weights are those of one that never stopped.
 *
 * @throws TradeAiError `CHECKPOINT_NOT_FOUND`; `CANDLES_INVALID` when the candles have changed since
 */
export async function resumeTraining(name: string, ports: Ports, hooks: TrainHooks = {}): Promise<TrainReport> {
  const stopped = await loadStoppedTraining(ports.checkpoints, name);
  const { data } = stopped;
  const config = await bindCustomFeatures(stopped.config, ports);
  // The range is fixed to what the stopped training saw: newer candles would make another training of it.
  const collected = await collectCandles(
    { ...config, from: data.firstOpenTimeMs, to: data.lastOpenTimeMs + INTERVAL_MS[config.interval], offline: true },
    ports,
    hooks,
  );
  const sha256 = hashCandles(collected.series);
  if (sha256 !== data.sha256) {
    throw new TradeAiError(
      'CANDLES_INVALID',
      `the candles of ${config.symbol} are not those of the stopped training: expected SHA-256 ${data.sha256.slice(0, 12)}…, was ${sha256.slice(0, 12)}…`,
      { hint: 'train again without --resume' },
    );
  }
  return publishTrained(await trainAndJudge(collected, config, ports, hooks, stopped), ports);
}

/** A judged training, and its progress in case it cannot be published. */
export interface TrainedSession {
  readonly judged: JudgedModel;
  /** Absent for a warm start, which is too short to be kept. */
  readonly keeper?: CheckpointKeeper;
}

/**
 * Publishes a training; when that fails its progress is kept, so that `--resume` has only to judge and publish again.
 *
 * @param adjustedPValue of the test against no change, where several models were judged at once
 */
export async function publishTrained(
  { judged, keeper }: TrainedSession,
  ports: Ports,
  adjustedPValue?: number,
): Promise<TrainReport> {
  try {
    const report = await publishModel(judged, ports, adjustedPValue);
    await keeper?.discard();
    return report;
  } catch (error) {
    await keeper?.flush().catch(() => undefined);
    throw error;
  }
}

/** Everything of a training but publishing: for `train`, `evaluate` and `retrain` alike. */
export async function trainAndJudge(
  collected: Collected,
  options: TrainOptions,
  ports: Ports,
  hooks: TrainHooks,
  stopped?: StoppedTraining,
): Promise<TrainedSession> {
  const { series, source } = collected;
  const { symbol, interval } = series;
  requireTrainingMemory(options);
  const gate = passDataGate(collected, options, ports.now());
  const data = summariseData(series, source, hashCandles(series));
  const name = modelNameOf(symbol, interval, options.name);
  const engine = await ports.createEngine(options.engine, options.threads);
  if (options.warmStart) {
    const champion = await ports.registry.champion(name);
    if (champion === undefined) {
      throw new TradeAiError('MODEL_NOT_FOUND', `a warm start needs a champion of ${name}, there is none`, {
        hint: 'train first without --warm-start',
      });
    }
    const config: ModelConfig = { ...options, name, interval, source, warmStartVersion: champion.version };
    return { judged: await trainWarmAndJudge(collected, gate, config, data, champion.version, engine, ports, hooks) };
  }
  const config: ModelConfig = { ...options, name, interval, source };
  const prepared = prepareTraining(series, options);
  const leak = leakErrorOf(
    auditTraining(series, options, prepared, { nowMs: ports.now(), inputs: collected.inputs }, ports.now),
  );
  if (leak !== undefined) throw leak;
  const stages = stagesOf(prepared);
  const ensembles = stages.map((fold) => ensembleOptionsOf(config, prepared.dataset, fold));
  const start = stopped?.ensembles ?? ensembles.map(startEnsemble);
  hooks.onStart?.({
    config,
    data,
    engineDescription: engine.description,
    stages: stages.map((fold, index) => describeStage(fold, index, prepared.folds.length, start[index])),
    notices: [...collected.notices, ...gate.warnings, ...prepared.warnings],
  });
  const keeper = new CheckpointKeeper(ports.checkpoints, { config, data }, start, ports.now);
  const startedMs = ports.now();
  const trained = await trainStages(engine, ensembles, keeper, start, hooks);
  const seconds = (ports.now() - startedMs) / 1000;
  hooks.onJudge?.();
  const models = trained.map((members, index) => modelOf(config, stages[index], members));
  const outcome: TrainedModels = {
    models,
    trained,
    prepared,
    seconds,
    sequences: countSequences(trained, start, prepared),
  };
  return { judged: await judgeTrained(outcome, collected, gate, config, data, engine, ports, hooks.signal), keeper };
}

async function trainWarmAndJudge(
  collected: Collected,
  gate: GatePass,
  config: ModelConfig,
  data: DataSummary,
  fromVersion: number,
  engine: LstmEngine,
  ports: Ports,
  hooks: TrainHooks,
): Promise<JudgedModel> {
  const announce = (stages: readonly TrainStage[]) =>
    hooks.onStart?.({
      config,
      data,
      engineDescription: engine.description,
      stages,
      notices: [...collected.notices, ...gate.warnings],
    });
  const startedMs = ports.now();
  const { prepared, model, members, sequences, report } = await trainWarm({
    collected,
    config,
    fromVersion,
    engine,
    ports,
    hooks: { ...hooks, onPlan: announce },
  });
  const seconds = (ports.now() - startedMs) / 1000;
  const outcome = { models: [model], trained: [members], prepared, seconds, sequences, warmStart: report };
  return judgeTrained(outcome, collected, gate, config, data, engine, ports, hooks.signal);
}

/** What came out of the training proper. */
interface TrainedModels {
  /** One a stage; the last one serves. */
  readonly models: readonly LstmModel[];
  readonly trained: readonly (readonly MemberProgress[])[];
  readonly prepared: PreparedTraining;
  readonly seconds: number;
  readonly sequences: number;
  readonly warmStart?: WarmStartReport;
}

async function judgeTrained(
  { models, trained, prepared, seconds, sequences, warmStart }: TrainedModels,
  { series, notices, faults }: Collected,
  gate: GatePass,
  config: ModelConfig,
  data: DataSummary,
  engine: LstmEngine,
  ports: Ports,
  signal: AbortSignal | undefined,
): Promise<JudgedModel> {
  const trials = await countTrials(config.name, prepared, ports);
  const forecasters = models.map((model) => createLstmForecaster(engine, model));
  const judged = await evaluateModels({ forecasters, trained, prepared, config, trials, signal });
  const { rows, forecasts } = judged;
  const champion = await compareWithChampion(
    config.name,
    prepared.dataset,
    rows,
    forecasts.score,
    config.expires,
    ports,
  );
  const served = stagesOf(prepared).at(-1)!.rows;
  return {
    model: models[models.length - 1],
    config,
    data,
    training: {
      engine: engine.name,
      threads: engine.parallelNetworks,
      members: trained[trained.length - 1].map(({ seed, epochsRun, bestEpoch, trainLoss, validationLoss }) => ({
        seed,
        epochsRun,
        bestEpoch,
        trainLoss,
        validationLoss,
      })),
      isLastFit: prepared.lastFit !== undefined,
      rows: { train: served.train.length, validation: served.validation.length },
      seconds,
      sequencesPerSecond: seconds > 0 ? sequences / seconds : 0,
      warmStart: warmStart ?? null,
    },
    judged,
    champion,
    trials,
    findings: checkCandles(series, { nowMs: ports.now(), imported: faults }).findings,
    overrides: gate.overrides,
    warnings: [
      ...notices,
      ...gate.warnings,
      ...prepared.warnings,
      ...trained.flat().flatMap(({ warning }) => (warning === undefined ? [] : [warning])),
    ],
  };
}

/** Sequences that all stages trained on in this run. */
function countSequences(
  trained: readonly (readonly MemberProgress[])[],
  start: readonly (readonly MemberProgress[])[],
  prepared: PreparedTraining,
): number {
  let sequences = 0;
  for (const [index, { rows }] of stagesOf(prepared).entries()) {
    for (const [member, { epochsRun }] of trained[index].entries()) {
      sequences += (epochsRun - start[index][member].epochsRun) * rows.train.length;
    }
  }
  return sequences;
}

/** Trains every stage; an interruption keeps the progress made as a checkpoint. */
async function trainStages(
  engine: LstmEngine,
  ensembles: readonly EnsembleOptions[],
  keeper: CheckpointKeeper,
  start: readonly (readonly MemberProgress[])[],
  hooks: TrainHooks,
): Promise<MemberProgress[][]> {
  const ensembleHooks: EnsembleHooks = {
    signal: hooks.signal,
    onBatch: hooks.onBatch,
    onEpoch: (index, progress) => {
      keeper.update(index, progress);
      hooks.onEpoch?.(index, progress);
    },
  };
  try {
    return await trainEnsembles(engine, ensembles, ensembleHooks, start);
  } catch (cause) {
    if (!(cause instanceof TradeAiError && cause.code === 'INTERRUPTED')) throw cause;
    if (keeper.epochsRun === 0) {
      throw new TradeAiError('INTERRUPTED', 'interrupted before the first epoch was done; nothing was kept', { cause });
    }
    await keeper.flush();
    throw new TradeAiError('INTERRUPTED', `interrupted after ${keeper.epochsRun} epochs; they are kept`, {
      hint: `go on with \`${keeper.resumeCommand}\``,
      cause,
    });
  }
}
