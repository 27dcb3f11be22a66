/** The main use case: collect, build, train, judge, save, promote. */

import { TradeAiError } from '../core/errors.js';
import { applyScaler } from '../dataset/scaler.js';
import { leakErrorOf } from '../evaluation/audit/report.js';
import type { LstmModel } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import {
  type EnsembleHooks,
  type EnsembleOptions,
  type MemberIndex,
  roundWeights,
  startEnsemble,
  trainEnsembles,
} from '../lstm/ensemble.js';
import type { MemberProgress } from '../lstm/trainer.js';
import { INTERVAL_MS } from '../market/interval.js';
import { checkCandles } from '../market/quality.js';
import { auditTraining } from './audit.js';
import { compareWithChampion } from './champion.js';
import { CheckpointKeeper, loadStoppedTraining, type StoppedTraining } from './checkpoint-keeper.js';
import { type Collected, collectCandles, hashCandles } from './collect.js';
import { judgeModels } from './judge-models.js';
import { architectureOf, type ModelConfig } from './model-files.js';
import type { Ports } from './ports.js';
import { type PreparedFold, type PreparedTraining, prepareTraining } from './prepare.js';
import { countTrials, type JudgedModel, publishModel } from './publish.js';
import { modelNameOf, type TrainOptions } from './train-options.js';
import { type DataSummary, summariseData, type TrainReport } from './train-report.js';

export interface TrainHooks {
  readonly signal?: AbortSignal;
  readonly onFetch?: (rowsDone: number, lastOpenTimeMs: number) => void;
  /** Called once, before the first epoch. */
  readonly onStart?: (start: TrainStart) => void;
  readonly onBatch?: EnsembleHooks['onBatch'];
  readonly onEpoch?: (index: MemberIndex, progress: MemberProgress) => void;
  /** Called when all networks are trained, before they are judged. */
  readonly onJudge?: () => void;
}

/** One training of the walk-forward, or the last fit. */
export interface TrainStage {
  /** `fold 2/4`, `last fit`. */
  readonly label: string;
  readonly trainRows: number;
  readonly validationRows: number;
  /** Rows judged; 0 for the last fit. */
  readonly testRows: number;
  /** Epochs run by each member before; zeros unless resumed. */
  readonly epochsRun: readonly number[];
}

export interface TrainStart {
  readonly config: ModelConfig;
  readonly data: DataSummary;
  readonly engineDescription: string;
  readonly stages: readonly TrainStage[];
  readonly notices: readonly string[];
}

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/**
 * Trains a model and publishes it as a new version.
 *
 * @throws TradeAiError of every kind; `INTERRUPTED` after a checkpoint has been kept
 */
export async function trainModel(options: TrainOptions, ports: Ports, hooks: TrainHooks = {}): Promise<TrainReport> {
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
  const { config, data } = stopped;
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
  readonly keeper: CheckpointKeeper;
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
    await keeper.discard();
    return report;
  } catch (error) {
    await keeper.flush().catch(() => undefined);
    throw error;
  }
}

/** Everything of a training but publishing: for `train`, `evaluate` and `retrain` alike. */
export async function trainAndJudge(
  { series, source, notices }: Collected,
  options: TrainOptions,
  ports: Ports,
  hooks: TrainHooks,
  stopped?: StoppedTraining,
): Promise<TrainedSession> {
  const { symbol, interval } = series;
  const config: ModelConfig = { ...options, name: modelNameOf(symbol, interval, options.name), interval, source };
  const data = summariseData(series, source, hashCandles(series));
  const prepared = prepareTraining(series, options);
  const leak = leakErrorOf(auditTraining(series, options, prepared, { nowMs: ports.now() }, ports.now));
  if (leak !== undefined) throw leak;
  const engine = await ports.createEngine(options.engine, options.threads);
  const stages = stagesOf(prepared);
  const ensembles = stages.map((fold) => ensembleOptionsOf(config, prepared, fold));
  const start = stopped?.ensembles ?? ensembles.map(startEnsemble);
  hooks.onStart?.({
    config,
    data,
    engineDescription: engine.description,
    stages: stages.map((fold, index) => describeStage(fold, index, prepared, start[index])),
    notices: [...notices, ...prepared.warnings],
  });
  const keeper = new CheckpointKeeper(ports.checkpoints, { config, data }, start, ports.now);
  const startedMs = ports.now();
  const trained = await trainStages(engine, ensembles, keeper, start, hooks);
  const seconds = (ports.now() - startedMs) / 1000;
  hooks.onJudge?.();
  const models = trained.map(
    (members, index): LstmModel => ({
      architecture: ensembles[index].trainer.architecture,
      windowRows: config.window,
      scaler: stages[index].scaler,
      memberWeights: members.map((member) => roundWeights(member.bestWeights)),
    }),
  );
  const trials = await countTrials(config.name, prepared, ports);
  const judged = await judgeModels({ models, trained, prepared, config, engine, trials, signal: hooks.signal });
  const model = models[models.length - 1];
  const { rows, scores } = judged;
  const champion = await compareWithChampion(config.name, prepared.dataset, rows, scores, config.expires, ports);
  const judgedModel: JudgedModel = {
    model,
    config,
    data,
    training: describeTraining(trained, start, prepared, engine, seconds),
    judged,
    champion,
    trials,
    findings: checkCandles(series, { nowMs: ports.now() }).findings,
    warnings: [
      ...notices,
      ...prepared.warnings,
      ...trained.flat().flatMap(({ warning }) => (warning === undefined ? [] : [warning])),
    ],
  };
  return { judged: judgedModel, keeper };
}

/** The folds, then the last fit: the model that serves is the last one. */
export function stagesOf({ folds, lastFit }: PreparedTraining): PreparedFold[] {
  return lastFit ? [...folds, lastFit] : [...folds];
}

function describeStage(
  { rows }: PreparedFold,
  index: number,
  { folds }: PreparedTraining,
  start: readonly MemberProgress[],
): TrainStage {
  return {
    label: index < folds.length ? `fold ${index + 1}/${folds.length}` : 'last fit',
    trainRows: rows.train.length,
    validationRows: rows.validation.length,
    testRows: rows.test.length,
    epochsRun: start.map((member) => member.epochsRun),
  };
}

/** The members of the model that serves, and the speed of all trainings together. */
function describeTraining(
  trained: readonly (readonly MemberProgress[])[],
  start: readonly (readonly MemberProgress[])[],
  prepared: PreparedTraining,
  engine: LstmEngine,
  seconds: number,
): TrainReport['training'] {
  const stages = stagesOf(prepared);
  let sequences = 0;
  for (const [index, members] of trained.entries()) {
    for (const [member, { epochsRun }] of members.entries()) {
      sequences += (epochsRun - start[index][member].epochsRun) * stages[index].rows.train.length;
    }
  }
  const { rows } = stages[stages.length - 1];
  return {
    engine: engine.name,
    threads: engine.parallelSessions,
    members: trained[trained.length - 1].map(({ seed, epochsRun, bestEpoch, trainLoss, validationLoss }) => ({
      seed,
      epochsRun,
      bestEpoch,
      trainLoss,
      validationLoss,
    })),
    isLastFit: prepared.lastFit !== undefined,
    rows: { train: rows.train.length, validation: rows.validation.length },
    seconds,
    sequencesPerSecond: seconds > 0 ? sequences / seconds : 0,
  };
}

/** The ensemble of one fold: what the options and the prepared rows make of it. */
export function ensembleOptionsOf(
  config: TrainOptions,
  { dataset }: PreparedTraining,
  { scaler, rows }: PreparedFold,
): EnsembleOptions {
  return {
    trainer: {
      architecture: architectureOf(config),
      epochs: config.epochs,
      batchSize: config.batch,
      learningRate: config.lr,
      schedule: config.schedule,
      patience: config.patience,
    },
    session: {
      x: applyScaler(scaler, dataset.matrix),
      y: dataset.target.scaled,
      windowRows: config.window,
      loss: config.loss,
      dropout: config.dropout,
      gradientClipNorm: config.clip,
      adam: { ...ADAM, weightDecay: config.weightDecay },
    },
    rows,
    seeds: Array.from({ length: config.members }, (_, member) => config.seed + member),
  };
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
