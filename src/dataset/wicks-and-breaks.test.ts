/** What flash wicks, relistings and redenominations do to what a model is trained on. */

import { expect, test } from 'vitest';
import { DEFAULT_FEATURE_NAMES, parseFeatures } from '../features/catalogue.js';
import { findSegmentStarts } from '../features/feature-matrix.js';
import { type CandleSeries, candleAt, rowCountOf, selectCandles, sliceCandles } from '../market/candle-series.js';
import { cutWick } from '../market/quality/wicks.js';
import { simulateMarket } from '../market/simulated-market.js';
import { buildDataset } from './dataset.js';
import { applyScaler, fitScaler } from './scaler.js';

const ROWS = 2_000;
const WICK_ROW = 1_000;
const NAMES = [...DEFAULT_FEATURE_NAMES, 'atr_14'];
const OPTIONS = { features: parseFeatures(NAMES), windowRows: 24, horizonSteps: 1, maximumGapRows: 24 };
const ALL_ROWS = Int32Array.from({ length: ROWS - 400 }, (_, index) => 400 + index);

function market(): CandleSeries {
  const options = { symbol: 'WICK', interval: '1h', seed: 21, firstOpenTimeMs: 1.7e12, plantedR2: 0 } as const;
  return simulateMarket({ ...options, rowCount: ROWS }).series;
}

/** A market in which one candle touched `factor` times its close. */
function wicked(factor: number): CandleSeries {
  const series = market();
  const touched = series.close[WICK_ROW] * factor;
  if (factor > 1) series.high[WICK_ROW] = touched;
  else series.low[WICK_ROW] = touched;
  return series;
}

test('ordinary candles are seen as they are', () => {
  const series = market();
  for (let row = 1; row < ROWS; row++) {
    const candle = candleAt(series, row);
    expect(cutWick(candle, candleAt(series, row - 1))).toBe(candle);
  }
});

test.each([1.6, 7, 1_000, 1e9, 0.6, 0.1, 1e-6])(
  'one wick to %d times the price moves no mean, deviation or scaled feature by more than a tenth',
  (factor) => {
    const series = wicked(factor);
    const raw = { high: series.high[WICK_ROW], low: series.low[WICK_ROW] };
    const plain = buildDataset(market(), OPTIONS).matrix;
    const { matrix } = buildDataset(series, OPTIONS);
    expect({ high: series.high[WICK_ROW], low: series.low[WICK_ROW] }).toEqual(raw);
    const expected = fitScaler(plain, ALL_ROWS);
    const found = fitScaler(matrix, ALL_ROWS);
    for (const [f, name] of NAMES.entries()) {
      expect(Math.abs(found.mean[f] - expected.mean[f]) / expected.scale[f], name).toBeLessThan(0.1);
      expect(found.scale[f] / expected.scale[f], name).toBeGreaterThan(0.9);
      expect(found.scale[f] / expected.scale[f], name).toBeLessThan(1.1);
    }
    const scaled = applyScaler(found, matrix);
    const before = applyScaler(expected, plain);
    for (const row of ALL_ROWS) {
      if (row === WICK_ROW) continue;
      for (let f = 0; f < NAMES.length; f++) {
        const at = row * NAMES.length + f;
        expect(Math.abs(scaled[at] - before[at])).toBeLessThan(0.6);
      }
    }
  },
);

test('the longest wick that is not cut no more than doubles the deviation', () => {
  const f = NAMES.indexOf('range');
  const scaleOf = (series: CandleSeries) => fitScaler(buildDataset(series, OPTIONS).matrix, ALL_ROWS).scale[f];
  expect(scaleOf(wicked(1.49)) / scaleOf(market())).toBeLessThan(2.2);
});

test('whether a wick is cut is known at the close of its candle', () => {
  const series = wicked(7);
  const whole = buildDataset(series, OPTIONS).matrix.values;
  const until = buildDataset(sliceCandles(series, 0, WICK_ROW + 1), OPTIONS).matrix.values;
  expect(Array.from(until)).toEqual(Array.from(whole.subarray(0, until.length)));
});

/** The prices from `row` on in other units. */
function redenominated(row: number, factor: number): CandleSeries {
  const series = market();
  for (const column of [series.open, series.high, series.low, series.close]) {
    for (let at = row; at < ROWS; at++) column[at] *= factor;
  }
  return series;
}

test('a redenomination splits the series, with or without a halt, and no return crosses it', () => {
  const overnight = redenominated(1_000, 0.001);
  expect(findSegmentStarts(overnight, 24)).toEqual([0, 1_000]);
  const { matrix, target } = buildDataset(overnight, OPTIONS);
  expect(target.logReturn[999]).toBeNaN();
  expect(target.logReturn[998]).not.toBeNaN();
  expect(matrix.isReady[999]).toBe(1);
  expect(matrix.isReady[1_000]).toBe(0);
  for (const value of target.logReturn) expect(Math.abs(value) > 1).toBe(false);

  const kept = Array.from({ length: ROWS }, (_, row) => row).filter((row) => row < 995 || row >= 1_000);
  const halted = selectCandles(redenominated(1_000, 0.01), kept);
  expect(findSegmentStarts(halted, 24)).toEqual([0, 995]);
  expect(findSegmentStarts(selectCandles(market(), kept), 24)).toEqual([0]);
});

test('both sides of a break are the features of a market by itself', () => {
  const series = redenominated(1_000, 0.001);
  const { values } = buildDataset(series, OPTIONS).matrix;
  const after = buildDataset(sliceCandles(series, 1_000, rowCountOf(series)), OPTIONS).matrix.values;
  expect(Array.from(values.subarray(1_000 * NAMES.length))).toEqual(Array.from(after));
});
