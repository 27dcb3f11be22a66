import type { WindowForecaster } from '../forecast/forecaster.js';
import { createLstmForecaster } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import type { StoredModel } from './model-files.js';

/**
 * A stored model as what is asked for forecasts, whatever its kind.
 *
 * @param engine for a kind that is computed by one
 * @example const forecasts = await createForecaster(decodeModel(version), engine).forecast(dataset, rows)
 */
export function createForecaster(
  { kind, lstm }: Pick<StoredModel, 'kind' | 'lstm'>,
  engine: LstmEngine,
): WindowForecaster {
  switch (kind) {
    case 'lstm':
      return createLstmForecaster(engine, lstm);
    default:
      return kind satisfies never;
  }
}
