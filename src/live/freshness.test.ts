import { describe, expect, test } from 'vitest';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import { answerAt, describeStaleness, expiryOf } from './freshness.js';

const CLOSE_MS = Date.UTC(2026, 5, 1, 12);
const DAY_MS = INTERVAL_MS['1d'];

function buyOf(interval: Interval): PredictionAnswer {
  return {
    name: 'BTCUSDT',
    symbol: 'BTCUSDT',
    interval,
    version: 1,
    asOfMs: CLOSE_MS,
    targetTimeMs: CLOSE_MS + INTERVAL_MS[interval],
    expiresAtMs: expiryOf(CLOSE_MS, interval),
    lastClose: 100,
    predictedChange: 0.01,
    predictedPrice: 101,
    signal: 'BUY',
    confidence: 0.6,
    interval80: [-0.01, 0.03],
    reasons: ['expected +1.00 % exceeds the 0.20 % a round trip costs'],
    warnings: ['no skill'],
  };
}

describe('a forecast is stale', () => {
  test.each<[Interval, number]>([
    ['1s', 11_000],
    ['1m', 120_000],
    ['1h', 3_900_000],
    ['1w', 7 * DAY_MS + 300_000],
  ])('of %s once it is %i ms old, and not a millisecond earlier', (interval, ageMs) => {
    const forecast = buyOf(interval);
    expect(forecast.expiresAtMs).toBe(CLOSE_MS + ageMs);
    expect(describeStaleness(forecast, CLOSE_MS + ageMs - 1)).toBeUndefined();
    expect(describeStaleness(forecast, CLOSE_MS + ageMs)).toContain('about the past');
  });

  test.each<[Interval, number]>([
    ['1s', 10_000],
    ['1m', 60_000],
    ['1h', 300_000],
  ])('of %s when its candle closes more than %i ms from now', (interval, aheadMs) => {
    const forecast = buyOf(interval);
    expect(describeStaleness(forecast, CLOSE_MS - aheadMs)).toBeUndefined();
    expect(describeStaleness(forecast, CLOSE_MS - aheadMs - 1)).toContain('in the future');
  });
});

describe('what is answered', () => {
  test('is the forecast itself while it is fresh', () => {
    const forecast = buyOf('1h');
    expect(answerAt(forecast, CLOSE_MS + 1_000)).toBe(forecast);
  });

  test('holds and says why once it is stale, by either side of the clock', () => {
    const forecast = buyOf('1h');
    for (const nowMs of [CLOSE_MS + DAY_MS, CLOSE_MS - DAY_MS]) {
      const staleness = describeStaleness(forecast, nowMs)!;
      const held = answerAt(forecast, nowMs);
      expect(held).toEqual({ ...forecast, signal: 'HOLD', reasons: [staleness], warnings: [staleness, 'no skill'] });
    }
    expect(answerAt(forecast, CLOSE_MS + DAY_MS).reasons).toEqual([
      'this forecast is about the past: the next one has been due since 2026-06-01 13:00 UTC',
    ]);
  });

  test('says it once, however often it is answered, and keeps what else there was to hold for', () => {
    const held: PredictionAnswer = { ...buyOf('1h'), signal: 'HOLD', reasons: ['it drifts'] };
    const once = answerAt(held, CLOSE_MS + DAY_MS);
    expect(once.reasons).toEqual([describeStaleness(held, CLOSE_MS + DAY_MS), 'it drifts']);
    expect(answerAt(once, CLOSE_MS + 2 * DAY_MS)).toEqual(once);
  });
});
