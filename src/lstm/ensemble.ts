/** Several members that differ by their seed only, trained on the same rows; their mean is the forecast. */

import { runLimited } from '../core/concurrency.js';
import type { LstmEngine, SessionOptions } from './engine.js';
import type { MemberProgress, TrainerHooks, TrainerOptions, TrainingRows } from './trainer.js';
import { startMember, trainMember } from './trainer.js';
import type { LstmArchitecture } from './weights.js';

export interface EnsembleOptions {
  readonly trainer: TrainerOptions;
  readonly session: SessionData;
  readonly rows: TrainingRows;
  /** One seed a member. */
  readonly seeds: readonly number[];
}

/** What a session is opened on, but for the network itself. */
export type SessionData = Omit<SessionOptions, 'seed' | 'architecture' | 'maximumBatchSize'>;

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

/** Rows of a forward pass that a session holds at a time. */
const PREDICTION_BATCH_SIZE = 256;

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
  const trained = await runLimited(indices.length, Math.max(1, engine.parallelSessions), async (job) => {
    const index = indices[job];
    const begin = start[index.ensemble][index.member];
    if (begin.isFinished) return begin;
    return trainOne(engine, ensembles[index.ensemble], begin, {
      signal: hooks.signal,
      onBatch: (epoch, done) => hooks.onBatch?.(index, epoch, done),
      onEpoch: (progress) => hooks.onEpoch?.(index, progress),
    });
  });
  return ensembles.map((_, ensemble) => trained.filter((_member, job) => indices[job].ensemble === ensemble));
}

async function trainOne(
  engine: LstmEngine,
  { trainer, session, rows }: EnsembleOptions,
  begin: MemberProgress,
  hooks: TrainerHooks,
): Promise<MemberProgress> {
  const { y, loss } = session;
  const scoreValidation = (predictions: Float64Array) => meanLoss(loss, predictions, y, rows.validation);
  const opened = await openSession(engine, session, trainer.architecture, trainer.batchSize, begin.seed);
  try {
    return await trainMember(opened, trainer, rows, scoreValidation, begin, hooks);
  } finally {
    await opened.close();
  }
}

/**
 * The mean of the members' outputs at the given rows.
 *
 * @param weights one buffer a member
 * @returns shape `[rows.length]`, in volatility units
 */
export async function predictEnsemble(
  engine: LstmEngine,
  architecture: LstmArchitecture,
  session: SessionData,
  weights: readonly Float64Array[],
  rows: Int32Array,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const mean = new Float64Array(rows.length);
  const opened = await openSession(engine, session, architecture, PREDICTION_BATCH_SIZE, 0);
  try {
    for (const memberWeights of weights) {
      await opened.setWeights(memberWeights);
      const outputs = await opened.predict(rows, { signal });
      for (let i = 0; i < mean.length; i++) mean[i] += outputs[i] / weights.length;
    }
  } finally {
    await opened.close();
  }
  return mean;
}

/** Rounds weights to float32, the precision in which they are published. */
export function roundWeights(weights: Float64Array): Float64Array {
  return Float64Array.from(weights, Math.fround);
}

function openSession(
  engine: LstmEngine,
  session: SessionData,
  architecture: LstmArchitecture,
  batchSize: number,
  seed: number,
) {
  return engine.open({
    ...session,
    architecture,
    seed,
    maximumBatchSize: Math.max(batchSize, PREDICTION_BATCH_SIZE),
  });
}

/** Mean loss of predictions against the targets of their rows. */
function meanLoss(loss: SessionOptions['loss'], predictions: Float64Array, y: Float64Array, rows: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i++) {
    const size = Math.abs(predictions[i] - y[rows[i]]);
    if (loss === 'mse') sum += size * size;
    else sum += size < 1 ? 0.5 * size * size : size - 0.5;
  }
  return sum / rows.length;
}
