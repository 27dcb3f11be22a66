/**
 * The ledger of served forecasts: what was said at which candle, frozen before it left, and what came of it once the
 * candle it spoke of has closed. The rules are here and pure; `storage/forecast-ledger.ts` keeps the lines.
 */

import { type CandleSeries, closeTimeMs, firstRowAt, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import { findPriceBreaks } from '../market/quality/price-breaks.js';
import { type LedgerForecast, type LedgerOutcome, type LedgerResolution, outcomeSchema } from '../wire/ledger.js';

export interface LedgerEntry extends LedgerForecast {
  /** `null` until its candle has closed, and for ever where there is nothing to compare it with. */
  readonly outcome: LedgerOutcome | null;
  /** The candle it spoke of is missing, or its price is another thing's. */
  readonly isUnscorable: boolean;
}

/**
 * A missing candle is waited for until so many later ones are there, since sources send the newest ones late or again.
 */
const PATIENCE_ROWS = 3;

/** Whether the outcome is known. */
export function hasOutcome<Entry extends { readonly outcome: unknown }>(
  entry: Entry,
): entry is Entry & { readonly outcome: NonNullable<Entry['outcome']> } {
  return entry.outcome !== null;
}

/** Whether nothing has become of the forecast yet. */
export function isPending({ outcome, isUnscorable }: LedgerEntry): boolean {
  return outcome === null && !isUnscorable;
}

/** The entry of a pending forecast with what has become of it. */
export function resolveEntry(entry: LedgerEntry, { outcome }: Pick<LedgerResolution, 'outcome'>): LedgerEntry {
  return { ...entry, outcome, isUnscorable: outcome === null };
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
      // What no price becomes is another thing's price, too.
      const outcome = outcomeSchema.safeParse(outcomeOf(forecast, since.close[row], nowMs)).data ?? null;
      resolutions.push({ ...resolved, outcome });
    } else if (isThere || newestMs >= targetTimeMs + PATIENCE_ROWS * intervalMs) {
      resolutions.push({ ...resolved, outcome: null });
    }
  }
  return resolutions;
}
