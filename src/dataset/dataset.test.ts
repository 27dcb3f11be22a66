import { describe, expect, test } from 'vitest';
import { DEFAULT_FEATURE_NAMES, parseFeatures } from '../features/catalogue.js';
import { type CandleSeries, rowCountOf, selectCandles, sliceCandles } from '../market/candle-series.js';
import { simulateMarket } from '../market/simulated-market.js';
import { buildDataset, canPredict, labelledRows } from './dataset.js';
import { applyScaler, checkFeatureNames, findConstantFeatures, fitScaler } from './scaler.js';
import { planSplit } from './split.js';
import { changeOfScore, TARGET_CLIP } from './target.js';

const { series } = simulateMarket({
  symbol: 'TESTUSDT',
  interval: '1h',
  rowCount: 900,
  seed: 11,
  firstOpenTimeMs: Date.UTC(2024, 0, 1),
  plantedR2: 0,
});
const options = {
  features: parseFeatures(DEFAULT_FEATURE_NAMES),
  windowRows: 24,
  horizonSteps: 1,
  maximumGapRows: 24,
};

function rowsWithout(candles: CandleSeries, start: number, end: number): CandleSeries {
  const rows = Array.from(candles.openTimeMs.keys()).filter((row) => row < start || row >= end);
  return selectCandles(candles, rows);
}

describe('the split', () => {
  test.each([1, 4, 24])('keeps labels of horizon %i out of the next part', (horizonSteps) => {
    const split = planSplit({ rowCount: 1000, horizonSteps, testShare: 0.3, validationShare: 0.15 });
    expect(split.test).toEqual({ start: 700, end: 1000 });
    expect(split.validation.start).toBe(550);
    // The last label of a part ends before the next part begins, and as many rows of embargo again.
    expect(split.train.end - 1 + horizonSteps).toBeLessThan(split.validation.start - horizonSteps + 1);
    expect(split.validation.end - 1 + horizonSteps).toBeLessThan(split.test.start - horizonSteps + 1);
  });

  test('an empty part is refused', () => {
    const plan = () => planSplit({ rowCount: 100, horizonSteps: 60, testShare: 0.3, validationShare: 0.15 });
    expect(plan).toThrow(/the train part of 100 candles is empty/);
  });
});

describe('the target', () => {
  test('is the next log return in trailing volatilities, clipped', () => {
    const { target } = buildDataset(series, options);
    for (let row = 200; row < 300; row++) {
      const expected = Math.log(series.close[row + 1] / series.close[row]) / target.volatility[row];
      expect(target.scaled[row]).toBe(Math.max(-TARGET_CLIP, Math.min(TARGET_CLIP, expected)));
      expect(changeOfScore(expected, target.volatility[row])).toBeCloseTo(
        series.close[row + 1] / series.close[row] - 1,
        12,
      );
    }
  });

  test('is absent at the end and before a missing candle', () => {
    const gapped = rowsWithout(series, 500, 503);
    const { target } = buildDataset(gapped, { ...options, horizonSteps: 2 });
    expect([497, 498, 499, 500].map((row) => Number.isNaN(target.scaled[row]))).toEqual([false, true, true, false]);
    expect(target.scaled.at(-1)).toBeNaN();
    expect(target.scaled.at(-3)).not.toBeNaN();
  });

  test('volatility of a horizon of 4 is twice that of 1', () => {
    const one = buildDataset(series, options).target.volatility[600];
    expect(buildDataset(series, { ...options, horizonSteps: 4 }).target.volatility[600]).toBeCloseTo(2 * one, 14);
  });
});

describe('rows', () => {
  test('begin when the whole window is warm', () => {
    const dataset = buildDataset(series, options);
    const [first] = labelledRows(dataset, { start: 0, end: rowCountOf(series) });
    // The slowest feature, volatility over 168 returns, is warm at row 168; the window needs 23 more.
    expect(first).toBe(168 + 23);
    expect(canPredict(dataset, first - 1)).toBe(false);
  });

  test('a long gap starts over, a short one does not', () => {
    const short = buildDataset(rowsWithout(series, 500, 524), options);
    const long = buildDataset(rowsWithout(series, 500, 525), options);
    expect(canPredict(short, 510)).toBe(true);
    expect(canPredict(long, 500 + 168 + 22)).toBe(false);
    expect(canPredict(long, 500 + 168 + 23)).toBe(true);
  });
});

describe('the future', () => {
  test('changes nothing at or before now, whatever it is', () => {
    const now = 700;
    const rows = Array.from(series.openTimeMs.keys());
    const shuffled = [...rows.slice(0, now + 1), ...rows.slice(now + 1).reverse()];
    const times = series.openTimeMs;
    const other: CandleSeries = { ...selectCandles(series, shuffled), openTimeMs: times };
    const a = buildDataset(series, options);
    const b = buildDataset(other, options);
    const upTo = (now + 1) * options.features.length;
    expect(b.matrix.values.slice(0, upTo)).toEqual(a.matrix.values.slice(0, upTo));
    expect(b.target.volatility.slice(0, now + 1)).toEqual(a.target.volatility.slice(0, now + 1));
    expect(b.target.scaled.slice(0, now)).toEqual(a.target.scaled.slice(0, now));
    const rowsA = labelledRows(a, { start: 0, end: 500 });
    const rowsB = labelledRows(b, { start: 0, end: 500 });
    expect(fitScaler(b.matrix, rowsB)).toEqual(fitScaler(a.matrix, rowsA));
  });

  test('is not needed: a cut history has the same rows', () => {
    const whole = buildDataset(series, options);
    const cut = buildDataset(sliceCandles(series, 0, 600), options);
    expect(cut.matrix.values).toEqual(whole.matrix.values.slice(0, cut.matrix.values.length));
    expect(canPredict(cut, 599)).toBe(true);
  });
});

describe('the scaler', () => {
  const dataset = buildDataset(series, options);
  const rows = labelledRows(dataset, { start: 0, end: 500 });

  test('gives the rows it was fitted on mean 0 and deviation 1, before clipping', () => {
    const scaler = fitScaler(dataset.matrix, rows);
    const scaled = applyScaler({ ...scaler, clip: Number.POSITIVE_INFINITY }, dataset.matrix);
    const width = scaler.mean.length;
    for (let f = 0; f < width; f++) {
      const column = Array.from(rows, (row) => scaled[row * width + f]);
      const center = column.reduce((sum, value) => sum + value, 0) / column.length;
      const variance = column.reduce((sum, value) => sum + (value - center) ** 2, 0) / column.length;
      expect(center).toBeCloseTo(0, 9);
      expect(variance).toBeCloseTo(1, 9);
    }
  });

  test('clips what lies far outside', () => {
    const scaled = applyScaler(fitScaler(dataset.matrix, rows.slice(0, 20)), dataset.matrix);
    const known = scaled.filter((value) => !Number.isNaN(value));
    expect(Math.max(...known)).toBe(5);
    expect(Math.min(...known)).toBe(-5);
  });

  test('leaves a constant feature at 0 and names it', () => {
    const values = dataset.matrix.values.map((value, i) => (i % 17 === 3 ? 7.1 : value));
    const constant = { ...dataset.matrix, values };
    expect(findConstantFeatures(constant, rows)).toEqual([constant.featureNames[3]]);
    const scaled = applyScaler(fitScaler(constant, rows), constant);
    expect(Math.abs(scaled[rows[0] * 17 + 3])).toBeLessThan(1e-12);
  });

  test('names the features that do not fit', () => {
    expect(() => checkFeatureNames(['a', 'b'], ['a', 'c'])).toThrow(/missing: b; not in the model: c/);
    expect(() => checkFeatureNames(['a', 'b'], ['b', 'a'])).toThrow(/another order/);
  });
});
