import { expect, test } from 'vitest';
import { findGaps, selectCandles } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import { simulateMarket } from '../market/simulated-market.js';
import type { TimeRange } from '../market/time-range.js';
import { GapNotes, joinRanges, planHoles } from './source-gaps.js';

const HOUR_MS = INTERVAL_MS['1h'];
const EVER: TimeRange = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
const hours = (from: number, to: number): TimeRange => ({ fromMs: from * HOUR_MS, toMs: to * HOUR_MS });

/** Hours from the beginning of 1970 on, without those of some ranges. */
function hoursWithout(rowCount: number, ...missing: readonly TimeRange[]) {
  const options = { interval: '1h', rowCount, seed: 1, firstOpenTimeMs: 0, plantedR2: 0 } as const;
  const { series } = simulateMarket({ symbol: 'BTCUSDT', ...options });
  const isThere = (timeMs: number) => !missing.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs < toMs);
  return selectCandles(
    series,
    Array.from(series.openTimeMs.keys()).filter((row) => isThere(series.openTimeMs[row])),
  );
}

test('a hole is a gap that no gap of the source covers', () => {
  const stored = hoursWithout(2000, hours(100, 110), hours(1000, 1001), hours(1500, 1600));
  expect(planHoles(findGaps(stored), [], EVER, '1h')).toEqual([hours(100, 110), hours(1000, 1001), hours(1500, 1600)]);
  expect(planHoles(findGaps(stored), [hours(90, 110), hours(1500, 1600)], EVER, '1h')).toEqual([hours(1000, 1001)]);
  expect(planHoles(findGaps(stored), [hours(100, 109), hours(1000, 1001), hours(1501, 1700)], EVER, '1h')).toEqual([
    hours(100, 110),
    hours(1500, 1600),
  ]);
});

test('holes that lie near each other are asked for together', () => {
  const stored = hoursWithout(1000, hours(100, 110), hours(200, 201), hours(700, 701));
  expect(planHoles(findGaps(stored), [], EVER, '1h')).toEqual([hours(100, 201), hours(700, 701)]);
});

test('only the range asked for is looked at', () => {
  const stored = hoursWithout(3000, hours(100, 110), hours(1000, 1500), hours(2000, 2001));
  expect(planHoles(findGaps(stored), [], hours(500, 1200), '1h')).toEqual([hours(1000, 1200)]);
});

test('an answer tells where the source has no candles, but nothing of its newest day', () => {
  const notes = new GapNotes('1h', { fromMs: 0 });
  const answer = hoursWithout(200, hours(0, 5), hours(50, 52), hours(190, 191));
  notes.add(answer);
  expect(notes.settled(Number.NEGATIVE_INFINITY)).toEqual([hours(0, 5), hours(50, 52)]);
});

test('an answer of nothing tells that there is nothing, where the exchange is further by now', () => {
  const nothing = () => new GapNotes('1h', hours(100, 110));
  expect(nothing().settled(500 * HOUR_MS)).toEqual([hours(100, 110)]);
  expect(nothing().settled(120 * HOUR_MS)).toEqual([]);
});

test('ranges that touch or overlap are one', () => {
  expect(joinRanges([hours(5, 9), hours(1, 2), hours(2, 3), hours(6, 7)])).toEqual([hours(1, 3), hours(5, 9)]);
});
