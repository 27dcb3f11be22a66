/** From a forecaster to an answer that may leave: frozen in the ledger first. And from closed candles to outcomes. */

import { type LedgerEntry, resolveEntry, resolveForecasts } from '../evaluation/ledger.js';
import type { CandleSeries } from '../market/candle-series.js';
import type { Ports } from '../ports/ports.js';
import type { LedgerResolution, RecordedForecast } from '../wire/ledger.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import type { LedgerRole } from '../wire/vocabulary.js';
import type { LiveForecast, LiveForecaster } from './live-forecaster.js';
import type { PredictionContext } from './prediction.js';
import { recordInputs } from './recorded-inputs.js';

export interface ServedForecast {
  /** What may leave: the numbers are those of the ledger. */
  readonly prediction: PredictionAnswer;
  readonly entry: LedgerEntry;
  /** What has become of earlier forecasts. */
  readonly resolved: readonly LedgerEntry[];
}

export interface ServeContext extends Omit<PredictionContext, 'nowMs'> {
  /** What has become of earlier forecasts of the name: it is frozen in the same write. */
  readonly resolutions?: readonly LedgerResolution[];
}

/**
 * Forecasts the newest candle and freezes the forecast; resolves once it is on disk. Where the ledger has a forecast of
 * this version and candle already (another process was faster, the server was restarted, the candle was revised since),
 * that one is the answer.
 *
 * @throws TradeAiError `CANDLES_TOO_FEW`, with nothing written; `STORAGE_UNWRITABLE`
 */
export async function serveForecast(
  forecaster: LiveForecaster,
  role: LedgerRole,
  ports: Pick<Ports, 'now' | 'ledger'>,
  { resolutions = [], ...context }: ServeContext = {},
): Promise<ServedForecast> {
  const nowMs = ports.now();
  const forecast = await forecaster.forecast({ ...context, nowMs });
  const recorded = recordForecast(forecaster, forecast, role, nowMs);
  const entries = await ports.ledger.resolve(recorded.name, resolutions, [recorded]);
  const entry = entries.at(-1)!;
  const prediction = freezePrediction(forecast.prediction, recorded, entry);
  return { prediction, entry, resolved: entries.slice(0, -1) };
}

/** A forecast as the ledger holds it. */
export function recordForecast(
  { model, windowForecaster }: Pick<LiveForecaster, 'model' | 'windowForecaster'>,
  { prediction, scaledChange, volatility, inputs }: LiveForecast,
  role: LedgerRole,
  servedAtMs: number,
): RecordedForecast {
  const { name, version, asOfMs, targetTimeMs, lastClose, predictedChange, interval80, confidence, signal } =
    prediction;
  return {
    name,
    version,
    role,
    asOfMs,
    targetTimeMs,
    servedAtMs,
    lastClose,
    predictedChange,
    interval80,
    confidence,
    signal,
    score: scaledChange,
    volatility,
    weightsSha256: model.manifest.weightsSha256,
    engine: windowForecaster.engine,
    inputs: recordInputs(inputs, windowForecaster),
  };
}

/** What has become of forecasts, not in the ledger yet. */
export interface DueOutcomes {
  readonly resolutions: readonly LedgerResolution[];
  /** Their entries as they will stand. */
  readonly entries: readonly LedgerEntry[];
}

/**
 * The forecasts of a name whose candle has closed, all versions.
 *
 * @param series candles up to now, at least from the oldest forecast without an outcome on
 * @returns what is to be resolved now; entries without an outcome will never have one
 */
export async function findDueOutcomes(
  name: string,
  series: CandleSeries,
  ports: Pick<Ports, 'now' | 'ledger'>,
): Promise<DueOutcomes> {
  const pending = await ports.ledger.pending(name);
  const resolutions = resolveForecasts(pending, series, ports.now());
  const entries = resolutions.map((resolution) => {
    const { version, asOfMs } = resolution;
    return resolveEntry(pending.find((entry) => entry.version === version && entry.asOfMs === asOfMs)!, resolution);
  });
  return { resolutions, entries };
}

/** The prediction with the numbers of the ledger. */
function freezePrediction(
  prediction: PredictionAnswer,
  recorded: RecordedForecast,
  entry: LedgerEntry,
): PredictionAnswer {
  const { lastClose, predictedChange, confidence, signal, interval80, servedAtMs } = entry;
  const isRevised = entry.score !== recorded.score || lastClose !== recorded.lastClose;
  if (!isRevised && signal === recorded.signal) return { ...prediction, interval80 };
  return {
    ...prediction,
    lastClose,
    predictedChange,
    predictedPrice: lastClose * (1 + predictedChange),
    confidence,
    signal,
    interval80,
    reasons: [`the forecast of this candle stands as it was made at ${new Date(servedAtMs).toISOString()}`],
    warnings: isRevised
      ? ['the candles have been revised since this forecast was made', ...prediction.warnings]
      : prediction.warnings,
  };
}
