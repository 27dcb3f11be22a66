import { expect, test } from 'vitest';
import { findNovelFeatures } from './novelty.js';

const matrix = {
  featureNames: ['a', 'b', 'c'],
  rowCount: 2,
  values: Float64Array.of(1, 2, 3, 1 + 4.9, 2 - 12, 3 + 2.5),
  segmentStart: new Int32Array(2),
  isReady: new Uint8Array(2).fill(1),
};
const scaler = { featureNames: ['a', 'b', 'c'], mean: [1, 2, 3], scale: [1, 2, 0.5], clip: 5 };

test('names the features that lie as far out as they are clipped, farthest first', () => {
  expect(findNovelFeatures(scaler, matrix, 0)).toEqual([]);
  expect(findNovelFeatures(scaler, matrix, 1)).toEqual(['b', 'c']);
});
