import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOUR_MS, makeForecast } from '../../test/support/ledger-forecasts.js';
import { hasOutcome, type LedgerEntry, outcomeOf } from './ledger.js';
import { RecordEntries, type RecordEntry, type ResolvedRecordEntry } from './record-entries.js';
import { measureTrackRecord, sumSignalReturns } from './track-record.js';

const OPTIONS = {
  name: 'TESTUSDT',
  version: 1,
  horizonSteps: 2,
  costBpsPerSide: 10,
  reported: {
    hitRate: 0.53,
    ic: 0.04,
    brier: 0.249,
    intervalCoverage: 0.8,
    floor: { hitRate: 0.52, intervalCoverage: 0.79, beatsNoChange: true },
  },
};

const entries = fc.array(
  fc
    .record({
      hour: fc.nat({ max: 60 }),
      close: fc.oneof(fc.constantFrom('open', 'missing'), fc.double({ min: 90, max: 110, noNaN: true })),
      role: fc.constantFrom('champion', 'shadow'),
      signal: fc.constantFrom('BUY', 'SELL', 'HOLD'),
      score: fc.double({ min: -3, max: 3, noNaN: true }),
      confidence: fc.double({ min: 0.5, max: 1, noNaN: true }),
    })
    .map(({ hour, close, role, signal, score, confidence }): LedgerEntry => {
      const { inputs: _inputs, ...forecast } = makeForecast(hour, { role, signal, score, confidence });
      const outcome = typeof close === 'number' ? outcomeOf(forecast, close, 1) : null;
      const targetTimeMs = forecast.asOfMs + OPTIONS.horizonSteps * HOUR_MS;
      return { ...forecast, targetTimeMs, outcome, isUnscorable: close === 'missing' };
    }),
  { maxLength: 150 },
);

function pickRecorded(entry: LedgerEntry): RecordEntry {
  const { role, asOfMs, targetTimeMs, confidence, signal, score, volatility, isUnscorable } = entry;
  const { change, isHit, isInside } = entry.outcome ?? {};
  const outcome = entry.outcome === null ? null : { change: change!, isHit: isHit!, isInside: isInside! };
  return { role, asOfMs, targetTimeMs, confidence, signal, score, volatility, isUnscorable, outcome };
}

test('columns hold the newest entry of each candle, oldest first, and measure to the same bits', () => {
  fc.assert(
    fc.property(entries, (given) => {
      const columns = new RecordEntries();
      const known = new Map<number, LedgerEntry>();
      for (const entry of given) {
        known.set(entry.asOfMs, entry);
        expect(columns.at(columns.put(entry).row)).toEqual(pickRecorded(entry));
        expect(columns.put(entry).isChanged).toBe(false);
      }
      const inOrder = [...known.values()].sort((a, b) => a.asOfMs - b.asOfMs);
      expect([...columns]).toEqual(inOrder.map(pickRecorded));
      expect(columns.length).toBe(inOrder.length);
      expect(measureTrackRecord(columns, OPTIONS)).toEqual(measureTrackRecord(inOrder, OPTIONS));
    }),
  );
});

test('costs of a record of years are those of all its trades, though few are held at a time', () => {
  const count = 25_000;
  const columns = new RecordEntries();
  for (let hour = 0; hour < count; hour++) {
    const signal = hour % 3 === 0 ? 'SELL' : 'BUY';
    const forecast = makeForecast(hour, { signal });
    columns.put({ ...forecast, outcome: outcomeOf(forecast, 101, 1), isUnscorable: false });
  }
  const signals = [...columns].filter((entry): entry is ResolvedRecordEntry => hasOutcome(entry));
  // In and out once, and a turn of two sides wherever a SELL begins or ends: two of three candles but the first and last.
  const turns = signals.slice(1).filter(({ signal }, i) => signal !== signals[i].signal).length;
  const free = sumSignalReturns(signals, 0, 1);
  expect(free - sumSignalReturns(signals, 10, 1)).toBeCloseTo(((2 + 2 * turns) * 10) / 10_000, 6);
});
