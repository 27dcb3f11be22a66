import { beforeAll, describe, expect, test } from 'vitest';
import { buildDataset, type Dataset, labelledRows } from '../dataset/dataset.js';
import { fitScaler, type Scaler } from '../dataset/scaler.js';
import { parseFeatures } from '../features/catalogue.js';
import { type CandleSeries, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { simulateMarket } from '../market/simulated-market.js';
import type { BaselineRows } from './baselines.js';
import type { Forecaster, WindowForecaster } from './forecaster.js';

/** What a forecaster is fitted on. */
export interface FitInput {
  readonly dataset: Dataset;
  readonly scaler: Scaler;
  readonly rows: BaselineRows;
}

export interface ContractOptions {
  readonly fitForecaster: (input: FitInput) => Forecaster | Promise<Forecaster>;
  /** Whether it reads features: then it refuses others than those it was fitted on. */
  readonly readsFeatures: boolean;
}

/** Rows that a contract's forecaster may look back on with its window. */
export const CONTRACT_WINDOW_ROWS = 5;
const FEATURES = ['scaled_return_1', 'volatility_24', 'volume_z_24', 'hour_sin'];
const ROWS = 700;
const FITTED_ROWS = 500;

function datasetOf(series: CandleSeries, featureNames: readonly string[] = FEATURES): Dataset {
  return buildDataset(series, {
    features: parseFeatures(featureNames),
    windowRows: CONTRACT_WINDOW_ROWS,
    horizonSteps: 2,
    maximumGapRows: 3,
  });
}

/**
 * What every forecaster must do: forecast each row for itself and from its past alone, say the same every time, and leave
 * the dataset as it is.
 */
export function testForecasterContract(name: string, { fitForecaster, readsFeatures }: ContractOptions): void {
  describe(`the forecaster ${name}`, () => {
    const { series } = simulateMarket({
      symbol: 'TESTUSDT',
      interval: '1h',
      rowCount: ROWS,
      seed: 3,
      firstOpenTimeMs: Date.UTC(2024, 0, 1),
      plantedR2: 0.2,
    });
    const dataset = datasetOf(series);
    const asked = labelledRows(dataset, { start: FITTED_ROWS, end: ROWS });
    const fitted: FitInput = {
      dataset: datasetOf(sliceCandles(series, 0, FITTED_ROWS)),
      rows: {
        train: labelledRows(dataset, { start: 0, end: 400 }),
        validation: labelledRows(dataset, { start: 404, end: FITTED_ROWS - 2 }),
      },
      scaler: fitScaler(dataset.matrix, labelledRows(dataset, { start: 0, end: 400 })),
    };
    let forecaster: Forecaster;

    beforeAll(async () => {
      forecaster = await fitForecaster(fitted);
    });

    test('has a name and one finite forecast for each row asked about', async () => {
      expect(forecaster.name).toMatch(/^[a-z]+$/);
      const forecasts = await forecaster.forecast(dataset, asked);
      expect(forecasts).toBeInstanceOf(Float64Array);
      expect(forecasts).toHaveLength(asked.length);
      expect(forecasts.every(Number.isFinite)).toBe(true);
      expect(await forecaster.forecast(dataset, new Int32Array(0))).toHaveLength(0);
    });

    test('says the same every time, and so does another fit on the same rows', async () => {
      const forecasts = await forecaster.forecast(dataset, asked);
      expect(await forecaster.forecast(dataset, asked)).toEqual(forecasts);
      expect(await (await fitForecaster(fitted)).forecast(dataset, asked)).toEqual(forecasts);
    });

    test('gives each row the same bits in a batch, alone and in another order', async () => {
      const forecasts = await forecaster.forecast(dataset, asked);
      expect(await forecaster.forecast(dataset, asked.slice().reverse())).toEqual(forecasts.slice().reverse());
      for (const position of [0, 1, 77, asked.length - 1]) {
        const alone = await forecaster.forecast(dataset, Int32Array.of(asked[position]));
        expect(alone).toEqual(forecasts.slice(position, position + 1));
      }
    });

    test('looks at nothing behind a row: neither missing nor other candles change its forecast', async () => {
      const forecasts = await forecaster.forecast(dataset, asked);
      for (const position of [0, 60, asked.length - 1]) {
        const row = asked[position];
        const cut = datasetOf(sliceCandles(series, 0, row + 1));
        const other = datasetOf(changeAfter(series, row));
        for (const changed of [cut, other]) {
          expect(await forecaster.forecast(changed, asked.slice(0, position + 1)), `row ${row}`).toEqual(
            forecasts.slice(0, position + 1),
          );
        }
      }
    });

    test('leaves the dataset as it is', async () => {
      const before = structuredClone({ series, matrix: dataset.matrix.values, target: dataset.target });
      await forecaster.forecast(dataset, asked);
      expect({ series, matrix: dataset.matrix.values, target: dataset.target }).toEqual(before);
    });

    if (!readsFeatures) return;

    test('refuses a dataset of other features', async () => {
      for (const names of [FEATURES.slice(1), [...FEATURES].reverse()]) {
        const asking = forecaster.forecast(datasetOf(series, names), asked);
        await expect(asking).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
      }
    });
  });
}

/** What is stored and served must do more: windows by themselves have the bits they have within a dataset. */
export function testWindowForecasterContract(
  name: string,
  fitForecaster: (input: FitInput) => WindowForecaster | Promise<WindowForecaster>,
): void {
  testForecasterContract(name, { fitForecaster, readsFeatures: true });

  describe(`the forecaster ${name} of windows`, () => {
    const { series } = simulateMarket({
      symbol: 'TESTUSDT',
      interval: '1h',
      rowCount: ROWS,
      seed: 4,
      firstOpenTimeMs: Date.UTC(2024, 0, 1),
      plantedR2: 0.2,
    });
    const dataset = datasetOf(series);
    const train = labelledRows(dataset, { start: 0, end: FITTED_ROWS });
    const asked = labelledRows(dataset, { start: FITTED_ROWS, end: ROWS });
    let forecaster: WindowForecaster;

    beforeAll(async () => {
      const scaler = fitScaler(dataset.matrix, train);
      forecaster = await fitForecaster({ dataset, scaler, rows: { train, validation: asked } });
    });

    const windowOf = (row: number) => {
      const { values } = dataset.matrix;
      const end = (row + 1) * FEATURES.length;
      return values.slice(end - CONTRACT_WINDOW_ROWS * FEATURES.length, end);
    };

    test('says what a window is made of', () => {
      const { featureNames, windowRows, engine } = forecaster;
      expect({ featureNames, windowRows }).toEqual({ featureNames: FEATURES, windowRows: CONTRACT_WINDOW_ROWS });
      expect(engine).toMatch(/^[a-z]+$/);
    });

    test('gives windows by themselves the bits they have within a dataset', async () => {
      const expected = await forecaster.forecast(dataset, asked);
      const windows = Float64Array.from(Array.from(asked).flatMap((row) => Array.from(windowOf(row))));
      const inputs = forecaster.scaleWindows(windows);
      expect(inputs).toHaveLength(windows.length);
      expect(await forecaster.forecastWindows(inputs)).toEqual(expected);
      const alone = forecaster.scaleWindows(windowOf(asked[9]));
      expect(await forecaster.forecastWindows(alone)).toEqual(expected.slice(9, 10));
    });

    test('refuses a window that holds no number', async () => {
      const inputs = forecaster.scaleWindows(windowOf(asked[0]));
      inputs[inputs.length - 2] = Number.NaN;
      await expect(forecaster.forecastWindows(inputs)).rejects.toMatchObject({ code: 'FEATURE_INVALID' });
    });

    test('names the features that are unlike anything it was fitted on, farthest first', () => {
      const features = windowOf(asked[0]).slice(-FEATURES.length);
      expect(forecaster.findNovelFeatures(features)).toEqual([]);
      features[1] += 1;
      features[2] -= 1e6;
      expect(forecaster.findNovelFeatures(features)).toEqual(['volume_z_24', 'volatility_24']);
    });
  });
}

/** The same candles up to a row, others behind it. */
function changeAfter(series: CandleSeries, row: number): CandleSeries {
  const changed = sliceCandles(series, 0, rowCountOf(series));
  for (let later = row + 1; later < rowCountOf(changed); later++) {
    for (const name of ['open', 'high', 'low', 'close'] as const) changed[name][later] *= 1 + 0.01 * (later % 7);
    changed.volume[later] *= 3;
  }
  return changed;
}
