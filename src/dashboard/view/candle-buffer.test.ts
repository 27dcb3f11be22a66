import { expect, test } from 'vitest';
import { type Candle, intervalOf, joinCandles } from './candle-buffer.js';

const candle = (openTimeMs: number, close = openTimeMs): Candle => ({
  openTimeMs,
  open: 1,
  high: 1,
  low: 1,
  close,
  volume: 1,
});
const times = (candles: readonly Candle[]) => candles.map(({ openTimeMs }) => openTimeMs);

test('joins an older page in front and newer candles behind, in order and once', () => {
  const known = [candle(30), candle(40), candle(50)];
  expect(times(joinCandles([candle(10), candle(20), candle(30)], known))).toEqual([10, 20, 30, 40, 50]);
  expect(times(joinCandles(known, [candle(50), candle(60)]))).toEqual([30, 40, 50, 60]);
});

test('the fresh candle counts where both have one', () => {
  const joined = joinCandles([candle(10), candle(20, 1)], [candle(20, 2)]);
  expect(joined.map(({ close }) => close)).toEqual([10, 2]);
});

test('an empty page changes nothing', () => {
  expect(times(joinCandles([candle(10)], []))).toEqual([10]);
  expect(times(joinCandles([], [candle(10)]))).toEqual([10]);
});

test('a gap does not make the interval longer', () => {
  expect(intervalOf([candle(0), candle(10), candle(70), candle(80)])).toBe(10);
});
