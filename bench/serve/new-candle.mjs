// From a candle that is stored to its forecast in the ledger: features, four networks, the outcome of the candle before,
// both synced to disk. The history has 74,000 candles, eight and a half years of hours.
//
//     npm run build && node bench/serve/new-candle.mjs [--candles 300] [--rows 74000] [--home FOLDER]
//
// FOLDER says which disk is synced to; a folder of the system's temporary one when absent.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, version } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { composePorts } from '../../dist/app/compose.js';
import { buildDataset, labelledRows } from '../../dist/dataset/dataset.js';
import { fitScaler } from '../../dist/dataset/scaler.js';
import { openLiveForecaster } from '../../dist/live/live-forecaster.js';
import { LiveTrackRecord } from '../../dist/live/live-track-record.js';
import { findDueOutcomes, serveForecast } from '../../dist/live/serve-forecast.js';
import { roundWeights } from '../../dist/lstm/ensemble.js';
import { startMember } from '../../dist/lstm/trainer.js';
import { sliceCandles } from '../../dist/market/candle-series.js';
import { simulateMarket } from '../../dist/market/simulated-market.js';
import { parseTrainOptions } from '../../dist/options/train-options.js';
import { datasetOptionsOf } from '../../dist/training/prepare.js';
import { architectureOf, hashWeights } from '../../dist/versions/model-files.js';

const { values: flags } = parseArgs({
  options: {
    candles: { type: 'string', default: '300' },
    rows: { type: 'string', default: '74000' },
    home: { type: 'string' },
  },
});
const candleCount = Number(flags.candles);
const rowCount = Number(flags.rows);
const home = mkdtempSync(join(flags.home ?? tmpdir(), 'tradeai-bench-'));

const { series } = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: rowCount + candleCount,
  seed: 1,
  firstOpenTimeMs: Date.UTC(2018, 0, 1),
  plantedR2: 0.01,
});
const ports = composePorts({ home, environment: process.env, onNote: console.error });
const engine = await ports.createEngine('auto', 1);
const model = makeModel();
await ports.store.append('demo', sliceCandles(series, 0, rowCount));

const warmUpMs = await timed(async () => openLiveForecaster(model, sliceCandles(series, 0, rowCount), engine));
const forecaster = warmUpMs.result;
const nothing = { hitRate: null, ic: null, brier: null, intervalCoverage: null };
const keeper = new LiveTrackRecord(model, {
  ...nothing,
  floor: { hitRate: 0.5, intervalCoverage: 0.79, beatsNoChange: true },
});

const times = { computed: [], served: [] };
for (let row = rowCount; row < rowCount + candleCount; row++) {
  const candle = sliceCandles(series, row, row + 1);
  // Storing the candle is not part of the time.
  if (row % 20 === 0) await ports.store.append('demo', sliceCandles(series, row - 19, row + 1));
  const computed = await timed(async () => {
    forecaster.advance(candle);
    return forecaster.forecast({ nowMs: Date.now() });
  });
  const served = await timed(async () => {
    const { resolutions, entries } = await findDueOutcomes('BTCUSDT', candle, ports);
    keeper.take(entries);
    const context = { resolutions, interval: keeper.predictionInterval() };
    const { entry } = await serveForecast(forecaster, 'champion', ports, context);
    keeper.take([entry]);
  });
  times.computed.push(computed.ms);
  // The forecast is made twice here and once in a server.
  times.served.push(computed.ms + served.ms);
}
const recordMs = (await timed(async () => keeper.record())).ms;
rmSync(home, { recursive: true });

console.log(`${cpus()[0].model}, Node ${process.version}, ${version()}`);
console.log(
  `${engine.description}, window ${model.config.window}, ${model.config.features.length} features, ${model.config.members} × ${model.config.hidden} units`,
);
console.log(`warm-up on ${rowCount} candles: ${warmUpMs.ms.toFixed(0)} ms`);
describe('candle to forecast', times.computed);
describe('candle to forecast in the ledger, synced, with the outcome of the last one', times.served);
console.log(`track record of ${candleCount} forecasts measured: ${recordMs.toFixed(1)} ms`);

function makeModel() {
  const options = parseTrainOptions({ symbol: 'BTCUSDT' });
  const config = { ...options, name: 'BTCUSDT', interval: '1h', source: 'demo' };
  const dataset = buildDataset(sliceCandles(series, 0, 3_000), datasetOptionsOf(config));
  const architecture = architectureOf(config);
  const memberWeights = Array.from({ length: config.members }, (_, seed) =>
    roundWeights(startMember(architecture, seed).bestWeights),
  );
  return {
    config,
    lstm: {
      architecture,
      windowRows: config.window,
      scaler: fitScaler(dataset.matrix, labelledRows(dataset, { start: 0, end: 3_000 })),
      memberWeights,
    },
    calibration: {
      confidence: { method: 'logistic', intercept: 0, slope: 0.1, rows: 1_000 },
      interval: { method: 'quantile-tracking', level: 0.8, halfWidth: 1.2, step: 0.05 },
    },
    manifest: { name: 'BTCUSDT', version: 1, verdict: 'skill', weightsSha256: hashWeights(memberWeights) },
  };
}

async function timed(action) {
  const startMs = performance.now();
  const result = await action();
  return { ms: performance.now() - startMs, result };
}

function describe(what, ms) {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(2);
  console.log(`${what}: median ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${sorted.at(-1).toFixed(2)} ms`);
}
