import { expect, test } from 'vitest';
import { HOUR_MS, makeForecast } from '../../test/support/ledger-forecasts.js';
import type { RecordedForecast } from '../wire/ledger.js';
import type { Signal } from '../wire/vocabulary.js';
import type { ReportedRecord } from './drift.js';
import { type LedgerEntry, outcomeOf } from './ledger.js';
import type { ResolvedRecordEntry } from './record-entries.js';
import { measureTrackRecord, sumSignalReturns } from './track-record.js';

const reported: ReportedRecord = {
  hitRate: 0.53,
  ic: 0.04,
  brier: 0.249,
  intervalCoverage: 0.8,
  floor: { hitRate: 0.52, intervalCoverage: 0.79, beatsNoChange: true },
};
const options = { name: 'TESTUSDT', version: 1, horizonSteps: 1, costBpsPerSide: 10, reported };

function scored(hour: number, close: number, changes: Partial<RecordedForecast> = {}): ResolvedRecordEntry {
  const forecast = makeForecast(hour, changes);
  return { ...forecast, outcome: outcomeOf(forecast, close, 0), isUnscorable: false };
}

function pending(hour: number): LedgerEntry {
  return { ...makeForecast(hour), outcome: null, isUnscorable: false };
}

test('counts what is scored, and leaves ties out of the hit rate', () => {
  const unscorable: LedgerEntry = { ...pending(4), isUnscorable: true };
  // up, up, down and unchanged after forecasts of + 1 % within −1 % … +3 %
  const entries = [scored(0, 101), scored(1, 104), scored(2, 98), scored(3, 100), unscorable, pending(5)];
  const record = measureTrackRecord(entries, options);
  expect(record).toMatchObject({
    name: 'TESTUSDT',
    role: 'champion',
    forecasts: 6,
    scored: 4,
    fromMs: entries[0].asOfMs,
    toMs: entries[3].asOfMs,
    hitRate: 2 / 3,
    intervalCoverage: 2 / 4,
    ic: null,
    signals: 4,
    promised: { hitRate: 0.53, ic: 0.04, brier: 0.249, intervalCoverage: 0.8 },
  });
  expect(record.promised).not.toHaveProperty('floor');
  // twice (0.55 − 1)² and once 0.55²
  expect(record.brier).toBeCloseTo((2 * 0.45 ** 2 + 0.55 ** 2) / 3, 12);
  // Wilson 95 % for 2 of 3, statsmodels proportion_confint(2, 3, method='wilson')
  expect(record.hitRateCi95![0]).toBeCloseTo(0.20766, 4);
  expect(record.hitRateCi95![1]).toBeCloseTo(0.93851, 4);
  expect(record.reliability).toEqual([{ confidence: expect.closeTo(0.55, 12), hitRate: 2 / 3, count: 3 }]);
});

test('what cannot be computed is null', () => {
  expect(measureTrackRecord([], options)).toMatchObject({
    forecasts: 0,
    scored: 0,
    fromMs: null,
    toMs: null,
    hitRate: null,
    hitRateCi95: null,
    brier: null,
    intervalCoverage: null,
    ic: null,
    netReturn: null,
    signals: 0,
    drift: { isDrifting: false, pValue: null, reasons: [] },
    reliability: [],
  });
  const quiet = measureTrackRecord([scored(0, 100, { signal: 'HOLD' })], options);
  expect(quiet).toMatchObject({ scored: 1, hitRate: null, brier: null, netReturn: null, intervalCoverage: 1 });
});

test('correlates score and outcome in volatility units', () => {
  const outcomes = [3, -1, 4, 1, -5, 2, 6, -5, 3, 5, -8];
  const volatility = 0.002;
  // scores that are half the outcomes in volatility units, where they are not clipped at ± 5
  const entries = outcomes.map((outcome, hour) =>
    scored(hour, 100 * Math.exp(outcome * volatility), { volatility, score: Math.max(-5, Math.min(5, outcome)) / 2 }),
  );
  expect(measureTrackRecord(entries, options).ic).toBeCloseTo(1, 12);
  expect(measureTrackRecord(entries.slice(0, 9), options).ic).toBeNull();
});

const trade = (hour: number, signal: Signal, close: number, horizonSteps = 1) => ({
  ...scored(hour, close, { signal }),
  targetTimeMs: makeForecast(hour).asOfMs + horizonSteps * HOUR_MS,
});

test('a signal that goes on is not traded again, a turn is traded twice', () => {
  // + 1 % long, + 2 % long, − 3 % short, a break, + 1 % short: in, turn (2), out, in, out
  const signals = [trade(0, 'BUY', 101), trade(1, 'BUY', 102), trade(2, 'SELL', 97), trade(9, 'SELL', 101)];
  expect(sumSignalReturns(signals, 0, 1)).toBeCloseTo(0.01 + 0.02 + 0.03 - 0.01, 12);
  expect(sumSignalReturns(signals, 10, 1)).toBeCloseTo(0.05 - 6 * 0.001, 12);
});

test('a signal over several candles has its share of the capital, and what meets is netted', () => {
  // two sleeves of a half: the second starts while the first is held; the third takes the place of the first
  const signals = [trade(0, 'BUY', 102, 2), trade(1, 'BUY', 102, 2), trade(2, 'BUY', 102, 2)];
  expect(sumSignalReturns(signals, 10, 2)).toBeCloseTo((3 * 0.02) / 2 - 2 * 0.001, 12);
});
