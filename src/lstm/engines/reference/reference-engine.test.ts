import { describe, expect, test } from 'vitest';
import { openLoneNetwork } from '../../../../test/support/lone-network.js';
import { RANDOM_STREAM, Random } from '../../../core/random.js';
import { initialiseWeights } from '../../initialise.js';
import { testEngineContract } from '../engine.contract.js';
import { createReferenceEngine } from './reference-engine.js';

testEngineContract('reference', createReferenceEngine, { tolerance: 1e-9 });

describe('the gradients of the reference engine', () => {
  test.each([
    { layerCount: 1, loss: 'mse' },
    { layerCount: 2, loss: 'huber' },
    { layerCount: 3, loss: 'mse' },
  ] as const)('agree with finite differences: $layerCount layers, $loss', async ({ layerCount, loss }) => {
    const random = new Random(layerCount, RANDOM_STREAM.test);
    const architecture = { featureCount: 3, hiddenUnits: 4, layerCount };
    const network = await openLoneNetwork(createReferenceEngine(), {
      architecture,
      x: Float64Array.from({ length: 30 * 3 }, () => random.nextNormal()),
      y: Float64Array.from({ length: 30 }, () => 1.5 * random.nextNormal()),
      windowRows: 5,
      loss,
      dropout: 0,
      seed: 1,
      gradientClipNorm: 0,
      adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
      maximumBatchSize: 8,
    });
    const weights = initialiseWeights(architecture, 9);
    const rows = Int32Array.of(4, 11, 17, 29);
    const lossAt = async (changed: Float64Array) => {
      await network.setWeights(changed);
      return (await network.computeGradients(rows)).loss;
    };
    await network.setWeights(weights);
    const { gradients } = await network.computeGradients(rows);
    const step = 1e-6;
    for (let i = 0; i < weights.length; i++) {
      const up = weights.slice();
      const down = weights.slice();
      up[i] += step;
      down[i] -= step;
      const difference = ((await lossAt(up)) - (await lossAt(down))) / (2 * step);
      expect(Math.abs(gradients[i] - difference), `weight ${i}`).toBeLessThan(1e-7);
    }
  });
});
