/**
 * A small fixed training run, to compare engines bit by bit: two layers, sizes that fill no vector, short last batches,
 * dropout, clipping and decay. Its numbers use no function whose last bit may differ between platforms.
 */

import { createHash } from 'node:crypto';
import { RANDOM_STREAM, Random } from '../../src/core/random.js';
import type { EpochPlan, LstmEngine, TrainingState } from '../../src/lstm/engine.js';
import { countWeights } from '../../src/lstm/weights.js';
import { type LoneNetworkOptions, openLoneNetwork } from './lone-network.js';

export interface DeterminismRun {
  readonly options: LoneNetworkOptions;
  readonly start: TrainingState;
  readonly plans: readonly EpochPlan[];
}

export function describeDeterminismRun(changes: Partial<LoneNetworkOptions> = {}): DeterminismRun {
  const random = new Random(20_240_501, RANDOM_STREAM.test);
  const draw = (length: number, scale: number) =>
    Float64Array.from({ length }, () => Math.fround(scale * (2 * random.nextUniform() - 1)));
  const rowCount = 300;
  const options: LoneNetworkOptions = {
    architecture: { featureCount: 5, hiddenUnits: 37, layerCount: 2 },
    x: draw(rowCount * 5, 2),
    y: draw(rowCount, 1),
    windowRows: 13,
    loss: 'huber',
    dropout: 0.2,
    seed: 7,
    gradientClipNorm: 0.5,
    adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
    maximumBatchSize: 150,
    ...changes,
  };
  const count = countWeights(options.architecture);
  const start: TrainingState = {
    weights: draw(count, 0.2),
    firstMoment: new Float64Array(count),
    secondMoment: new Float64Array(count),
    step: 0,
  };
  const plans = [150, 40, 33, 1].map((batchSize, epoch) => {
    const rows = Int32Array.from({ length: batchSize === 1 ? 20 : 280 }, (_, index) => 12 + index);
    new Random(epoch, RANDOM_STREAM.shuffle).shuffle(rows);
    return { rows, batchSize, learningRate: 0.01, epoch };
  });
  return { options, start, plans };
}

/** Runs it; the weights after the last epoch. */
export async function runDeterminismRun(engine: LstmEngine, run = describeDeterminismRun()): Promise<Float64Array> {
  const network = await openLoneNetwork(engine, run.options);
  try {
    await network.setState(run.start);
    for (const plan of run.plans) await network.trainEpoch(plan);
    return (await network.getState()).weights;
  } finally {
    await network.close();
  }
}

/** SHA-256 of the weights as little-endian float32. */
export function hashWeights(weights: Float64Array): string {
  const bytes = Buffer.alloc(4 * weights.length);
  weights.forEach((weight, index) => {
    bytes.writeFloatLE(weight, 4 * index);
  });
  return createHash('sha256').update(bytes).digest('hex');
}
