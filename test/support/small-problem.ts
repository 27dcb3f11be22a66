import { RANDOM_STREAM, Random } from '../../src/core/random.js';
import type { NetworkOptions, TrainingState } from '../../src/lstm/engine.js';
import { countWeights } from '../../src/lstm/weights.js';
import type { LoneNetworkOptions } from './lone-network.js';

/** A small problem: 80 rows of noise, windows of 6 rows. */
export function smallOptions(changes: Partial<LoneNetworkOptions> = {}): LoneNetworkOptions {
  const random = new Random(7, RANDOM_STREAM.test);
  const architecture = { featureCount: 3, hiddenUnits: 20, layerCount: 1 };
  return {
    architecture,
    x: Float64Array.from({ length: 80 * 3 }, () => random.nextNormal()),
    y: Float64Array.from({ length: 80 }, () => random.nextNormal()),
    windowRows: 6,
    loss: 'mse',
    dropout: 0,
    seed: 42,
    gradientClipNorm: 0,
    adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    maximumBatchSize: 40,
    ...changes,
  };
}

export function randomWeights(options: NetworkOptions, scale = 0.3): Float64Array {
  const random = new Random(8, RANDOM_STREAM.test);
  return Float64Array.from({ length: countWeights(options.architecture) }, () =>
    Math.fround(scale * (2 * random.nextUniform() - 1)),
  );
}

/** A network before its first step. */
export function startState(options: NetworkOptions, weights = randomWeights(options)): TrainingState {
  const zeros = new Float64Array(weights.length);
  return { weights, firstMoment: zeros, secondMoment: zeros, step: 0 };
}

function rowRange(start: number, end: number): Int32Array {
  return Int32Array.from({ length: end - start }, (_, index) => start + index);
}

export function shuffledRows(count: number): Int32Array {
  return new Random(3, RANDOM_STREAM.shuffle).shuffle(rowRange(5, 5 + count));
}
