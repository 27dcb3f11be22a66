/**
 * Trains one member of an ensemble: epochs in shuffled order, a learning-rate schedule, early stopping on validation
 * rows with the best weights kept. Everything that is needed to go on stands in a `MemberProgress` after every epoch,
 * so that a stopped training resumed gives the weights of one that never stopped.
 */

import { TradeAiError, throwIfAborted } from '../core/errors.js';
import { RANDOM_STREAM, Random } from '../core/random.js';
import type { LstmNetwork, TrainingState } from './engine.js';
import { initialiseWeights } from './initialise.js';
import type { LstmArchitecture } from './weights.js';

export const SCHEDULES = ['constant', 'cosine', 'plateau'] as const;
/**
 * `constant`; `cosine` falls to a tenth over `epochs` (Loshchilov & Hutter 2017, without restarts); `plateau` halves the
 * rate after every epoch that did not improve the validation loss.
 */
export type Schedule = (typeof SCHEDULES)[number];

export interface TrainerOptions {
  readonly architecture: LstmArchitecture;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
  /** Epochs without a better validation loss after which training stops. */
  readonly patience: number;
}

/** Where a member stands after a whole number of epochs. */
export interface MemberProgress {
  readonly seed: number;
  readonly epochsRun: number;
  /** Counted from 1; 0 before the first epoch. */
  readonly bestEpoch: number;
  /** Mean training loss of each epoch, with dropout. */
  readonly trainLoss: readonly number[];
  /** Validation loss after each epoch, without dropout. */
  readonly validationLoss: readonly number[];
  /** Shape `[P]`. */
  readonly bestWeights: Float64Array;
  readonly state: TrainingState;
  readonly isFinished: boolean;
  /** Why training ended before its time, if it did. */
  readonly warning?: string;
}

export interface TrainingRows {
  /** Last rows of the windows to train on. */
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

export interface TrainerHooks {
  readonly signal?: AbortSignal;
  /** Called within an epoch with the sequences done in it. */
  readonly onBatch?: (epoch: number, sequencesDone: number) => void;
  /** Called after every epoch. */
  readonly onEpoch?: (progress: MemberProgress) => void;
}

/** A member that has not trained yet. */
export function startMember(architecture: LstmArchitecture, seed: number): MemberProgress {
  const weights = initialiseWeights(architecture, seed);
  return {
    seed,
    epochsRun: 0,
    bestEpoch: 0,
    trainLoss: [],
    validationLoss: [],
    bestWeights: weights.slice(),
    state: {
      weights,
      firstMoment: new Float64Array(weights.length),
      secondMoment: new Float64Array(weights.length),
      step: 0,
    },
    isFinished: false,
  };
}

/** One member's training. */
export interface MemberTraining {
  /** Opened with the member's seed; its state is overwritten. */
  readonly network: LstmNetwork;
  readonly options: TrainerOptions;
  readonly rows: TrainingRows;
  /** The validation loss of predictions at `rows.validation`. */
  readonly measureLoss: (predictions: Float64Array) => number;
  readonly start: MemberProgress;
  readonly hooks?: TrainerHooks;
}

/**
 * Trains a member from where `start` stands until its last epoch or until patience runs out.
 *
 * @throws TradeAiError `TRAINING_DIVERGED` when no epoch gave a finite loss; `INTERRUPTED` when the signal is aborted
 */
export async function trainMember(training: MemberTraining): Promise<MemberProgress> {
  const { network, start, hooks } = training;
  let progress = start;
  await network.setState(start.state);
  while (!progress.isFinished) {
    throwIfAborted(hooks?.signal);
    const epoch = progress.epochsRun;
    try {
      progress = await runEpoch(training, progress);
    } catch (error) {
      const canKeepBest = error instanceof TradeAiError && error.code === 'TRAINING_DIVERGED' && progress.bestEpoch > 0;
      if (!canKeepBest) throw error;
      const warning = `seed ${start.seed}: the loss became NaN in epoch ${epoch + 1}; the weights of epoch ${progress.bestEpoch} are kept (take a lower --lr)`;
      progress = { ...progress, isFinished: true, warning };
    }
    hooks?.onEpoch?.(progress);
  }
  return progress;
}

async function runEpoch(
  { network, options, rows, measureLoss, hooks }: MemberTraining,
  progress: MemberProgress,
): Promise<MemberProgress> {
  const epoch = progress.epochsRun;
  const signal = hooks?.signal;
  const trainLoss = await network.trainEpoch(
    {
      rows: new Random(progress.seed, RANDOM_STREAM.shuffle, epoch).shuffle(rows.train.slice()),
      batchSize: options.batchSize,
      learningRate: rateOfEpoch(options, progress.validationLoss),
      epoch,
    },
    { signal, onProgress: (sequencesDone) => hooks?.onBatch?.(epoch, sequencesDone) },
  );
  const validationLoss = measureLoss(await network.predict(rows.validation, { signal }));
  if (!Number.isFinite(validationLoss)) {
    throw new TradeAiError('TRAINING_DIVERGED', `the validation loss became ${validationLoss} in epoch ${epoch + 1}`, {
      commandHint: 'take a lower --lr',
    });
  }
  const isBest = validationLoss < Math.min(Number.POSITIVE_INFINITY, ...progress.validationLoss);
  const state = await network.getState();
  const epochsRun = epoch + 1;
  const bestEpoch = isBest ? epochsRun : progress.bestEpoch;
  return {
    seed: progress.seed,
    epochsRun,
    bestEpoch,
    trainLoss: [...progress.trainLoss, trainLoss],
    validationLoss: [...progress.validationLoss, validationLoss],
    bestWeights: isBest ? state.weights.slice() : progress.bestWeights,
    state,
    isFinished: epochsRun >= options.epochs || epochsRun - bestEpoch >= options.patience,
  };
}

/** The learning rate of the next epoch, from the validation losses so far. */
export function rateOfEpoch(
  { learningRate, schedule, epochs }: Pick<TrainerOptions, 'learningRate' | 'schedule' | 'epochs'>,
  validationLoss: readonly number[],
): number {
  switch (schedule) {
    case 'constant':
      return learningRate;
    case 'cosine':
      return learningRate * (0.1 + 0.45 * (1 + Math.cos((Math.PI * validationLoss.length) / epochs)));
    case 'plateau': {
      let best = Number.POSITIVE_INFINITY;
      let halvings = 0;
      for (const loss of validationLoss) {
        if (loss < best) best = loss;
        else halvings += 1;
      }
      return learningRate * 0.5 ** halvings;
    }
    default:
      return schedule satisfies never;
  }
}
