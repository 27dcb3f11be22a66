import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flipBit, HOUR_MS, MARKET, SYMBOL } from '../../test/support/live-workspace.js';
import {
  pointerPath,
  promote,
  serve,
  storeCandles,
  summaryOf,
  takeStored,
  useServedModel,
  workspace,
} from '../../test/support/served-model.js';
import { TradeAiError } from '../core/errors.js';

useServedModel();

test('a promotion by another process is followed, told once, and its answer is whole', async () => {
  const { model, events } = serve();
  await model.refresh();
  await promote(2);
  await model.refresh();
  await model.refresh();
  const { prediction, json } = model.prediction();
  expect(prediction.version).toBe(2);
  expect(prediction.predictedPrice).toBe(prediction.lastClose * (1 + prediction.predictedChange));
  expect(JSON.parse(json.toString())).toEqual(prediction);
  const promotions = events.filter(({ kind }) => kind === 'promotion');
  expect(promotions).toMatchObject([{ version: 2, previousVersion: 1, reasons: ['in a test'] }]);
  expect(summaryOf(model)).toMatchObject({ champion: { version: 2, generation: 2 }, shadowVersion: null });
});

test('nothing of the registry is read again while its stamp is the same, in trouble or not', async () => {
  let reads = 0;
  const { registry } = workspace.ports;
  const count =
    <Args extends unknown[], Result>(read: (...args: Args) => Promise<Result>) =>
    (...args: Args) => {
      reads += 1;
      return read(...args);
    };
  const counted = {
    ...registry,
    champion: count(registry.champion),
    listVersions: count(registry.listVersions),
    readManifest: count(registry.readManifest),
  };
  const { model } = serve({ ports: { ...workspace.ports, registry: counted }, shadow: false });
  await model.refresh('one');
  expect(model.prediction().prediction.version).toBe(1);
  expect(reads).toBe(3);
  reads = 0;
  for (let i = 0; i < 5; i++) await model.refresh('one');
  expect(reads).toBe(0);
  await promote(2);
  flipBit(workspace, 2);
  await model.refresh('two');
  expect(model.prediction().prediction.version).toBe(1);
  flipBit(workspace, 2);
  reads = 0;
  for (let i = 0; i < 3; i++) await model.refresh('two');
  expect(model.prediction().prediction.version).toBe(2);
  expect(reads).toBe(0);
});

test('a corrupt version behind a valid pointer is refused once, while the old one goes on', async () => {
  await promote(2);
  const planted = readFileSync(pointerPath());
  await promote(1);
  const { model, problems } = serve();
  await model.refresh();
  flipBit(workspace, 2);
  writeFileSync(pointerPath(), planted);
  for (let i = 0; i < 5; i++) await model.refresh();
  expect(model.refusedLoads).toBe(1);
  expect(problems).toHaveLength(1);
  expect(model.prediction().prediction.version).toBe(1);
  expect(summaryOf(model)).toMatchObject({ health: 'error', champion: { version: 1 } });
  expect(summaryOf(model).problem).toContain('SHA-256');
  await storeCandles(1);
  await takeStored(model);
  expect(model.prediction().prediction).toMatchObject({ version: 1, asOfMs: MARKET.openTimeMs[700] + HOUR_MS });
  await promote(1);
  await model.refresh();
  expect(summaryOf(model)).toMatchObject({ health: 'ok', problem: null });
});

test('a version that is mended is followed without another promotion', async () => {
  const { model } = serve({ shadow: false });
  await model.refresh();
  await promote(2);
  flipBit(workspace, 2);
  await model.refresh();
  expect(model.prediction().prediction.version).toBe(1);
  flipBit(workspace, 2);
  for (let i = 0; i < 3; i++) await model.refresh();
  expect(model.prediction().prediction.version).toBe(2);
  expect(summaryOf(model).health).toBe('ok');
});

test('a first champion that is corrupt leaves no answer until another one is promoted', async () => {
  flipBit(workspace, 1);
  const { model, events } = serve();
  await model.refresh();
  expect(() => model.prediction()).toThrow(/SHA-256/);
  expect(summaryOf(model)).toMatchObject({ health: 'error', champion: null });
  await promote(2);
  await model.refresh();
  expect(model.prediction().prediction.version).toBe(2);
  expect(events.map(({ kind }) => kind)).toEqual(['prediction']);
});

test('a pointer that was removed and made anew begins at generation 1 again, and is followed', async () => {
  const { model } = serve();
  await model.refresh();
  const generation = summaryOf(model).champion?.generation;
  rmSync(pointerPath());
  await model.refresh();
  expect(model.prediction().prediction.version).toBe(1);
  await promote(2);
  await model.refresh();
  expect(summaryOf(model).champion).toMatchObject({ version: 2, generation });
});

test('a pointer that is no pointer is counted and told once, and forgotten when it is mended', async () => {
  const { model, problems } = serve();
  await model.refresh();
  const whole = readFileSync(pointerPath());
  writeFileSync(pointerPath(), whole.subarray(0, 20));
  for (let i = 0; i < 4; i++) await model.refresh();
  expect(problems).toHaveLength(1);
  expect(model.refusedLoads).toBe(1);
  expect(summaryOf(model).health).toBe('error');
  writeFileSync(pointerPath(), whole);
  await model.refresh();
  expect(summaryOf(model).health).toBe('ok');
});

test('candles that come after the start are waited for', async () => {
  rmSync(join(workspace.home, 'data/candles/binance', SYMBOL), { recursive: true });
  const { model } = serve();
  await model.refresh();
  expect(() => model.prediction()).toThrow(TradeAiError);
  expect(model.seriesKey).toEqual({ source: 'binance', symbol: SYMBOL, interval: '1h' });
  expect(model.refusedLoads).toBe(0);
  await storeCandles(1);
  for (let i = 0; i < 3; i++) await model.refresh();
  expect(model.prediction().prediction.asOfMs).toBe(MARKET.openTimeMs[700] + HOUR_MS);
  expect(summaryOf(model)).toMatchObject({ health: 'ok', shadowVersion: 2 });
});

test('a challenger whose files vanish leaves the champion alone', async () => {
  const { model } = serve();
  await model.refresh();
  expect(model.shadowVersion).toBe(2);
  rmSync(join(workspace.home, 'models/versions', SYMBOL, '2'), { recursive: true });
  await storeCandles(1);
  await takeStored(model);
  await model.refresh();
  expect(summaryOf(model)).toMatchObject({ shadowVersion: null, health: 'ok', versionCount: 1 });
  expect(model.prediction().prediction.asOfMs).toBe(MARKET.openTimeMs[700] + HOUR_MS);
});
