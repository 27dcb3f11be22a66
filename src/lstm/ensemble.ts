/** Several members that differ by their seed only, trained on the same rows; their mean is the forecast. */

import { runLimited } from '../core/concurrency.js';
import type { LstmDataset, LstmEngine, NetworkOptions } from './engine.js';
import type { MemberProgress, TrainerHooks, TrainerOptions, TrainingRows } from './trainer.js';
import { startMember, trainMember } from './trainer.js';
import type { LstmArchitecture } from './weights.js';

export interface EnsembleOptions {
  readonly trainer: TrainerOptions;
  readonly network: NetworkSettings;
  readonly data: EnsembleData;
  readonly rows: TrainingRows;
  /** One seed a member. */
  readonly seeds: readonly number[];
}

/** What the networks of an ensemble have in common. */
export type NetworkSettings = Omit<NetworkOptions, 'seed' | 'architecture' | 'maximumBatchSize'>;

/** What the members of an ensemble are trained on. */
export interface EnsembleData {
  /**
   * The scaled features, shape `[T, F]`. Asked for when the first member begins, and let go once the engine has them: of
   * many ensembles only those in training are in memory.
   */
  readonly scaleFeatures: () => Float64Array;
  /** Shape `[T]`. */
  readonly targets: Float64Array;
}

/** Which network of several ensembles. */
export interface MemberIndex {
  readonly ensemble: number;
  readonly member: number;
}

export interface EnsembleHooks {
  readonly signal?: AbortSignal;
  readonly onBatch?: (index: MemberIndex, epoch: number, sequencesDone: number) => void;
  readonly onEpoch?: (index: MemberIndex, progress: MemberProgress) => void;
}

/** Rows of a forward pass that a network holds at a time. */
const PREDICTION_BATCH_SIZE = 256;
/** A network that only predicts. */
const PREDICTION_SETTINGS = {
  seed: 0,
  loss: 'mse',
  dropout: 0,
  gradientClipNorm: 0,
  adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
} as const;

/** Every member of an ensemble before its first epoch. */
export function startEnsemble({ trainer, seeds }: EnsembleOptions): MemberProgress[] {
  return seeds.map((seed) => startMember(trainer.architecture, seed));
}

/**
 * Trains the members of all ensembles, as many networks at a time as the engine has room for. The result does not
 * depend on that number.
 *
 * @param start where each member of each ensemble stands; absent for new trainings
 * @returns the members of each ensemble
 */
export async function trainEnsembles(
  engine: LstmEngine,
  ensembles: readonly EnsembleOptions[],
  hooks: EnsembleHooks = {},
  start: readonly (readonly MemberProgress[])[] = ensembles.map(startEnsemble),
): Promise<MemberProgress[][]> {
  const indices = ensembles.flatMap(({ seeds }, ensemble) => seeds.map((_, member) => ({ ensemble, member })));
  const unfinished = indices.filter(({ ensemble, member }) => !start[ensemble][member].isFinished);
  const datasets = ensembles.map(
    (options, ensemble) =>
      new SharedDataset(engine, options, unfinished.filter((index) => index.ensemble === ensemble).length),
  );
  const trained = start.map((members) => [...members]);
  try {
    await runLimited(unfinished.length, Math.max(1, engine.parallelNetworks), async (job) => {
      const index = unfinished[job];
      const { ensemble, member } = index;
      trained[ensemble][member] = await datasets[ensemble].use((dataset) =>
        trainOne(dataset, ensembles[ensemble], start[ensemble][member], {
          signal: hooks.signal,
          onBatch: (epoch, done) => hooks.onBatch?.(index, epoch, done),
          onEpoch: (progress) => hooks.onEpoch?.(index, progress),
        }),
      );
    });
  } finally {
    for (const dataset of datasets) await dataset.close();
  }
  return trained;
}

/** The dataset of an ensemble: opened for the first of its members, closed after the last. */
class SharedDataset {
  readonly #engine: LstmEngine;
  readonly #options: EnsembleOptions;
  #opened: Promise<LstmDataset> | undefined;
  #usesLeft: number;

  constructor(engine: LstmEngine, options: EnsembleOptions, uses: number) {
    this.#engine = engine;
    this.#options = options;
    this.#usesLeft = uses;
  }

  async use<Result>(run: (dataset: LstmDataset) => Promise<Result>): Promise<Result> {
    this.#opened ??= this.#open();
    const dataset = await this.#opened;
    const result = await run(dataset);
    this.#usesLeft -= 1;
    if (this.#usesLeft === 0) await this.close();
    return result;
  }

  /** For when a member has failed, and the others never came; nothing happens the second time. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    const dataset = await opened?.catch(() => undefined);
    await dataset?.close();
  }

  #open(): Promise<LstmDataset> {
    const { trainer, data } = this.#options;
    const { featureCount } = trainer.architecture;
    return this.#engine.openDataset({ featureCount, x: data.scaleFeatures(), y: data.targets });
  }
}

async function trainOne(
  dataset: LstmDataset,
  { trainer, network: settings, data, rows }: EnsembleOptions,
  start: MemberProgress,
  hooks: TrainerHooks,
): Promise<MemberProgress> {
  const network = await dataset.openNetwork({
    ...settings,
    architecture: trainer.architecture,
    seed: start.seed,
    maximumBatchSize: Math.max(trainer.batchSize, PREDICTION_BATCH_SIZE),
  });
  try {
    return await trainMember({
      network,
      options: trainer,
      rows,
      measureLoss: (predictions) => meanLoss(settings.loss, predictions, data.targets, rows.validation),
      start,
      hooks,
    });
  } finally {
    await network.close();
  }
}

/** A trained ensemble and the windows it is asked about. */
export interface EnsembleQuestion {
  readonly architecture: LstmArchitecture;
  readonly windowRows: number;
  /** One buffer of shape `[P]` a member. */
  readonly memberWeights: readonly Float64Array[];
  /** Scaled features, shape `[T, F]`. */
  readonly x: Float64Array;
  /** Last rows of the windows. */
  readonly rows: Int32Array;
  readonly signal?: AbortSignal;
}

/**
 * The mean of the members' outputs at the given rows.
 *
 * @returns shape `[rows.length]`, in volatility units
 */
export async function predictEnsemble(
  engine: LstmEngine,
  { architecture, windowRows, memberWeights, x, rows, signal }: EnsembleQuestion,
): Promise<Float64Array> {
  const mean = new Float64Array(rows.length);
  const { featureCount } = architecture;
  const dataset = await engine.openDataset({ featureCount, x, y: new Float64Array(x.length / featureCount) });
  try {
    // A live forecast is of one window: no more memory is taken than for that.
    const maximumBatchSize = Math.max(1, Math.min(PREDICTION_BATCH_SIZE, rows.length));
    const network = await dataset.openNetwork({ ...PREDICTION_SETTINGS, architecture, windowRows, maximumBatchSize });
    try {
      for (const weights of memberWeights) {
        await network.setWeights(weights);
        const outputs = await network.predict(rows, { signal });
        for (let i = 0; i < mean.length; i++) mean[i] += outputs[i] / memberWeights.length;
      }
    } finally {
      await network.close();
    }
  } finally {
    await dataset.close();
  }
  return mean;
}

/** Rounds weights to float32, the precision in which they are published. */
export function roundWeights(weights: Float64Array): Float64Array {
  return Float64Array.from(weights, Math.fround);
}

/** Mean loss of predictions against the targets of their rows. */
function meanLoss(loss: NetworkOptions['loss'], predictions: Float64Array, y: Float64Array, rows: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i++) {
    const size = Math.abs(predictions[i] - y[rows[i]]);
    if (loss === 'mse') sum += size * size;
    else sum += size < 1 ? 0.5 * size * size : size - 0.5;
  }
  return sum / rows.length;
}
