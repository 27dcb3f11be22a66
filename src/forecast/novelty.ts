import type { Scaler } from '../dataset/scaler.js';
import type { FeatureMatrix } from '../features/feature-matrix.js';

/**
 * The features of a row that lie outside what the model was trained on: as far from the train mean as scaled features
 * are clipped (5 standard deviations), or farther. There the network has nothing to go by, and the signal rule holds.
 *
 * @returns their names, farthest first
 */
export function findNovelFeatures(
  { mean, scale, clip }: Scaler,
  matrix: Pick<FeatureMatrix, 'featureNames' | 'values'>,
  row: number,
): string[] {
  const { featureNames, values } = matrix;
  return featureNames
    .map((name, f) => ({ name, distance: Math.abs((values[row * featureNames.length + f] - mean[f]) / scale[f]) }))
    .filter(({ distance }) => distance >= clip)
    .sort((a, b) => b.distance - a.distance)
    .map(({ name }) => name);
}
