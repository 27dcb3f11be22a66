/**
 * Golden values of PyTorch in float64 (test/fixtures/goldens), and how far an engine is from them.
 *
 * Relative deviations are taken of whole arrays: the largest difference over the largest magnitude.
 */

import { TradeAiError } from '../../src/core/errors.js';
import type { LstmEngine } from '../../src/lstm/engine.js';
import type { LstmArchitecture } from '../../src/lstm/weights.js';
import { type LoneNetworkOptions, openLoneNetwork } from './lone-network.js';

interface GoldenWeights {
  layers: { wx: number[]; wh: number[]; b: number[] }[];
  head: { w: number[]; b: number[] };
}

/** A golden file as it is on disk. */
export interface Golden {
  shape: { batch: number; window: number; features: number; hidden: number; layers: number };
  gateOrder: string;
  x: number[];
  y: number[];
  weights: GoldenWeights;
  prediction: number[];
  loss: number;
  gradients: GoldenWeights;
  adam: { lr: number; beta1: number; beta2: number; eps: number; losses: number[]; weightsAfter: GoldenWeights };
}

/** Relative deviations of an engine from a golden file. */
export interface GoldenDeviations {
  predictions: number;
  loss: number;
  gradients: number;
  adamLosses: number;
  weightsAfter: number;
}

/** Joins a golden file's weights in the order of `describeWeights`. */
export function flattenGoldenWeights({ layers, head }: GoldenWeights): Float64Array {
  return Float64Array.from([...layers.flatMap(({ wx, wh, b }) => [...wx, ...wh, ...b]), ...head.w, ...head.b]);
}

/** A network on a golden's data: its B windows stand one after the other, so the last rows are W − 1, 2W − 1, … */
export function goldenNetwork(golden: Golden): { options: LoneNetworkOptions; rows: Int32Array } {
  const { batch, window, features, hidden, layers } = golden.shape;
  if (golden.gateOrder !== 'ifgo') {
    throw new TradeAiError('MODEL_MISMATCH', `gate order: expected ifgo, was ${golden.gateOrder}`);
  }
  const rows = Int32Array.from({ length: batch }, (_, index) => (index + 1) * window - 1);
  const y = new Float64Array(batch * window).fill(Number.NaN);
  rows.forEach((row, index) => {
    y[row] = golden.y[index];
  });
  const architecture: LstmArchitecture = { featureCount: features, hiddenUnits: hidden, layerCount: layers };
  const { beta1, beta2, eps } = golden.adam;
  const options: LoneNetworkOptions = {
    architecture,
    x: Float64Array.from(golden.x),
    y,
    windowRows: window,
    loss: 'mse',
    dropout: 0,
    seed: 0,
    gradientClipNorm: 0,
    adam: { beta1, beta2, epsilon: eps, weightDecay: 0 },
    maximumBatchSize: batch,
  };
  return { options, rows };
}

/** Runs a golden file's forward, backward and Adam steps on an engine. */
export async function compareWithGolden(engine: LstmEngine, golden: Golden): Promise<GoldenDeviations> {
  const { options, rows } = goldenNetwork(golden);
  const network = await openLoneNetwork(engine, options);
  try {
    const weights = flattenGoldenWeights(golden.weights);
    const zeros = new Float64Array(weights.length);
    await network.setState({ weights, firstMoment: zeros, secondMoment: zeros, step: 0 });
    const { loss, predictions, gradients } = await network.computeGradients(rows);
    const losses: number[] = [];
    for (let epoch = 0; epoch < golden.adam.losses.length; epoch++) {
      const plan = { rows, batchSize: rows.length, learningRate: golden.adam.lr, epoch };
      losses.push(await network.trainEpoch(plan));
    }
    const after = await network.getState();
    return {
      predictions: relativeDeviation(predictions, golden.prediction),
      loss: relativeDeviation([loss], [golden.loss]),
      gradients: relativeDeviation(gradients, flattenGoldenWeights(golden.gradients)),
      adamLosses: relativeDeviation(losses, golden.adam.losses),
      weightsAfter: relativeDeviation(after.weights, flattenGoldenWeights(golden.adam.weightsAfter)),
    };
  } finally {
    await network.close();
  }
}

/** The largest difference over the largest expected magnitude; NaN where anything is NaN or missing. */
export function relativeDeviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < Math.max(actual.length, expected.length); i++) {
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    magnitude = Math.max(magnitude, Math.abs(expected[i]));
  }
  return difference / magnitude;
}
