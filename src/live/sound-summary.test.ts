import { expect, test } from 'vitest';
import { type ModelSummary, modelSummarySchema } from '../wire/model.js';
import { soundSummary } from './sound-summary.js';

const SOUND: ModelSummary = {
  name: 'BTCUSDT',
  symbol: 'BTCUSDT',
  interval: '1h',
  source: 'binance',
  champion: { version: 3, generation: 2, promotedAtMs: 1, createdAtMs: 1, verdict: 'skill', reasons: [] },
  shadowVersion: null,
  versionCount: 3,
  missedForecasts: 0,
  prediction: null,
  isFresh: true,
  isForecastExpected: true,
  lastCandle: { openTimeMs: 0, closeTimeMs: 3_600_000, close: 100, change24h: null },
  recentCloses: [99, 100],
  record: null,
  health: 'ok',
  problem: null,
  nextRetrainMs: null,
};

test('a sound summary is told as it is', () => {
  expect(soundSummary('BTCUSDT', () => SOUND)).toBe(SOUND);
});

test.each([
  ['a close that is infinite', { recentCloses: [Number.POSITIVE_INFINITY] }],
  ['a change that is none', { lastCandle: { ...SOUND.lastCandle!, change24h: Number.NaN } }],
  ['a time beyond all', { nextRetrainMs: 1e300 }],
])('%s is a row with its reason, and still says who it is', (_what, changes) => {
  const told = soundSummary('BTCUSDT', () => ({ ...SOUND, ...changes }));
  expect(told).toMatchObject({ name: 'BTCUSDT', health: 'error', isFresh: false, lastCandle: null, recentCloses: [] });
  expect(told.problem).toMatch(/^its figures cannot be told: .*at (recentCloses|lastCandle|nextRetrainMs)/s);
  modelSummarySchema.parse(told);
});

test('a summary that cannot be made is a row with its reason', () => {
  const told = soundSummary('BTCUSDT', () => {
    throw new RangeError('no such entry');
  });
  expect(told).toMatchObject({ name: 'BTCUSDT', health: 'error', problem: 'it cannot be told of: no such entry' });
  modelSummarySchema.parse(told);
});
