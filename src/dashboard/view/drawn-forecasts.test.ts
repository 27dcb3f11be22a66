import { expect, test } from 'vitest';
import type { LedgerEntryAnswer } from '../../wire/wire.js';
import { firstFrom } from '../charts/forecast-layer.js';
import { drawnForecasts, drawnSignals, joinEntries, putEntry } from './drawn-forecasts.js';

function makeEntry(asOfMs: number, parts: Partial<LedgerEntryAnswer> = {}): LedgerEntryAnswer {
  return {
    name: 'BTCUSDT',
    version: 1,
    role: 'champion',
    asOfMs,
    targetTimeMs: asOfMs + 10,
    servedAtMs: asOfMs,
    lastClose: 200,
    predictedChange: 0.01,
    interval80: [-0.02, 0.04],
    confidence: 0.6,
    signal: 'BUY',
    outcome: { close: 201, change: 0.005, isHit: true, isInside: true, scoredAtMs: asOfMs + 10 },
    ...parts,
  };
}

test('draws changes as prices, from the close the forecast was made at', () => {
  const [drawn] = drawnForecasts([makeEntry(100)], null);
  expect(drawn).toEqual({
    asOfMs: 100,
    targetTimeMs: 110,
    lastClose: 200,
    price: 202,
    low: 196,
    high: 208,
    isOpen: false,
  });
});

test('leaves out the shadow, and keeps the newest forecast open', () => {
  const entries = [makeEntry(100), makeEntry(100, { role: 'shadow', version: 2 }), makeEntry(110, { outcome: null })];
  expect(drawnForecasts(entries, null).map(({ asOfMs, isOpen }) => [asOfMs, isOpen])).toEqual([
    [100, false],
    [110, true],
  ]);
});

test('marks BUY and SELL only, and only where there is a candle', () => {
  const entries = [makeEntry(90), makeEntry(100, { signal: 'HOLD' }), makeEntry(110, { signal: 'SELL' })];
  expect(drawnSignals(entries, null, 100, 120)).toEqual([{ asOfMs: 110, signal: 'SELL' }]);
  expect(drawnSignals(entries, null, 100, 105)).toEqual([]);
});

test('puts an entry in its place, and its outcome into the one that is there', () => {
  const open = makeEntry(110, { outcome: null });
  const entries = [makeEntry(100), open, makeEntry(120)];
  expect(putEntry(entries, makeEntry(110))[1].outcome).not.toBeNull();
  expect(putEntry(entries, makeEntry(110))).toHaveLength(3);
  expect(putEntry(entries, makeEntry(115)).map(({ asOfMs }) => asOfMs)).toEqual([100, 110, 115, 120]);
  expect(putEntry([], open)).toEqual([open]);
});

test('an outcome is not lost to an older copy of its entry', () => {
  const open = makeEntry(100, { outcome: null });
  expect(joinEntries([makeEntry(100)], [open])[0].outcome).not.toBeNull();
  expect(joinEntries([open], [makeEntry(100)])[0].outcome).not.toBeNull();
});

test('finds the first forecast in view', () => {
  const entries = [10, 20, 30].map((asOfMs) => ({ asOfMs }));
  expect([5, 10, 11, 31].map((timeMs) => firstFrom(entries, timeMs))).toEqual([0, 0, 1, 3]);
});
