import { describe, expect, test } from 'vitest';
import { type CandleSeries, sliceCandles } from './candle-series.js';
import { simulateMarket } from './simulated-market.js';
import { measureTickSize } from './tick-size.js';

const PRICES = ['open', 'high', 'low', 'close'] as const;
const ROWS = 1_500;

/** A market around `price`. */
function market(price: number): CandleSeries {
  const { series } = simulateMarket({
    symbol: 'TICK',
    interval: '1h',
    rowCount: ROWS,
    seed: 5,
    firstOpenTimeMs: 0,
    plantedR2: 0,
  });
  const factor = price / series.close[ROWS - 1];
  for (const name of PRICES) for (let row = 0; row < ROWS; row++) series[name][row] *= factor;
  return series;
}

/** Its rows [start, end) rounded to a tick, as floats are read from decimal text. */
function round(series: CandleSeries, tick: number, start = 0, end = ROWS): CandleSeries {
  const decimals = Math.max(0, Math.ceil(-Math.log10(tick)) + 3);
  for (const name of PRICES) {
    for (let row = start; row < end; row++) {
      series[name][row] = Number((Math.round(series[name][row] / tick) * tick).toFixed(decimals));
    }
  }
  return series;
}

describe('the tick size of prices', () => {
  test.each<[number, number]>([
    [0.01, 97_000],
    [0.1, 412],
    [1, 20_000],
    [5, 31_000],
    [50, 20_000_000],
    [0.25, 4_300],
    [0.03125, 110],
    [0.0001, 0.27],
    [0.000025, 0.0031],
    [0.0001, 1.0002],
    [1e-8, 0.00001234],
    [1e-8, 0.00000012],
    [1e-10, 0.0000000123],
  ])('in steps of %d around %d is found to the digit', (tick, price) => {
    const series = round(market(price), tick);
    const closes = series.close.slice(-500).sort();
    expect(measureTickSize(series)).toEqual({ size: tick, share: tick / closes[250] });
  });
});

test('the newest one counts where it has changed, be it to a finer or to a coarser one', () => {
  const finer = round(round(market(100), 0.1, 0, 900), 0.001, 900);
  expect(measureTickSize(finer)?.size).toBe(0.001);
  expect(measureTickSize(sliceCandles(finer, 0, 900))?.size).toBe(0.1);
  const coarser = round(round(market(100), 0.001, 0, 900), 0.1, 900);
  expect(measureTickSize(coarser)?.size).toBe(0.1);
});

test('a few prices beside the grid, such as averages, do not change it', () => {
  const series = round(market(100), 0.01);
  for (const row of [1_100, 1_200, 1_300]) series.high[row] += 0.0012345;
  expect(measureTickSize(series)?.size).toBe(0.01);
});

test('prices of no grid, and hardly any prices, show none', () => {
  expect(measureTickSize(market(100))).toBeUndefined();
  expect(measureTickSize(sliceCandles(market(100), 0, 0))).toBeUndefined();
  const still = market(100);
  for (const name of PRICES) still[name].fill(1);
  expect(measureTickSize(still)).toBeUndefined();
});
