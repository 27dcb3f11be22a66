import { collectCandles } from '../candles/collect.js';
import { extraNamesOf } from '../features/feature-matrix.js';
import { otherSymbolsOf } from '../features/other-symbol.js';
import type { LstmEngine } from '../lstm/engine.js';
import { type CandleSeries, sliceTimes } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import { type EngineChoice, inputsOf } from '../options/train-options.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import { datasetOptionsOf } from '../training/prepare.js';
import { loadModel } from '../versions/load-model.js';
import type { StoredModel } from '../versions/model-files.js';
import { type LiveForecaster, openLiveForecaster } from './live-forecaster.js';
import { openRecordKeeper, type RecordKeeper } from './record-keeper.js';

/** A version that speaks: warmed up on all stored candles, with its record. */
export interface Voice {
  readonly version: number;
  readonly model: StoredModel;
  readonly forecaster: LiveForecaster;
  readonly keeper: RecordKeeper;
  /** Other symbols whose candles its features look at. */
  readonly otherSymbols: readonly string[];
  /** Whether more than its own candles is needed with every new one: it is then warmed up anew. */
  readonly needsInputs: boolean;
}

export interface OpenedVoice {
  readonly voice: Voice;
  /** The candles it was warmed up on. */
  readonly series: CandleSeries;
}

export interface VoiceContext {
  readonly ports: Ports;
  readonly engineOf: (choice: EngineChoice) => Promise<LstmEngine>;
  readonly signal: AbortSignal;
}

/** Candles seen already that are looked at again with every new one, because exchanges revise the newest. */
const LOOKED_BACK_ROWS = 8;

/**
 * Loads a version and warms it up on what is stored; nothing is fetched.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `MODEL_MISMATCH`; `CANDLES_NOT_FOUND`; `FEATURE_INVALID`
 */
export async function openVoice(name: string, version: number, context: VoiceContext): Promise<OpenedVoice> {
  const model = await loadModel(context.ports, name, version);
  const { forecaster, series } = await warmUp(model, context);
  const extraNames = extraNamesOf(datasetOptionsOf(model.config).features);
  const voice: Voice = {
    version,
    model,
    forecaster,
    keeper: await openRecordKeeper(model, context.ports),
    otherSymbols: otherSymbolsOf(extraNames),
    needsInputs: extraNames.length > 0,
  };
  return { voice, series };
}

/**
 * The same voice, warmed up anew on what is stored now. Its model was checked when it was loaded, and is not read again.
 *
 * @throws TradeAiError `CANDLES_NOT_FOUND`; `FEATURE_INVALID`
 */
export async function warmUpAgain(voice: Voice, context: VoiceContext): Promise<OpenedVoice> {
  const { forecaster, series } = await warmUp(voice.model, context);
  return { voice: { ...voice, forecaster }, series };
}

/** The stored series a model is forecast from. */
export function seriesKeyOf({ config: { source, symbol, interval } }: Pick<StoredModel, 'config'>): StoredSeriesKey {
  return { source, symbol, interval };
}

/** Whether both are forecast from the same candles: only then can their forecasts be compared. */
export function isSameSeries(a: Voice, b: Voice): boolean {
  const [left, right] = [a, b].map(({ model }) => model.config);
  return (['source', 'symbol', 'interval', 'data'] as const).every((part) => left[part] === right[part]);
}

/** The newest candles, from a few before the last one that the voice has seen. */
export function tailOf(series: CandleSeries, { forecaster }: Voice): CandleSeries {
  return sliceTimes(series, (forecaster.asOfMs ?? 0) - (LOOKED_BACK_ROWS + 1) * INTERVAL_MS[series.interval]);
}

async function warmUp(
  model: StoredModel,
  { ports, engineOf, signal }: VoiceContext,
): Promise<{ forecaster: LiveForecaster; series: CandleSeries }> {
  const { config } = model;
  const { symbol, interval, data, source, from } = config;
  const { series } = await collectCandles(
    { ...inputsOf(config), symbol, interval, data, source, from, offline: true },
    ports,
    { signal },
  );
  return { forecaster: await openLiveForecaster(model, series, await engineOf(config.engine), signal), series };
}
