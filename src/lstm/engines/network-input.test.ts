import { describe, expect, test } from 'vitest';
import { TradeAiError } from '../../core/errors.js';
import type { NetworkOptions } from '../engine.js';
import { NetworkInput, requireMemory } from './network-input.js';
import { OpenDataset } from './open-dataset.js';

function makeOptions(changes: Partial<NetworkOptions> = {}): NetworkOptions {
  return {
    architecture: { featureCount: 2, hiddenUnits: 3, layerCount: 1 },
    windowRows: 4,
    loss: 'mse',
    dropout: 0,
    seed: 1,
    gradientClipNorm: 0,
    adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    maximumBatchSize: 8,
    ...changes,
  };
}

/** Ten rows of two features. */
function openDataset(x = new Float32Array(20)): OpenDataset<Float32Array> {
  return new OpenDataset(2, x, new Float32Array(10));
}

describe('the input of a network', () => {
  test.each([
    { architecture: { featureCount: 2, hiddenUnits: 0, layerCount: 1 } },
    { architecture: { featureCount: 2, hiddenUnits: 3, layerCount: 17 } },
    { architecture: { featureCount: 3, hiddenUnits: 3, layerCount: 1 } },
    { windowRows: 11 },
    { windowRows: 1.5 },
    { dropout: 1 },
    { dropout: Number.NaN },
    { seed: -1 },
    { gradientClipNorm: -1 },
    { adam: { beta1: 1, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } },
    { adam: { beta1: 0.9, beta2: 0.999, epsilon: 0, weightDecay: 0 } },
    { maximumBatchSize: 0 },
  ] as Partial<NetworkOptions>[])('refuses %j', (changes) => {
    expect(() => new NetworkInput(openDataset(), makeOptions(changes))).toThrow(TradeAiError);
  });

  test('refuses a number that float32 cannot hold, by row and column', () => {
    const x = new Float64Array(20);
    x[13] = 1e39;
    const input = new NetworkInput(openDataset(new Float32Array(x)), makeOptions());
    input.checkRows(Int32Array.of(3, 4, 5), { targets: true });
    expect(() => input.checkRows(Int32Array.of(9), { targets: true })).toThrow(/row 6, column 1/);
  });

  test('names the rows that have a full window', () => {
    const input = new NetworkInput(openDataset(), makeOptions());
    expect(() => input.checkRows(Int32Array.of(2), { targets: false })).toThrow(/\[3, 10\)/);
  });

  test('refuses a batch above the maximum, and no rows at all', () => {
    const input = new NetworkInput(openDataset(), makeOptions());
    input.checkBatch(8);
    expect(() => input.checkBatch(9)).toThrow(/1 to 8, was 9/);
    expect(() => input.checkRows(new Int32Array(0), { targets: false })).toThrow(TradeAiError);
  });

  test('refuses weights of another length', () => {
    const input = new NetworkInput(openDataset(), makeOptions());
    expect(() => input.checkWeights(new Float64Array(input.weightCount - 1))).toThrow(/76 weights, was 75/);
  });

  test('refuses what does not fit memory, with the bytes it would need', () => {
    requireMemory(1120, 1120);
    expect(() => requireMemory(1121, 1120)).toThrow(/needs 1121 bytes of memory, 1120 are available/);
  });
});
