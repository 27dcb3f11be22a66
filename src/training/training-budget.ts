/** What a training needs at least, known from its options alone: refused before a candle is fetched. */

import { totalmem } from 'node:os';
import { TradeAiError } from '../core/errors.js';
import { countWeights } from '../lstm/weights.js';
import type { FeatureOptions, JudgingOptions, ModelOptions, TrainingOptions } from '../options/train-options.js';
import { architectureOf } from '../versions/model-files.js';

export interface TrainingSize {
  /** Networks that are trained, over all folds of the walk-forward. */
  readonly networks: number;
  /** P of one network. */
  readonly weights: number;
  /** Of all networks together, from the start of the training to its end: what an engine needs comes on top. */
  readonly stateBytes: number;
}

/** Weights, two moments and the best weights so far, in float64. */
const STATE_BYTES_PER_WEIGHT = 4 * Float64Array.BYTES_PER_ELEMENT;
const GIBIBYTE = 2 ** 30;

type SizeOptions = FeatureOptions & ModelOptions & Pick<TrainingOptions, 'warmStart'> & Pick<JudgingOptions, 'folds'>;

/**
 * The size of a training. An engine measures what its own sessions need when it opens them; that depends on the
 * processor and is checked there.
 *
 * @example measureTraining(options).stateBytes
 */
export function measureTraining(options: SizeOptions): TrainingSize {
  const stages = options.folds === 0 ? 1 : options.folds + 1;
  const networks = options.members * (options.warmStart ? 2 : stages);
  const weights = countWeights(architectureOf(options));
  return { networks, weights, stateBytes: networks * weights * STATE_BYTES_PER_WEIGHT };
}

/**
 * Refuses a training whose networks alone do not fit into memory.
 *
 * @throws TradeAiError `USAGE` with what is needed and what there is
 */
export function requireTrainingMemory(options: SizeOptions, limitBytes = machineMemory()): void {
  const { networks, weights, stateBytes } = measureTraining(options);
  if (stateBytes <= limitBytes) return;
  throw new TradeAiError(
    'USAGE',
    `${networks} networks of ${weights} weights need ${toGibibytes(stateBytes)} GiB of memory, there are ${toGibibytes(limitBytes)}`,
    { hint: 'use fewer hidden units, layers, members or folds' },
  );
}

/** Of this machine, or of the container where that has less. */
function machineMemory(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

function toGibibytes(sizeBytes: number): string {
  return (sizeBytes / GIBIBYTE).toFixed(1);
}
