import { applyScaler, checkFeatureNames, type Scaler } from '../dataset/scaler.js';
import type { LstmEngine } from '../lstm/engine.js';
import { predictEnsemble } from '../lstm/ensemble.js';
import type { LstmArchitecture } from '../lstm/weights.js';
import type { WindowForecaster } from './forecaster.js';
import { findNovelFeatures } from './novelty.js';

/** A trained model, complete: what it takes to turn windows of features into forecasts. */
export interface LstmModel {
  readonly architecture: LstmArchitecture;
  readonly windowRows: number;
  readonly scaler: Scaler;
  /** One buffer of shape `[P]` a member, values representable in float32. */
  readonly memberWeights: readonly Float64Array[];
}

/** The LSTM as a forecaster. */
export function createLstmForecaster(engine: LstmEngine, model: LstmModel): WindowForecaster {
  const { scaler, windowRows } = model;
  const { featureNames } = scaler;
  const featureCount = featureNames.length;
  return {
    name: 'lstm',
    featureNames,
    windowRows,
    engine: engine.name,
    forecast: async ({ matrix }, rows, signal) => {
      checkFeatureNames(featureNames, matrix.featureNames);
      if (rows.length === 0) return new Float64Array(0);
      // Only the rows that a window touches are scaled and handed over.
      const first = Math.max(0, rows.reduce((a, b) => Math.min(a, b)) - windowRows + 1);
      const end = rows.reduce((a, b) => Math.max(a, b)) + 1;
      const values = matrix.values.subarray(first * featureCount, end * featureCount);
      const x = applyScaler(scaler, { featureNames, values });
      return predictEnsemble(engine, { ...model, x, rows: rows.map((row) => row - first), signal });
    },
    scaleWindows: (windows) => applyScaler(scaler, { featureNames, values: windows }),
    forecastWindows: (inputs, signal) => {
      const count = inputs.length / (windowRows * featureCount);
      const rows = Int32Array.from({ length: count }, (_, window) => (window + 1) * windowRows - 1);
      return predictEnsemble(engine, { ...model, x: inputs, rows, signal });
    },
    findNovelFeatures: (features) => findNovelFeatures(scaler, { featureNames, values: features }, 0),
  };
}
