import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeForecast } from '../../test/support/ledger-forecasts.js';
import { type ReportedRecord, scaledOutcomeOf } from '../evaluation/drift.js';
import { hasOutcome, type LedgerEntry, outcomeOf } from '../evaluation/ledger.js';
import type { ResolvedRecordEntry } from '../evaluation/record-entries.js';
import { type PredictionIntervalState, updatePredictionInterval } from '../forecast/conformal.js';
import type { StoredModel } from '../versions/model-files.js';
import { LiveTrackRecord } from './live-track-record.js';

const REPORTED: ReportedRecord = {
  hitRate: 0.52,
  ic: 0.04,
  brier: 0.249,
  intervalCoverage: 0.8,
  floor: { hitRate: 0.5, intervalCoverage: 0.75, beatsNoChange: true },
};
const INTERVAL = { level: 0.8, halfWidth: 1, step: 0.01 } as PredictionIntervalState;

function openEmptyRecord(): LiveTrackRecord {
  const model = {
    manifest: { name: 'TESTUSDT', version: 1 },
    config: { horizon: 1, costBps: 10 },
    calibration: { interval: INTERVAL },
  } as unknown as StoredModel;
  return new LiveTrackRecord(model, REPORTED);
}

/** The entry of an hour: open, without a candle, or with this close. */
function entryOf(hour: number, close: number | 'open' | 'missing'): LedgerEntry {
  const forecast = makeForecast(hour);
  const outcome = typeof close === 'number' ? outcomeOf(forecast, close, forecast.targetTimeMs) : null;
  return { ...forecast, outcome, isUnscorable: close === 'missing' };
}

/** What a record keeps of an entry. */
function pickRecorded(entry: ResolvedRecordEntry): ResolvedRecordEntry {
  const { role, asOfMs, targetTimeMs, confidence, signal, score, volatility, isUnscorable } = entry;
  const { change, isHit, isInside } = entry.outcome;
  const outcome = { change, isHit, isInside };
  return { role, asOfMs, targetTimeMs, confidence, signal, score, volatility, isUnscorable, outcome };
}

test('the interval is that of all outcomes in their order, however they came', () => {
  const change = fc.record({
    hour: fc.nat({ max: 30 }),
    close: fc.oneof(fc.constant('open' as const), fc.constant('missing' as const), fc.integer({ min: 95, max: 105 })),
    isAsked: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const keeper = openEmptyRecord();
      const known = new Map<number, LedgerEntry>();
      for (const { hour, close, isAsked } of changes) {
        const entry = entryOf(hour, close);
        known.set(hour, entry);
        keeper.take([entry]);
        if (isAsked) keeper.predictionInterval();
      }
      const inOrder = [...known.values()].sort((a, b) => a.asOfMs - b.asOfMs).filter(hasOutcome);
      expect(keeper.scored()).toEqual(inOrder.map(pickRecorded));
      expect(keeper.predictionInterval()).toEqual(
        inOrder.reduce(
          (state, entry) => updatePredictionInterval(state, entry.score, scaledOutcomeOf(entry)),
          INTERVAL,
        ),
      );
    }),
  );
});

test('a short record is always of now, a long one at most a hundredth behind', () => {
  const keeper = openEmptyRecord();
  for (let hour = 0; hour < 1_000; hour++) {
    keeper.take([entryOf(hour, 101)]);
    const { scored } = keeper.record();
    if (hour < 99) expect(scored).toBe(hour + 1);
    expect(hour + 1 - scored).toBeLessThanOrEqual((hour + 1) / 100);
  }
});

test('drift is what the record says of it, and a forecast without an outcome is no reason to look again', () => {
  const keeper = openEmptyRecord();
  for (let hour = 0; hour < 60; hour++) {
    keeper.take([entryOf(hour, 'open')]);
    const before = keeper.drift();
    // Up by a tenth every time, where the forecasts say next to nothing and their intervals are narrow.
    keeper.take([entryOf(hour, 110)]);
    const after = keeper.drift();
    expect(after).not.toBe(before);
    keeper.take([entryOf(hour, 110), entryOf(hour + 1, 'open')]);
    expect(keeper.drift()).toBe(after);
    expect(keeper.record().drift).toBe(after);
    expect(after.isDrifting).toBe(after.reasons.length > 0);
  }
  expect(keeper.drift().isDrifting).toBe(true);
});

test('scored forecasts from a time on', () => {
  const keeper = openEmptyRecord();
  for (let hour = 0; hour < 10; hour++) keeper.take([entryOf(hour, hour === 7 ? 'open' : 101)]);
  expect(keeper.firstMs).toBe(makeForecast(0).asOfMs);
  expect(keeper.scored(makeForecast(6).asOfMs).map(({ asOfMs }) => asOfMs)).toEqual(
    [6, 8, 9].map((hour) => makeForecast(hour).asOfMs),
  );
});
