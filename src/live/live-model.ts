/** A version that is forecasting: warmed up on all stored candles, with its track record. */

import { collectCandles, keepFileCandles, withoutStoredFile } from '../candles/collect.js';
import { TradeAiError } from '../core/errors.js';
import type { LedgerEntry } from '../evaluation/ledger.js';
import { extraNamesOf } from '../features/feature-matrix.js';
import { otherSymbolsOf } from '../features/other-symbol.js';
import type { LstmEngine } from '../lstm/engine.js';
import { type CandleSeries, rowCountOf, sliceCandles, sliceTimes } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import { type EngineChoice, inputsOf } from '../options/train-options.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import { datasetOptionsOf } from '../training/prepare.js';
import { loadModel } from '../versions/load-model.js';
import type { StoredModel } from '../versions/model-files.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import type { LedgerRole } from '../wire/vocabulary.js';
import { closedBy, newestCloseMs } from './due-candles.js';
import { type LiveForecaster, openLiveForecaster } from './live-forecaster.js';
import { type LiveTrackRecord, openTrackRecord } from './live-track-record.js';
import { type ServeContext, serveForecast } from './serve-forecast.js';

export interface LiveModel {
  readonly version: number;
  readonly model: StoredModel;
  readonly forecaster: LiveForecaster;
  readonly trackRecord: LiveTrackRecord;
  /** Other symbols whose candles its features look at. */
  readonly otherSymbols: readonly string[];
  /** Whether more than its own candles is needed with every new one: it is then warmed up anew. */
  readonly needsInputs: boolean;
  /** Candles as they were collected, with all that is needed, that it has yet to take. */
  readonly ahead: CandleSeries;
}

export interface OpenedModel {
  readonly live: LiveModel;
  /** The candles it was warmed up on, and those ahead of it. */
  readonly series: CandleSeries;
}

export interface LiveModelContext {
  readonly ports: Ports;
  readonly engineOf: (choice: EngineChoice) => Promise<LstmEngine>;
  readonly signal: AbortSignal;
}

/** A forecast in the ledger, or why the candles do not allow one now; and the entries that were resolved with it. */
export type ForecastOutcome = ({ readonly prediction: PredictionAnswer } | { readonly problem: TradeAiError }) & {
  readonly resolved: readonly LedgerEntry[];
};

/** Candles seen already that are looked at again with every new one, because exchanges revise the newest. */
const LOOKED_BACK_ROWS = 8;
/** Candles that do not allow a forecast yet: the next ones may. */
const NOT_NOW_CODES: readonly string[] = ['CANDLES_TOO_FEW', 'COLUMN_INVALID'];

/**
 * Loads a version and warms it up on what is stored; nothing is fetched.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `MODEL_MISMATCH`; `CANDLES_NOT_FOUND`; `FEATURE_INVALID`
 */
export async function openLiveModel(name: string, version: number, context: LiveModelContext): Promise<OpenedModel> {
  const model = await loadModel(context.ports, name, version);
  const { series, ...warm } = await warmUp(model, context);
  const extraNames = extraNamesOf(datasetOptionsOf(model.config).features);
  const live: LiveModel = {
    version,
    model,
    ...warm,
    trackRecord: await openTrackRecord(model, context.ports),
    otherSymbols: otherSymbolsOf(extraNames),
    needsInputs: extraNames.length > 0,
  };
  return { live, series };
}

/**
 * The same live model, warmed up anew on what is stored now: the candles after its newest forecast that may be due one are
 * ahead of it. It was checked when it was loaded, and is not read again.
 *
 * @throws TradeAiError `CANDLES_NOT_FOUND`; `FEATURE_INVALID`
 */
export async function warmUpAgain(live: LiveModel, context: LiveModelContext): Promise<OpenedModel> {
  const { series, ...warm } = await warmUp(live.model, context, live.trackRecord.lastMs);
  return { live: { ...live, ...warm }, series };
}

/**
 * Forecasts the newest candle and freezes the forecast in the ledger, together with what has become of earlier ones; that
 * is frozen also where there can be no forecast.
 *
 * @throws TradeAiError `STORAGE_UNWRITABLE`
 */
export async function forecastNewest(
  { model, forecaster, trackRecord }: LiveModel,
  role: LedgerRole,
  { ports }: LiveModelContext,
  { resolutions = [], holdReason }: Pick<ServeContext, 'resolutions' | 'holdReason'> = {},
): Promise<ForecastOutcome> {
  try {
    const interval = trackRecord.predictionInterval();
    const { entry, ...served } = await serveForecast(forecaster, role, ports, { resolutions, interval, holdReason });
    trackRecord.take([entry]);
    return served;
  } catch (error) {
    if (!(error instanceof TradeAiError) || !NOT_NOW_CODES.includes(error.code)) throw error;
    return { problem: error, resolved: await ports.ledger.resolve(model.manifest.name, resolutions) };
  }
}

/** Takes the newest candles of its series. @returns whether it has to be warmed up again to have them */
export function takeCandles({ forecaster, needsInputs, ahead }: LiveModel, series: CandleSeries): boolean {
  const fromMs = (forecaster.asOfMs ?? 0) - (LOOKED_BACK_ROWS + 1) * INTERVAL_MS[series.interval];
  if (!needsInputs) return forecaster.advance(sliceTimes(series, fromMs)).isRevised;
  const closedMs = newestCloseMs(series);
  forecaster.advance(sliceTimes(closedBy(ahead, closedMs), fromMs));
  return forecaster.asOfMs === undefined || forecaster.asOfMs < closedMs;
}

/** The stored series a model is forecast from. */
export function seriesKeyOf({ config: { source, symbol, interval } }: Pick<StoredModel, 'config'>): StoredSeriesKey {
  return { source, symbol, interval };
}

/** Whether both are forecast from the same candles: only then can their forecasts be compared. */
export function isSameSeries(a: LiveModel, b: LiveModel): boolean {
  const [left, right] = [a, b].map(({ model }) => model.config);
  return (['source', 'symbol', 'interval'] as const).every((part) => left[part] === right[part]);
}

/** @param lastMs close time of the newest candle it has forecast, where those after it are to be forecast too */
async function warmUp(
  model: StoredModel,
  { ports, engineOf, signal }: LiveModelContext,
  lastMs = Number.POSITIVE_INFINITY,
): Promise<Pick<LiveModel, 'forecaster' | 'ahead'> & { series: CandleSeries }> {
  const config = await withoutStoredFile(model.config, ports);
  const { symbol, interval, source, from, data } = config;
  const request = { ...inputsOf(config), symbol, interval, source, from, offline: true };
  // Candles of a file are stored with the version; those of an older program's version are stored now.
  if (data !== undefined) {
    await keepFileCandles(await collectCandles({ ...request, data }, ports, { signal }), ports);
  }
  const { series, inputs } = await collectCandles(request, ports, { signal });
  // Of no older candle could a forecast be made in time.
  const takenMs = Math.max(lastMs, newestCloseMs(series) - config.horizon * INTERVAL_MS[series.interval]);
  const taken = closedBy(series, takenMs);
  return {
    forecaster: await openLiveForecaster(model, taken, await engineOf(config.engine), { inputs, signal }),
    ahead: sliceCandles(series, rowCountOf(taken), rowCountOf(series)),
    series,
  };
}
