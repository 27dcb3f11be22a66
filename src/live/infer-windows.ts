import { TradeAiError } from '../core/errors.js';
import type { WindowForecaster } from '../forecast/forecaster.js';

/**
 * Runs a model on windows of the caller: raw features, scaled as in training.
 *
 * @param windows shape `[B, W, F]`, row-major, unscaled, in the model's order of features
 * @returns shape `[B]`: predicted log returns over the horizon, in volatility units
 * @throws TradeAiError `USAGE` when the numbers are not whole windows; `FEATURE_INVALID` for one that is not finite;
 *   `MODEL_CORRUPT` for a model that makes no number of them
 */
export async function inferWindows(
  forecaster: WindowForecaster,
  windows: Float64Array,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { featureNames, windowRows } = forecaster;
  const size = windowRows * featureNames.length;
  if (windows.length === 0 || windows.length % size !== 0) {
    throw new TradeAiError(
      'USAGE',
      `expected windows of ${windowRows} rows × ${featureNames.length} features, was ${windows.length} numbers`,
    );
  }
  const bad = windows.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) {
    const row = Math.floor((bad % size) / featureNames.length);
    throw new TradeAiError(
      'FEATURE_INVALID',
      `window ${Math.floor(bad / size)}, row ${row}, ${featureNames[bad % featureNames.length]}: expected a finite number, was ${windows[bad]}`,
    );
  }
  const scores = await forecaster.forecastWindows(forecaster.scaleWindows(windows), signal);
  const unsound = scores.findIndex((score) => !Number.isFinite(score));
  if (unsound === -1) return scores;
  throw new TradeAiError('MODEL_CORRUPT', `the forecast of window ${unsound} is no number, it was ${scores[unsound]}`, {
    commandHint:
      'the weights of this version are of no use: go back with `tradeai models rollback NAME`, or train again',
  });
}
