/**
 * The ledger of served forecasts: what was said at which candle, frozen before it left, and what came of it once the
 * candle it spoke of has closed. The rules are here and pure; `storage/forecast-ledger.ts` keeps the lines.
 */

import type { Signal } from '../forecast/signal.js';
import { type CandleSeries, closeTimeMs, firstRowAt, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import { findPriceBreaks } from '../market/quality/price-breaks.js';

export type LedgerRole = 'champion' | 'shadow';

/** A served forecast. There is one a model name, version and candle. */
export interface LedgerForecast {
  readonly name: string;
  readonly version: number;
  /** What the version was when it said so. */
  readonly role: LedgerRole;
  /** Close time of the candle it was made at. */
  readonly asOfMs: number;
  /** Close time of the candle it speaks of. */
  readonly targetTimeMs: number;
  readonly servedAtMs: number;
  readonly lastClose: number;
  /** As a fraction. */
  readonly predictedChange: number;
  readonly interval80: readonly [number, number];
  readonly confidence: number;
  readonly signal: Signal;
  /** In volatility units. */
  readonly score: number;
  /** Of a return over the horizon. */
  readonly volatility: number;
  readonly weightsSha256: string;
  /** The engine that computed it: engines of different arithmetic differ in their last bits. */
  readonly engine: string;
}

/** The scaled window as the engine got it, bit for bit. */
export interface RecordedInputs {
  readonly dtype: 'F32' | 'F64';
  /** Window rows and features. */
  readonly shape: readonly [number, number];
  /** Little-endian numbers in base64, row-major. */
  readonly data: string;
}

/** A forecast with what it takes to make it again. */
export interface RecordedForecast extends LedgerForecast {
  readonly inputs: RecordedInputs;
}

export interface LedgerOutcome {
  /** Close of the candle it spoke of. */
  readonly close: number;
  /** As a fraction. */
  readonly change: number;
  /** Whether the direction was right; `null` where there was none, in the forecast or in what came. */
  readonly isHit: boolean | null;
  /** Whether the change lay within the interval. */
  readonly isInside: boolean;
  readonly scoredAtMs: number;
}

/** What became of a forecast; without an outcome there is nothing that it could be compared with. */
export interface LedgerResolution {
  readonly version: number;
  readonly asOfMs: number;
  readonly settledAtMs: number;
  readonly outcome: LedgerOutcome | null;
}

export interface LedgerEntry extends LedgerForecast {
  /** `null` until its candle has closed, and for ever where there is nothing to compare it with. */
  readonly outcome: LedgerOutcome | null;
  /** The candle it spoke of is missing, or its price is another thing's. */
  readonly isUnscorable: boolean;
}

/** An entry whose outcome is known. */
export interface ResolvedEntry extends LedgerEntry {
  readonly outcome: LedgerOutcome;
}

/**
 * A missing candle is waited for until so many later ones are there, since sources send the newest ones late or again.
 */
const PATIENCE_ROWS = 3;

export function hasOutcome(entry: LedgerEntry): entry is ResolvedEntry {
  return entry.outcome !== null;
}

/** Whether nothing has become of the forecast yet. */
export function isPending({ outcome, isUnscorable }: LedgerEntry): boolean {
  return outcome === null && !isUnscorable;
}

/** What came of a forecast, given the close it spoke of. */
export function outcomeOf(
  { lastClose, predictedChange, interval80: [low, high] }: LedgerForecast,
  close: number,
  scoredAtMs: number,
): LedgerOutcome {
  const change = close / lastClose - 1;
  return {
    close,
    change,
    isHit: change === 0 || predictedChange === 0 ? null : Math.sign(change) === Math.sign(predictedChange),
    isInside: change >= low && change <= high,
    scoredAtMs,
  };
}

/**
 * Resolves the forecasts whose candle has closed, each against the candle that closes at its target time. One whose candle
 * is missing is resolved without an outcome once later ones are there, and so is one whose price became another thing on
 * the way (a relisting, a redenomination), as in training.
 *
 * @param series candles up to now; a forecast whose candle lies before them is left as it is
 */
export function resolveForecasts(
  pending: readonly LedgerForecast[],
  series: CandleSeries,
  nowMs: number,
): LedgerResolution[] {
  const rowCount = rowCountOf(series);
  const intervalMs = INTERVAL_MS[series.interval];
  const due = pending.filter(({ targetTimeMs }) => {
    return rowCount > 0 && targetTimeMs > series.openTimeMs[0] && targetTimeMs <= closeTimeMs(series, rowCount - 1);
  });
  if (due.length === 0) return [];
  const newestMs = closeTimeMs(series, rowCount - 1);
  const oldestMs = due.reduce((oldest, { asOfMs }) => Math.min(oldest, asOfMs), newestMs);
  const since = sliceCandles(series, Math.max(0, firstRowAt(series.openTimeMs, oldestMs - intervalMs) - 1), rowCount);
  const breaksMs = findPriceBreaks(since).map(({ row }) => since.openTimeMs[row]);
  const resolutions: LedgerResolution[] = [];
  for (const forecast of due) {
    const { version, asOfMs, targetTimeMs } = forecast;
    const resolved = { version, asOfMs, settledAtMs: nowMs };
    const row = firstRowAt(since.openTimeMs, targetTimeMs - intervalMs);
    const isThere = since.openTimeMs[row] === targetTimeMs - intervalMs;
    if (isThere && !breaksMs.some((breakMs) => breakMs >= asOfMs && breakMs < targetTimeMs)) {
      resolutions.push({ ...resolved, outcome: outcomeOf(forecast, since.close[row], nowMs) });
    } else if (isThere || newestMs >= targetTimeMs + PATIENCE_ROWS * intervalMs) {
      resolutions.push({ ...resolved, outcome: null });
    }
  }
  return resolutions;
}
