import { describe, expect, test } from 'vitest';
import { meanSquare } from '../core/statistics.js';
import { measureForecast } from '../evaluation/metrics.js';
import { outcomesAt } from '../evaluation/outcomes.js';
import { createLstmForecaster } from '../forecast/lstm-forecaster.js';
import { createNativeEngine } from '../lstm/engines/native/native-engine.js';
import { createWasmEngine } from '../lstm/engines/wasm/wasm-engine.js';
import { trainEnsembles } from '../lstm/ensemble.js';
import { simulateMarket } from '../market/simulated-market.js';
import { parseTrainOptions } from '../options/train-options.js';
import { prepareTraining } from './prepare.js';
import { ensembleOptionsOf, modelOf } from './stages.js';

/** The options of `tradeai demo`. */
const options = parseTrainOptions({
  symbol: 'TESTUSDT',
  window: 12,
  hidden: 16,
  batch: 64,
  lr: 1e-3,
  epochs: 40,
  patience: 8,
  folds: 0,
});

async function trainOnMarket(plantedR2: number, seed: number) {
  const market = simulateMarket({
    symbol: 'TESTUSDT',
    interval: '1h',
    rowCount: 25_000,
    seed,
    firstOpenTimeMs: Date.UTC(2023, 0, 2),
    plantedR2,
  });
  const engine = await createNativeEngine().catch(() => createWasmEngine());
  const prepared = prepareTraining(market.series, options);
  const { dataset, folds } = prepared;
  const [{ rows }] = folds;
  const ensemble = ensembleOptionsOf(options, dataset, folds[0]);
  const [members] = await trainEnsembles(engine, [ensemble]);
  const model = modelOf(options, folds[0], members);
  const outcomes = outcomesAt(dataset, rows.test);
  const metrics = measureForecast(await createLstmForecaster(engine, model).forecast(dataset, rows.test), outcomes);
  // What a forecaster who knows the market's equations attains on the same rows.
  const oracle = Float64Array.from(rows.test, (row, i) => market.expectedLogReturn[row] / outcomes.volatility[i]);
  const attainableR2 = 1 - meanSquare(outcomes.scaled, oracle) / meanSquare(outcomes.scaled);
  return { metrics, attainableR2 };
}

describe('on a simulated market', () => {
  test('with a planted signal the LSTM recovers at least 70 % of what is attainable', async () => {
    const { metrics, attainableR2 } = await trainOnMarket(0.05, 1);
    expect(attainableR2).toBeGreaterThan(0.03);
    expect(metrics.r2Scaled! / attainableR2).toBeGreaterThan(0.7);
  });

  test('without one its IC stays within chance', async () => {
    const { metrics } = await trainOnMarket(0, 2);
    // A correlation of independent series has standard error 1/√n; 2.58 of them hold 99 % of all seeds.
    expect(Math.abs(metrics.ic!)).toBeLessThan(2.58 / Math.sqrt(metrics.rows));
    expect(metrics.r2Scaled!).toBeLessThan(0.001);
  });
});
