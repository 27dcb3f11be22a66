import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  makeCandles,
  openDoctorWorkspace,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import { buildDataset, canPredict } from '../dataset/dataset.js';
import { applyScaler } from '../dataset/scaler.js';
import type { LstmEngine } from '../lstm/engine.js';
import { type CandleSeries, rowCountOf, selectCandles, sliceCandles } from '../market/candle-series.js';
import { datasetOptionsOf } from '../training/prepare.js';
import { createForecaster } from '../versions/create-forecaster.js';
import { decodeModel, type StoredModel } from '../versions/model-files.js';
import { inferWindows } from './infer-windows.js';
import { openLiveForecaster } from './live-forecaster.js';
import { predictNewest } from './predict.js';

const SYMBOL = 'TESTUSDT';
const ROWS = 900;
let workspace: DoctorWorkspace;
let series: CandleSeries;
let model: StoredModel;
let engine: LstmEngine;

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  series = makeCandles({ symbol: SYMBOL, rowCount: ROWS, momentum: 0.3 });
  await workspace.store(series);
  await trainSmall(workspace, {
    symbol: SYMBOL,
    // rsi and macd remember everything since the beginning of their segment
    features: ['return_1', 'return_6', 'volatility_24', 'volume_z_24', 'rsi_14', 'macd_histogram', 'hour_sin'],
    epochs: 2,
    members: 2,
  });
  model = decodeModel(await workspace.ports.registry.load(SYMBOL));
  engine = await workspace.ports.createEngine(model.config.engine, 1);
});

afterAll(() => workspace.remove());

/** The candles without those in the holes. */
function dropRows(candles: CandleSeries, holes: readonly { start: number; length: number }[]): CandleSeries {
  const isDropped = (row: number) => holes.some(({ start, length }) => row >= start && row < start + length);
  return selectCandles(
    candles,
    Array.from({ length: rowCountOf(candles) }, (_, row) => row).filter((row) => !isDropped(row)),
  );
}

/** The candles in other units from a row on, with a print far off the market in another. */
function distort(candles: CandleSeries, breakRow: number, wickRow: number): CandleSeries {
  const changed = sliceCandles(candles, 0, rowCountOf(candles));
  for (const name of ['open', 'high', 'low', 'close'] as const) {
    for (let row = breakRow; row < rowCountOf(changed); row++) changed[name][row] /= 1_000;
  }
  changed.high[wickRow] *= 30;
  return changed;
}

/** What the whole path of training and evaluation makes of the newest row; `undefined` where it makes nothing. */
async function forecastFromWhole(candles: CandleSeries) {
  const dataset = buildDataset(candles, datasetOptionsOf(model.config));
  const row = rowCountOf(candles) - 1;
  if (!canPredict(dataset, row)) return undefined;
  const [scaledChange] = await createForecaster(model, engine).forecast(dataset, Int32Array.of(row));
  const width = model.config.window * model.config.features.length;
  const end = (row + 1) * model.config.features.length;
  const inputs = applyScaler(model.lstm.scaler, dataset.matrix).slice(end - width, end);
  return { scaledChange, volatility: dataset.target.volatility[row], inputs: Array.from(inputs) };
}

test('the bits are those of the whole series, wherever it is cut and whatever is missing', async () => {
  let forecasts = 0;
  let refusals = 0;
  const hole = fc.record({ start: fc.integer({ min: 1, max: ROWS - 1 }), length: fc.integer({ min: 1, max: 60 }) });
  const row = fc.integer({ min: 1, max: ROWS - 1 });
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: ROWS }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(hole, { maxLength: 3 }), cuts, row, row, async (holes, cutRows, breakRow, wickRow) => {
      const candles = dropRows(distort(series, breakRow, wickRow), holes);
      const rows = cutRows.map((row) => Math.min(row, rowCountOf(candles))).sort((a, b) => a - b);
      const live = await openLiveForecaster(model, sliceCandles(candles, 0, rows[0]), engine);
      for (const [index, row] of rows.entries()) {
        // the newest candles come again, as a source sends them with every update
        const from = index === 0 ? row : Math.max(0, rows[index - 1] - 2);
        expect(live.advance(sliceCandles(candles, from, row)).isRevised).toBe(false);
        const expected = await forecastFromWhole(sliceCandles(candles, 0, row));
        if (expected === undefined) {
          refusals += 1;
          await expect(live.forecast({ nowMs: 0 })).rejects.toMatchObject({ code: 'CANDLES_TOO_FEW' });
        } else {
          forecasts += 1;
          const { scaledChange, volatility, inputs } = await live.forecast({ nowMs: 0 });
          expect({ scaledChange, volatility, inputs: Array.from(inputs) }).toEqual(expected);
          expect(live.asOfMs).toBe(candles.openTimeMs[row - 1] + 3_600_000);
        }
      }
    }),
    { numRuns: Number(process.env.TRADEAI_PROPERTY_RUNS ?? 60), seed: 1 },
  );
  expect(Math.min(forecasts, refusals)).toBeGreaterThan(10);
});

test('predict says what the live forecast says', async () => {
  const live = await openLiveForecaster(model, sliceCandles(series, 0, ROWS - 20), engine);
  live.advance(sliceCandles(series, ROWS - 20, ROWS));
  const { prediction } = await live.forecast({ nowMs: workspace.ports.now() });
  expect(prediction).toEqual(await predictNewest({ name: SYMBOL, offline: true }, workspace.ports));
});

test('candles seen already change nothing', async () => {
  const live = await openLiveForecaster(model, series, engine);
  const before = await live.forecast({ nowMs: 0 });
  expect(live.advance(sliceCandles(series, ROWS - 5, ROWS))).toEqual({ addedRows: 0, isRevised: false });
  expect(await live.forecast({ nowMs: 0 })).toEqual(before);
});

test('a revised candle, a late one and one too old to tell ask for another forecaster', async () => {
  const withHole = dropRows(series, [{ start: ROWS - 10, length: 1 }]);
  const live = await openLiveForecaster(model, withHole, engine);
  const before = await live.forecast({ nowMs: 0 });
  const revised = sliceCandles(series, ROWS - 2, ROWS);
  revised.close[0] *= 1.0001;
  expect(live.advance(revised)).toEqual({ addedRows: 0, isRevised: true });
  expect(live.advance(sliceCandles(series, ROWS - 10, ROWS - 9))).toEqual({ addedRows: 0, isRevised: true });
  expect(live.advance(sliceCandles(series, 0, 2))).toEqual({ addedRows: 0, isRevised: true });
  expect(await live.forecast({ nowMs: 0 })).toEqual(before);
});

test('windows of a caller have the scores they have in a series', async () => {
  const dataset = buildDataset(series, datasetOptionsOf(model.config));
  const rows = Int32Array.from({ length: 300 }, (_, i) => ROWS - 300 + i);
  const featureCount = model.config.features.length;
  const width = model.config.window * featureCount;
  const windows = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    const end = (row + 1) * featureCount;
    windows.set(dataset.matrix.values.subarray(end - width, end), i * width);
  }
  const expected = await createForecaster(model, engine).forecast(dataset, rows);
  expect(await inferWindows(createForecaster(model, engine), windows)).toEqual(expected);
});

test('a model says its kind; one without is an LSTM, and one of an unknown kind is refused', async () => {
  const version = await workspace.ports.registry.load(SYMBOL);
  const { kind, ...older } = version.manifest;
  expect(kind).toBe('lstm');
  expect(decodeModel({ ...version, manifest: older })).toMatchObject({ kind: 'lstm', lstm: model.lstm });
  const newer = { ...version, manifest: { ...version.manifest, kind: 'oracle' }, files: new Map() };
  expect(() => decodeModel(newer)).toThrow(
    expect.objectContaining({
      code: 'MODEL_MISMATCH',
      message: `${SYMBOL} version 1 is a model of kind "oracle"; this program knows lstm`,
      hint: expect.stringContaining('written by a newer program'),
    }),
  );
});

test('what is no whole window, or no number, is refused by its place', async () => {
  const width = model.config.window * model.config.features.length;
  await expect(inferWindows(createForecaster(model, engine), new Float64Array(width + 1))).rejects.toMatchObject({
    code: 'USAGE',
  });
  await expect(inferWindows(createForecaster(model, engine), new Float64Array(0))).rejects.toMatchObject({
    code: 'USAGE',
  });
  const windows = new Float64Array(2 * width);
  windows[width + model.config.features.length + 2] = Number.NaN;
  await expect(inferWindows(createForecaster(model, engine), windows)).rejects.toMatchObject({
    code: 'FEATURE_INVALID',
    message: expect.stringContaining('window 1, row 1, volatility_24'),
  });
});
