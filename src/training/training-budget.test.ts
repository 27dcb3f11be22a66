import { expect, test } from 'vitest';
import { effortOf } from '../../test/support/processor-time.js';
import { parseTrainOptions } from '../options/train-options.js';
import { measureTraining, requireTrainingMemory } from './training-budget.js';

const options = (given: Record<string, unknown>) => parseTrainOptions({ symbol: 'BTCUSDT', ...given });
const LARGEST = options({ hidden: 4_096, layers: 8, window: 10_000, batch: 65_536, members: 64, folds: 100 });

test('the size of a training is counted over members and folds', () => {
  // PyTorch's LSTM(3, 8) with one bias a layer: 4·8·(3 + 8) + 4·8, and a head of 8 + 1.
  const given = { features: ['return_1', 'rsi_14', 'macd'], hidden: 8, layers: 1, members: 2, folds: 4 };
  expect(measureTraining(options(given))).toEqual({ networks: 10, weights: 393, stateBytes: 10 * 393 * 32 });
  expect(measureTraining(options({ ...given, folds: 0 })).networks).toBe(2);
  expect(measureTraining(options({ ...given, warmStart: true })).networks).toBe(4);
});

test('the largest options that are allowed one by one are refused together, before any work, on any machine', () => {
  const effort = effortOf(() =>
    expect(() => requireTrainingMemory(LARGEST)).toThrow(/6464 networks of \d+ weights need \d{5,}\.\d GiB/),
  );
  expect(effort).toBeLessThan(10);
});

test('what fits is let through, to the byte', () => {
  const { stateBytes } = measureTraining(options({}));
  expect(() => requireTrainingMemory(options({}), stateBytes)).not.toThrow();
  expect(() => requireTrainingMemory(options({}), stateBytes - 1)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
