/** The forecast of the newest closed candle. */

import { type CollectHooks, collectCandles } from '../candles/collect.js';
import { type EngineChoice, inputsOf } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import { loadModel } from '../versions/load-model.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import { openLiveForecaster } from './live-forecaster.js';

export interface PredictOptions {
  /** Name of the model: the symbol, unless it was given another. */
  readonly name: string;
  /** A version other than the champion. */
  readonly version?: number;
  /** A file of candles; the newest row of it is predicted. */
  readonly data?: string;
  /** Zone of its times that tell no offset; that of the training when absent. */
  readonly timeZone?: string;
  readonly source?: string;
  readonly offline: boolean;
  readonly engine?: EngineChoice;
}

/**
 * Predicts with the champion of a name, or the version asked for.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND` listing the names there are; `CANDLES_TOO_FEW`; and what collecting throws
 */
export async function predictNewest(
  options: PredictOptions,
  ports: Ports,
  hooks: CollectHooks = {},
): Promise<PredictionAnswer> {
  const model = await loadModel(ports, options.name, options.version);
  const { config } = model;
  const collected = await collectCandles(
    {
      ...inputsOf(config),
      symbol: config.symbol,
      interval: config.interval,
      // A version of an older program may have been trained on a file that is not stored.
      data: options.data ?? (options.source === undefined ? config.data : undefined),
      timeZone: options.timeZone ?? config.timeZone,
      source: options.source ?? config.source,
      // The same beginning as in training: indicators with a long memory then have the same bits.
      from: config.from,
      offline: options.offline,
    },
    ports,
    hooks,
  );
  const engine = await ports.createEngine(options.engine ?? config.engine, config.threads);
  const forecaster = await openLiveForecaster(model, collected.series, engine, {
    inputs: collected.inputs,
    signal: hooks.signal,
  });
  const { prediction } = await forecaster.forecast({
    nowMs: ports.now(),
    notices: collected.notices,
    signal: hooks.signal,
  });
  return prediction;
}
