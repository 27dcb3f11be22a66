import type { Dataset } from '../dataset/dataset.js';
import { applyScaler, type Scaler } from '../dataset/scaler.js';
import type { LstmEngine } from '../lstm/engine.js';
import { predictEnsemble } from '../lstm/ensemble.js';
import type { LstmArchitecture } from '../lstm/weights.js';
import type { Forecaster } from './forecaster.js';

/** A trained model, complete: what it takes to turn candles into a score. */
export interface LstmModel {
  readonly architecture: LstmArchitecture;
  readonly windowRows: number;
  readonly scaler: Scaler;
  /** One buffer of shape `[P]` a member, values representable in float32. */
  readonly memberWeights: readonly Float64Array[];
}

/**
 * The LSTM as a forecaster over one dataset.
 *
 * @throws TradeAiError `MODEL_MISMATCH` when the dataset has other features than the model
 */
export function createLstmForecaster(engine: LstmEngine, model: LstmModel, dataset: Dataset): Forecaster {
  const x = applyScaler(model.scaler, dataset.matrix);
  return {
    name: 'lstm',
    forecast: (rows, signal) => predictEnsemble(engine, { ...model, x, rows, signal }),
  };
}

/**
 * The scores of windows that stand by themselves; the bits are those of the same windows within a dataset.
 *
 * @param windows shape `[B, W, F]`, row-major, scaled
 * @returns shape `[B]`, volatility units
 * @throws TradeAiError `FEATURE_INVALID` for a number that is not finite
 */
export function scoreWindows(
  engine: LstmEngine,
  { architecture, windowRows, memberWeights }: LstmModel,
  windows: Float64Array,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const rowCount = windows.length / architecture.featureCount;
  const rows = Int32Array.from({ length: rowCount / windowRows }, (_, window) => (window + 1) * windowRows - 1);
  return predictEnsemble(engine, { architecture, windowRows, memberWeights, x: windows, rows, signal });
}
