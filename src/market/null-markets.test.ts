import { expect, test } from 'vitest';
import { rowCountOf } from './candle-series.js';
import { makeNullMarket, NULL_MARKET_KINDS } from './null-markets.js';
import { checkCandles } from './quality.js';
import { simulateMarket } from './simulated-market.js';

const base = simulateMarket({
  symbol: 'BASEUSDT',
  interval: '1h',
  rowCount: 2_000,
  seed: 3,
  firstOpenTimeMs: Date.UTC(2024, 0, 1),
  plantedR2: 0.2,
}).series;

test.each(NULL_MARKET_KINDS)('%s: sound candles, the same for the same seed', (kind) => {
  const market = makeNullMarket({ kind, rowCount: 1_500, seed: 8, base });
  expect(rowCountOf(market)).toBe(1_500);
  const { ohlcErrorRows, gaps } = checkCandles(market, { nowMs: market.openTimeMs[1_499] + 3_600_000 });
  expect({ ohlcErrorRows, gaps: gaps.count }).toEqual({ ohlcErrorRows: 0, gaps: 0 });
  expect(makeNullMarket({ kind, rowCount: 1_500, seed: 8, base })).toEqual(market);
  expect(makeNullMarket({ kind, rowCount: 1_500, seed: 9, base })).not.toEqual(market);
});

test('a block bootstrap keeps the sizes of moves together and gives them random directions', () => {
  const { close } = makeNullMarket({ kind: 'block-bootstrap', rowCount: 24, seed: 1, base });
  const sizes = Array.from(close.slice(1), (value, i) => Math.abs(Math.log(value / close[i])).toFixed(9));
  const known = Array.from(base.close.slice(1), (value, i) => Math.abs(Math.log(value / base.close[i])).toFixed(9));
  const at = known.findIndex((_, i) => sizes.every((size, k) => known[i + k] === size));
  expect(at).toBeGreaterThanOrEqual(0);
});
