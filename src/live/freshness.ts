/**
 * Whether a forecast may pass for one of now. That is decided whenever it is answered, by its own age against its interval:
 * whatever kept a newer one from coming (an exchange, a disk, a clock) need not be known for it.
 */

import { INTERVAL_MS, type Interval } from '../market/interval.js';
import { utcTime } from '../text/sentences.js';
import type { PredictionAnswer } from '../wire/prediction.js';

/** How long after its candle's close a forecast may take to come: as long as the candle, within these bounds. */
const GRACE_MS = { least: 10_000, most: 300_000 } as const;

/** The moment from which on a forecast is stale: the next candle has closed, and its forecast should have come. */
export function expiryOf(asOfMs: number, interval: Interval): number {
  return asOfMs + INTERVAL_MS[interval] + graceOf(interval);
}

/** What makes a forecast stale, in words that stay the same while it is; `undefined` for one that may pass. */
export function describeStaleness(
  { asOfMs, interval }: Pick<PredictionAnswer, 'asOfMs' | 'interval'>,
  nowMs: number,
): string | undefined {
  const own = interval as Interval;
  if (nowMs >= expiryOf(asOfMs, own)) {
    const dueMs = asOfMs + INTERVAL_MS[own];
    return `this forecast is about the past: the next one has been due since ${utcTime(dueMs)}`;
  }
  if (asOfMs - nowMs > graceOf(own)) {
    return `this forecast is about a candle that closes at ${utcTime(asOfMs)}, in the future: a clock is wrong`;
  }
  return undefined;
}

/** A forecast as it may be answered now: the same one, or a stale one that says so and holds. */
export function answerAt(prediction: PredictionAnswer, nowMs: number): PredictionAnswer {
  const staleness = describeStaleness(prediction, nowMs);
  if (staleness === undefined) return prediction;
  const { signal, reasons, warnings } = prediction;
  // What spoke for buying or selling is no reason to hold.
  const kept = signal === 'HOLD' ? reasons.filter((reason) => reason !== staleness) : [];
  return {
    ...prediction,
    signal: 'HOLD',
    reasons: [staleness, ...kept],
    warnings: [staleness, ...warnings.filter((warning) => warning !== staleness)],
  };
}

function graceOf(interval: Interval): number {
  return Math.min(GRACE_MS.most, Math.max(GRACE_MS.least, INTERVAL_MS[interval]));
}
