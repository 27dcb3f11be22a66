/** What the served forecasts of a version were worth, beside what its report promised. Pure; what cannot be computed is `null`. */

import { correlation, wilsonInterval } from '../core/statistics.js';
import type { ForwardRecordAnswer } from '../wire/track-record.js';
import { measureConfidence } from './calibration-quality.js';
import { type RecordPromise, scaledOutcomeOf, testDrift } from './drift.js';
import { hasOutcome, type LedgerEntry, type ResolvedEntry } from './ledger.js';

export type { ForwardRecordAnswer as ForwardRecord };

export interface RecordOptions {
  readonly name: string;
  readonly version: number;
  readonly horizonSteps: number;
  readonly costBpsPerSide: number;
  readonly promise: RecordPromise;
}

/** Fewer forecasts correlate with anything. */
const MINIMUM_IC_ROWS = 10;

/**
 * Measures the forward record.
 *
 * @param entries of one version, all there are since it began to serve, oldest first
 */
export function measureForwardRecord(entries: readonly LedgerEntry[], options: RecordOptions): ForwardRecordAnswer {
  const { name, version, horizonSteps, costBpsPerSide, promise } = options;
  const scored = entries.filter(hasOutcome);
  const decided = scored.filter(({ outcome }) => outcome.isHit !== null);
  const hits = decided.filter(({ outcome }) => outcome.isHit).length;
  const scores = Float64Array.from(scored, ({ score }) => score);
  const outcomes = Float64Array.from(scored, scaledOutcomeOf);
  const confidences = Float64Array.from(scored, ({ confidence }) => confidence);
  const quality = measureConfidence(confidences, scores, outcomes, { horizonSteps }).value;
  const signals = scored.filter(({ signal }) => signal !== 'HOLD');
  const { floor: _floor, ...promised } = promise;
  return {
    name,
    version,
    role: entries.at(-1)?.role ?? 'champion',
    forecasts: entries.length,
    scored: scored.length,
    fromMs: scored.at(0)?.asOfMs ?? null,
    toMs: scored.at(-1)?.asOfMs ?? null,
    hitRate: decided.length > 0 ? hits / decided.length : null,
    hitRateCi95: decided.length > 0 ? wilsonInterval(hits / horizonSteps, decided.length / horizonSteps) : null,
    brier: quality?.brier ?? null,
    intervalCoverage:
      scored.length > 0 ? scored.filter(({ outcome }) => outcome.isInside).length / scored.length : null,
    ic: scored.length >= MINIMUM_IC_ROWS ? correlation(scores, outcomes) : null,
    netReturn: signals.length > 0 ? sumSignalReturns(signals, costBpsPerSide, horizonSteps) : null,
    signals: signals.length,
    promised,
    drift: testDrift(scored, promise, horizonSteps),
    reliability: (quality?.bins ?? []).map(({ confidence, accuracy, count }) => ({
      confidence,
      hitRate: accuracy,
      count,
    })),
  };
}

/**
 * The sum of the returns of the signals, long and short, after costs. As in the backtest, each is held for its horizon
 * with an equal share of the capital, a h-th, and what ends and begins at the same close is netted before anything is
 * traded; the capital is not compounded.
 *
 * @param signals entries that are BUY or SELL
 */
export function sumSignalReturns(
  signals: readonly ResolvedEntry[],
  costBpsPerSide: number,
  horizonSteps: number,
): number {
  let gross = 0;
  /** Change of the sleeves held, by time. */
  const changes = new Map<number, number>();
  for (const { signal, outcome, asOfMs, targetTimeMs } of signals) {
    const side = signal === 'BUY' ? 1 : -1;
    gross += (side * outcome.change) / horizonSteps;
    changes.set(asOfMs, (changes.get(asOfMs) ?? 0) + side);
    changes.set(targetTimeMs, (changes.get(targetTimeMs) ?? 0) - side);
  }
  let tradedSleeves = 0;
  for (const change of changes.values()) tradedSleeves += Math.abs(change);
  return gross - ((tradedSleeves / horizonSteps) * costBpsPerSide) / 10_000;
}
