import { expect, test } from 'vitest';
import type { ModelSummary, ServerEvent } from '../../wire/wire.js';
import { applyToModels, needsReload } from './model-events.js';

const HOUR_MS = 3_600_000;
const MODEL = {
  name: 'BTCUSDT',
  symbol: 'BTCUSDT',
  interval: '1h',
  source: 'demo',
  lastCandle: { openTimeMs: 0, closeTimeMs: HOUR_MS, close: 110, change24h: 0.1 },
  recentCloses: [100, 110],
} as unknown as ModelSummary;
const candle = (openTimeMs: number, close: number, symbol = 'BTCUSDT') =>
  ({ kind: 'candle', atMs: 0, symbol, interval: '1h', source: 'demo', openTimeMs, close }) as const;

test('a new candle moves price, change and line of closes', () => {
  const [model] = applyToModels([MODEL], candle(HOUR_MS, 121));
  expect(model.lastCandle).toMatchObject({ openTimeMs: HOUR_MS, closeTimeMs: 2 * HOUR_MS, close: 121 });
  expect(model.lastCandle!.change24h).toBeCloseTo(0.21, 12);
  expect(model.recentCloses).toEqual([100, 110, 121]);
});

test('a revised candle takes the place of the last, an old one is left out', () => {
  expect(applyToModels([MODEL], candle(0, 105))[0].recentCloses).toEqual([100, 105]);
  expect(applyToModels([MODEL], candle(-HOUR_MS, 5))[0]).toBe(MODEL);
});

test('a forecast is fresh or stale as it is told, and a change of that asks for the list', () => {
  const told = (isFresh: boolean) =>
    ({ kind: 'prediction', atMs: 0, prediction: { name: 'BTCUSDT' }, isFresh }) as never as ServerEvent;
  const fresh = { ...MODEL, isFresh: true };
  expect(applyToModels([fresh], told(true))[0].isFresh).toBe(true);
  expect(needsReload(told(true), [fresh])).toBe(false);
  expect(applyToModels([fresh], told(false))[0].isFresh).toBe(false);
  expect(needsReload(told(false), [fresh])).toBe(true);
});

test('the list of models stays the same when none is meant', () => {
  const models = [MODEL];
  expect(applyToModels(models, candle(HOUR_MS, 1, 'ETHUSDT'))).toBe(models);
});
