import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  makeCandles,
  openDoctorWorkspace,
  publishChanged,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import { hasOutcome } from '../evaluation/ledger.js';
import { trackIntervals } from '../forecast/conformal.js';
import type { LstmEngine } from '../lstm/engine.js';
import { createReferenceEngine } from '../lstm/engines/reference/reference-engine.js';
import { roundWeights } from '../lstm/ensemble.js';
import { membersToSafetensors } from '../lstm/weights-file.js';
import { type CandleSeries, closeTimeMs, sliceCandles } from '../market/candle-series.js';
import { decodeModel, type StoredModel } from '../versions/model-files.js';
import { openLiveForecaster } from './live-forecaster.js';
import { openTrackRecord } from './live-track-record.js';
import { replayLedger } from './replay-ledger.js';
import { findDueOutcomes, serveForecast } from './serve-forecast.js';

const SYMBOL = 'TESTUSDT';
const ROWS = 900;
/** The history before the server starts. */
const KNOWN_ROWS = 820;
let workspace: DoctorWorkspace;
let series: CandleSeries;
let model: StoredModel;
let engine: LstmEngine;

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  series = makeCandles({ symbol: SYMBOL, rowCount: ROWS, momentum: 0.3 });
  await workspace.store(sliceCandles(series, 0, KNOWN_ROWS));
  await trainSmall(workspace, { symbol: SYMBOL, members: 2, epochs: 2 });
  model = decodeModel(await workspace.ports.registry.load(SYMBOL));
  engine = await workspace.ports.createEngine(model.config.engine, 1);
});

afterAll(() => workspace.remove());

/** Serves the candles [start, end) as they close, scoring what is due before each forecast, as a server does. */
async function serveCandles(start: number, end: number) {
  const { ports } = workspace;
  const forecaster = await openLiveForecaster(model, sliceCandles(series, 0, start), engine);
  const keeper = await openTrackRecord(model, ports);
  const served = [];
  for (let row = start; row < end; row++) {
    const candles = sliceCandles(series, 0, row + 1);
    workspace.setClock(candles);
    forecaster.advance(sliceCandles(series, row, row + 1));
    const { resolutions, entries } = await findDueOutcomes(SYMBOL, candles, ports);
    keeper.take(entries);
    const forecast = await serveForecast(forecaster, 'champion', ports, {
      resolutions,
      interval: keeper.predictionInterval(),
    });
    expect(forecast.resolved).toEqual(entries);
    keeper.take([forecast.entry]);
    served.push(forecast);
  }
  return { served, keeper, forecaster };
}

test('serves, scores, survives a restart, and replays to the same bits', async () => {
  const { ports } = workspace;
  const first = await serveCandles(KNOWN_ROWS, KNOWN_ROWS + 30);
  const second = await serveCandles(KNOWN_ROWS + 30, ROWS);
  const { entries } = await ports.ledger.read({ name: SYMBOL, limit: 1_000 });
  expect(entries).toHaveLength(ROWS - KNOWN_ROWS);
  expect(entries[0].outcome).toBeNull();
  const served = [...first.served, ...second.served];
  for (const [i, entry] of entries.toReversed().entries()) {
    const row = KNOWN_ROWS + i;
    const { prediction } = served[i];
    expect(prediction).toMatchObject({
      asOfMs: closeTimeMs(series, row),
      lastClose: series.close[row],
      predictedChange: entry.predictedChange,
      interval80: entry.interval80,
      signal: entry.signal,
    });
    expect(entry.weightsSha256).toBe(model.manifest.weightsSha256);
    if (row + 1 < ROWS) {
      expect(entry.outcome).toMatchObject({
        close: series.close[row + 1],
        change: series.close[row + 1] / series.close[row] - 1,
        scoredAtMs: closeTimeMs(series, row + 1),
      });
    }
  }

  const record = second.keeper.record();
  expect(record).toMatchObject({ forecasts: ROWS - KNOWN_ROWS, scored: ROWS - KNOWN_ROWS - 1, version: 1 });
  expect(record.promised.hitRate).toBeGreaterThan(0.4);
  expect(record.drift.pValue).toBeGreaterThan(0);
  expect((await openTrackRecord(model, ports)).record()).toEqual(record);

  // The interval is the one that the walk-forward's rule gives on the same rows.
  const scored = second.keeper.scored();
  const scores = Float64Array.from(scored, ({ score }) => score);
  const outcomes = Float64Array.from(scored, ({ outcome, volatility }) =>
    Math.max(-5, Math.min(5, Math.log1p(outcome.change) / volatility)),
  );
  const tracked = trackIntervals(model.calibration.interval, scores, outcomes, 1);
  expect(second.keeper.predictionInterval()).toEqual(tracked.state);
  for (const [i, { interval80, score, volatility }] of entries.filter(hasOutcome).reverse().entries()) {
    expect(interval80[1]).toBe(Math.expm1((score + tracked.halfWidths[i]) * volatility));
  }

  const recordings = await ports.ledger.recordings({ name: SYMBOL, limit: 50 });
  const replayed = await replayLedger(SYMBOL, recordings, ports);
  expect(replayed).toHaveLength(50);
  expect(replayed.every(({ isEqual }) => isEqual)).toBe(true);
});

test('a forecast frozen before is the answer, also when its candle was revised since', async () => {
  const { ports } = workspace;
  const row = ROWS - 1;
  const [frozen] = (await ports.ledger.read({ name: SYMBOL, limit: 1 })).entries;
  const again = await openLiveForecaster(model, series, engine);
  const same = await serveForecast(again, 'champion', ports);
  expect(same.entry).toEqual(frozen);
  expect(same.prediction.warnings.join()).not.toContain('revised');

  const revised = sliceCandles(series, 0, ROWS);
  revised.close[row] *= 1.01;
  const other = await serveForecast(await openLiveForecaster(model, revised, engine), 'champion', ports);
  expect(other.entry).toEqual(frozen);
  expect(other.prediction).toMatchObject({
    lastClose: series.close[row],
    predictedChange: frozen.predictedChange,
    predictedPrice: series.close[row] * (1 + frozen.predictedChange),
    interval80: frozen.interval80,
    signal: frozen.signal,
  });
  expect(other.prediction.warnings[0]).toContain('revised since');
});

test('a model that is held says HOLD and why', async () => {
  const forecaster = await openLiveForecaster(model, series, engine);
  const { prediction } = await forecaster.forecast({ nowMs: forecaster.asOfMs!, holdReason: 'it drifts' });
  expect(prediction.signal).toBe('HOLD');
  expect(prediction.reasons[0]).toBe('it drifts');
});

test('the reference engine replays its own bits too', async () => {
  const reference = createReferenceEngine();
  const forecaster = await openLiveForecaster(model, sliceCandles(series, 0, 600), reference);
  const { entry } = await serveForecast(forecaster, 'shadow', workspace.ports);
  const recordings = await workspace.ports.ledger.recordings({
    name: SYMBOL,
    beforeMs: entry.asOfMs + 1,
    limit: 1,
  });
  expect(recordings[0]).toMatchObject({ engine: 'reference', inputs: { dtype: 'F64' } });
  const [replayed] = await replayLedger(SYMBOL, recordings, workspace.ports);
  expect(replayed.isEqual).toBe(true);
});

test('a replay finds other inputs and other weights', async () => {
  const { ports } = workspace;
  const [recording] = await ports.ledger.recordings({ name: SYMBOL, limit: 1 });
  const bytes = Buffer.from(recording.inputs.data, 'base64');
  bytes.writeFloatLE(bytes.readFloatLE(bytes.length - 4) + 0.5, bytes.length - 4);
  const inputs = { ...recording.inputs, data: bytes.toString('base64') };
  const [other] = await replayLedger(SYMBOL, [{ ...recording, inputs }], ports);
  expect(other.isEqual).toBe(false);
  const version = await publishChanged(workspace, SYMBOL, (files) => {
    const weights = model.lstm.memberWeights.map((member) => roundWeights(member.map((weight) => weight * 1.01)));
    files.set('weights.safetensors', membersToSafetensors(model.lstm.architecture, weights));
  });
  const [changed] = await replayLedger(SYMBOL, [{ ...recording, version }], ports);
  expect(changed.isEqual).toBe(false);
  await expect(
    replayLedger(SYMBOL, [{ ...recording, inputs: { ...inputs, shape: [1, 1] } }], ports),
  ).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
});
