/** The main use case: collect, build, train, judge, save, promote. */

import { TradeAiError } from '../core/errors.js';
import { applyScaler } from '../dataset/scaler.js';
import type { LstmModel } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import { type EnsembleHooks, type EnsembleOptions, roundWeights, trainEnsemble } from '../lstm/ensemble.js';
import { type MemberProgress, startMember } from '../lstm/trainer.js';
import { INTERVAL_MS } from '../market/interval.js';
import { CheckpointKeeper, loadStoppedTraining, type StoppedTraining } from './checkpoint-keeper.js';
import { type Collected, collectCandles, hashCandles } from './collect.js';
import { judgeModel } from './judge-model.js';
import { architectureOf, type ModelConfig } from './model-files.js';
import type { Ports } from './ports.js';
import { type PreparedTraining, prepareTraining } from './prepare.js';
import { publishModel } from './publish.js';
import { modelNameOf, type TrainOptions } from './train-options.js';
import { type DataSummary, summariseData, type TrainReport } from './train-report.js';

export interface TrainHooks {
  readonly signal?: AbortSignal;
  readonly onFetch?: (rowsDone: number, lastOpenTimeMs: number) => void;
  /** Called once, before the first epoch. */
  readonly onStart?: (start: TrainStart) => void;
  readonly onBatch?: (member: number, epoch: number, sequencesDone: number) => void;
  readonly onEpoch?: (member: number, progress: MemberProgress) => void;
}

export interface TrainStart {
  readonly config: ModelConfig;
  readonly data: DataSummary;
  readonly engineDescription: string;
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number };
  readonly notices: readonly string[];
  /** Epochs run by each member before; zeros unless resumed. */
  readonly epochsRun: readonly number[];
}

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/**
 * Trains a model and publishes it as a new version.
 *
 * @throws TradeAiError of every kind; `INTERRUPTED` after a checkpoint has been kept
 */
export async function trainModel(options: TrainOptions, ports: Ports, hooks: TrainHooks = {}): Promise<TrainReport> {
  const collected = await collectCandles(options, ports, hooks);
  return trainOn(collected, options, ports, hooks);
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
  return trainOn(collected, config, ports, hooks, stopped);
}

async function trainOn(
  { series, source, notices }: Collected,
  options: TrainOptions,
  ports: Ports,
  hooks: TrainHooks,
  stopped?: StoppedTraining,
): Promise<TrainReport> {
  const { symbol, interval } = series;
  const name = modelNameOf(symbol, interval, options.name);
  const config: ModelConfig = { ...options, name, interval, source };
  const data = summariseData(series, source, hashCandles(series));
  const prepared = prepareTraining(series, options);
  const engine = await ports.createEngine(options.engine, options.threads);
  const ensemble = ensembleOptionsOf(config, prepared);
  const start = stopped?.members ?? ensemble.seeds.map((seed) => startMember(ensemble.trainer.architecture, seed));
  hooks.onStart?.({
    config,
    data,
    engineDescription: engine.description,
    rows: {
      train: prepared.rows.train.length,
      validation: prepared.rows.validation.length,
      test: prepared.rows.test.length,
    },
    notices: [...notices, ...prepared.warnings],
    epochsRun: start.map((member) => member.epochsRun),
  });
  const keeper = new CheckpointKeeper(ports.checkpoints, { config, data }, start, ports.now);
  const startedMs = ports.now();
  const members = await trainMembers(engine, ensemble, prepared, keeper, start, hooks);
  const seconds = (ports.now() - startedMs) / 1000;
  const epochs = members.reduce((sum, member, index) => sum + member.epochsRun - start[index].epochsRun, 0);
  const warnings = [
    ...notices,
    ...prepared.warnings,
    ...members.flatMap(({ warning }) => (warning === undefined ? [] : [warning])),
  ];
  const training: TrainReport['training'] = {
    engine: engine.name,
    threads: engine.parallelSessions,
    members: members.map(({ seed, epochsRun, bestEpoch, trainLoss, validationLoss }) => ({
      seed,
      epochsRun,
      bestEpoch,
      trainLoss,
      validationLoss,
    })),
    rows: { train: prepared.rows.train.length, validation: prepared.rows.validation.length },
    seconds,
    sequencesPerSecond: seconds > 0 ? (epochs * prepared.rows.train.length) / seconds : 0,
  };
  const model: LstmModel = {
    architecture: ensemble.trainer.architecture,
    windowRows: config.window,
    scaler: prepared.scaler,
    memberWeights: members.map((member) => roundWeights(member.bestWeights)),
  };
  const judged = await judgeModel(model, engine, prepared, hooks.signal);
  const report = await publishModel({ model, config, data, training, judged, prepared, warnings }, engine, ports);
  await keeper.discard();
  return report;
}

function ensembleOptionsOf(config: ModelConfig, { dataset, scaler }: PreparedTraining): EnsembleOptions {
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
    seeds: Array.from({ length: config.members }, (_, member) => config.seed + member),
  };
}

/** Trains the ensemble; on any way out but success the progress made is kept as a checkpoint. */
async function trainMembers(
  engine: LstmEngine,
  ensemble: EnsembleOptions,
  { rows }: PreparedTraining,
  keeper: CheckpointKeeper,
  start: readonly MemberProgress[],
  hooks: TrainHooks,
): Promise<MemberProgress[]> {
  const ensembleHooks: EnsembleHooks = {
    signal: hooks.signal,
    onBatch: hooks.onBatch,
    onEpoch: (member, progress) => {
      keeper.update(member, progress);
      hooks.onEpoch?.(member, progress);
    },
  };
  try {
    return await trainEnsemble(engine, ensemble, rows, ensembleHooks, start);
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
