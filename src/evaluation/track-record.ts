/** What the served forecasts of a version were worth, beside what its report says. Pure; what cannot be computed is `null`. */

import { correlation, wilsonInterval } from '../core/statistics.js';
import type { Drift, TrackRecordAnswer } from '../wire/track-record.js';
import { measureConfidence } from './calibration-quality.js';
import { type ReportedRecord, scaledOutcomeOf, testDrift } from './drift.js';
import { hasOutcome } from './ledger.js';
import type { RecordEntry, ResolvedRecordEntry } from './record-entries.js';

export interface RecordOptions {
  readonly name: string;
  readonly version: number;
  readonly horizonSteps: number;
  readonly costBpsPerSide: number;
  readonly reported: ReportedRecord;
  /** What `testDrift` has said of these entries; asked anew when absent. */
  readonly drift?: Drift;
}

/** Fewer forecasts correlate with anything. */
const MINIMUM_IC_ROWS = 10;
/** Times at which something is traded are counted and dropped when there are more. */
const MAXIMUM_HELD_TIMES = 10_000;

/**
 * Measures the track record.
 *
 * @param entries of one version, all there are since it began to serve, oldest first; they are gone through several times
 */
export function measureTrackRecord(entries: Iterable<RecordEntry>, options: RecordOptions): TrackRecordAnswer {
  const { name, version, horizonSteps, costBpsPerSide, reported } = options;
  const counts = { forecasts: 0, decided: 0, hits: 0, inside: 0, signals: 0 };
  const columns = {
    asOfMs: [] as number[],
    score: [] as number[],
    outcome: [] as number[],
    confidence: [] as number[],
  };
  let role: RecordEntry['role'] = 'champion';
  for (const entry of entries) {
    role = entry.role;
    counts.forecasts += 1;
    if (!hasOutcome(entry)) continue;
    const { isHit, isInside } = entry.outcome;
    if (isHit !== null) counts.decided += 1;
    if (isHit) counts.hits += 1;
    if (isInside) counts.inside += 1;
    if (isSignal(entry)) counts.signals += 1;
    columns.asOfMs.push(entry.asOfMs);
    columns.score.push(entry.score);
    columns.outcome.push(scaledOutcomeOf(entry));
    columns.confidence.push(entry.confidence);
  }
  const scored = columns.asOfMs.length;
  const scores = Float64Array.from(columns.score);
  const outcomes = Float64Array.from(columns.outcome);
  const confidences = Float64Array.from(columns.confidence);
  const quality = measureConfidence(confidences, scores, outcomes, { horizonSteps }).value;
  const { decided, hits } = counts;
  const { floor: _floor, ...promised } = reported;
  return {
    name,
    version,
    role,
    forecasts: counts.forecasts,
    scored,
    fromMs: columns.asOfMs.at(0) ?? null,
    toMs: columns.asOfMs.at(-1) ?? null,
    hitRate: decided > 0 ? hits / decided : null,
    hitRateCi95: decided > 0 ? wilsonInterval(hits / horizonSteps, decided / horizonSteps) : null,
    brier: finiteOrNull(quality?.brier ?? null),
    intervalCoverage: scored > 0 ? counts.inside / scored : null,
    ic: scored >= MINIMUM_IC_ROWS ? finiteOrNull(correlation(scores, outcomes)) : null,
    netReturn:
      counts.signals > 0
        ? finiteOrNull(sumSignalReturns(filter(entries, isSignal), costBpsPerSide, horizonSteps))
        : null,
    signals: counts.signals,
    promised,
    drift: options.drift ?? testDrift(filter(entries, hasOutcome), reported, horizonSteps),
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
 * @param signals entries that are BUY or SELL, oldest first
 */
export function sumSignalReturns(
  signals: Iterable<ResolvedRecordEntry>,
  costBpsPerSide: number,
  horizonSteps: number,
): number {
  let gross = 0;
  let tradedSleeves = 0;
  /** Change of the sleeves held, by time. */
  const changes = new Map<number, number>();
  for (const { signal, outcome, asOfMs, targetTimeMs } of signals) {
    const side = signal === 'BUY' ? 1 : -1;
    gross += (side * outcome.change) / horizonSteps;
    if (changes.size > MAXIMUM_HELD_TIMES) tradedSleeves += takeBefore(changes, asOfMs);
    changes.set(asOfMs, (changes.get(asOfMs) ?? 0) + side);
    changes.set(targetTimeMs, (changes.get(targetTimeMs) ?? 0) - side);
  }
  tradedSleeves += takeBefore(changes, Number.POSITIVE_INFINITY);
  return gross - ((tradedSleeves / horizonSteps) * costBpsPerSide) / 10_000;
}

/** Takes the changes of times before one out, and counts what was traded at them. */
function takeBefore(changes: Map<number, number>, beforeMs: number): number {
  let traded = 0;
  for (const [timeMs, change] of changes) {
    if (timeMs >= beforeMs) continue;
    traded += Math.abs(change);
    changes.delete(timeMs);
  }
  return traded;
}

/** What overflowed cannot be computed. */
function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

function isSignal(entry: RecordEntry): entry is ResolvedRecordEntry {
  return hasOutcome(entry) && entry.signal !== 'HOLD';
}

function* filter<Item, Kept extends Item>(items: Iterable<Item>, isKept: (item: Item) => item is Kept): Iterable<Kept> {
  for (const item of items) if (isKept(item)) yield item;
}
