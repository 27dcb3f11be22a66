import { expect, test } from 'vitest';
import { HOUR_MS, MARKET, SYMBOL } from '../../test/support/live-workspace.js';
import {
  ledgerOf,
  onFullDisk,
  promote,
  seedLedger,
  serve,
  storeCandles,
  summaryOf,
  takeStored,
  useServedModel,
  workspace,
} from '../../test/support/served-model.js';
import { sliceCandles } from '../market/candle-series.js';

useServedModel();

test('champion and challenger forecast the newest candle, and only the champion answers', async () => {
  const { model, kinds } = serve();
  await model.refresh();
  expect(model.prediction().prediction).toMatchObject({ version: 1, asOfMs: MARKET.openTimeMs[699] + HOUR_MS });
  expect(kinds()).toEqual(['prediction']);
  expect(summaryOf(model)).toMatchObject({ shadowVersion: 2, versionCount: 2, health: 'ok', problem: null });
  expect((await ledgerOf()).map(({ version, role }) => `${version} ${role}`)).toEqual(['2 shadow', '1 champion']);
});

test('with a candle the outcome of the last one is scored, and the forecast is in the ledger before it is told', async () => {
  const { model, events } = serve();
  await model.refresh();
  const told: { kind: string; isInLedger: boolean }[] = [];
  const { ledger } = workspace.ports;
  const inLedger = new Set<string>();
  const resolve = ledger.resolve.bind(ledger);
  ledger.resolve = async (...change) => {
    const entries = await resolve(...change);
    for (const { version, asOfMs } of entries) inLedger.add(`${version} ${asOfMs}`);
    return entries;
  };
  events.push = (event) => {
    const isInLedger =
      event.kind === 'prediction' && inLedger.has(`${event.prediction.version} ${event.prediction.asOfMs}`);
    return told.push({ kind: event.kind, isInLedger });
  };
  await storeCandles(1);
  await takeStored(model);
  expect(told).toEqual([
    { kind: 'outcome', isInLedger: false },
    { kind: 'outcome', isInLedger: false },
    { kind: 'prediction', isInLedger: true },
  ]);
  const entries = await ledgerOf();
  expect(entries.map(({ outcome }) => outcome === null)).toEqual([true, true, false, false]);
  expect(entries[2].outcome?.close).toBe(MARKET.close[700]);
});

test('the same candles again change nothing and say nothing', async () => {
  const { model, events } = serve();
  await model.refresh();
  await storeCandles(3);
  await takeStored(model);
  const count = events.length;
  const { json } = model.prediction();
  await takeStored(model);
  await model.refresh();
  expect(events).toHaveLength(count);
  expect(model.prediction().json).toBe(json);
});

test('forecasts after a run of candles are those of a model that saw each of them come', async () => {
  const stepwise = serve();
  const atOnce = serve({ ports: workspace.openOther() });
  await stepwise.model.refresh();
  await atOnce.model.refresh();
  for (let i = 0; i < 12; i++) {
    await storeCandles(1);
    await takeStored(stepwise.model);
  }
  await takeStored(atOnce.model);
  expect(atOnce.model.prediction().prediction.predictedChange).toBe(
    stepwise.model.prediction().prediction.predictedChange,
  );
  // Long runs are scored whole, however few candles are shown.
  expect((await ledgerOf()).filter(({ outcome }) => outcome === null)).toHaveLength(2);
});

test('a revised candle is warmed up on anew, and the forecast that was made stands', async () => {
  const { model } = serve();
  await model.refresh();
  await storeCandles(1);
  await takeStored(model);
  const before = model.prediction().prediction;
  const revised = sliceCandles(MARKET, 699, 701);
  revised.close[1] *= 1.01;
  revised.high[1] *= 1.02;
  await workspace.openOther().store.append('binance', revised);
  await takeStored(model);
  const after = model.prediction().prediction;
  expect(after).toMatchObject({ predictedChange: before.predictedChange, lastClose: before.lastClose });
  expect(after.warnings[0]).toContain('revised since');
  expect(summaryOf(model).lastCandle?.close).toBe(revised.close[1]);
});

test('a ledger that cannot be written holds the forecast back, and it comes when the ledger can', async () => {
  const disk = { isFull: false };
  const ports = onFullDisk(disk);
  const { model, problems } = serve({ ports });
  await model.refresh();
  disk.isFull = true;
  await storeCandles(1);
  await takeStored(model);
  await model.refresh();
  await model.refresh();
  expect(model.prediction().prediction.asOfMs).toBe(MARKET.openTimeMs[699] + HOUR_MS);
  expect(summaryOf(model)).toMatchObject({ health: 'error', problem: 'no space left' });
  expect(problems).toHaveLength(1);
  disk.isFull = false;
  for (let i = 0; i < 8; i++) await model.refresh();
  expect(model.prediction().prediction.asOfMs).toBe(MARKET.openTimeMs[700] + HOUR_MS);
  expect(summaryOf(model).health).toBe('ok');
});

test('the rule promotes a challenger that is better on live candles, and says why', async () => {
  // The sign is right or wrong every time, by as much as it moves.
  await seedLedger(1, (change) => -change);
  await seedLedger(2, (change) => change);
  const { model, events } = serve();
  await model.refresh();
  expect(model.shadowVersion).toBe(2);
  await storeCandles(1);
  await takeStored(model);
  const promotions = events.filter(({ kind }) => kind === 'promotion');
  expect(promotions).toMatchObject([{ version: 2, previousVersion: 1 }]);
  expect((await workspace.openOther().registry.champion(SYMBOL))?.reasons.join()).toContain('live candles');
  expect(model.prediction().prediction.version).toBe(2);
});

test('the rule dismisses a challenger that is worse, for good', async () => {
  await seedLedger(1, (change) => change);
  await seedLedger(2, (change) => -change);
  const { model } = serve();
  await model.refresh();
  await storeCandles(1);
  await takeStored(model);
  await model.refresh();
  expect(summaryOf(model)).toMatchObject({ shadowVersion: null, champion: { version: 1 } });
});

test('when somebody promotes at the same moment as the rule, theirs is followed', async () => {
  await seedLedger(1, (change) => -change);
  await seedLedger(2, (change) => change);
  const { model, problems } = serve();
  await model.refresh();
  await promote(1);
  await storeCandles(1);
  await takeStored(model);
  expect(problems).toEqual([]);
  expect(summaryOf(model)).toMatchObject({
    problem: expect.stringContaining('direction'),
    champion: { generation: 2 },
  });
});

test('a champion whose record has fallen says HOLD in answer and ledger where that is wanted', async () => {
  await seedLedger(1, (change) => -change, 60);
  const { model, kinds } = serve({ demoteOnDrift: true });
  await model.refresh();
  // What was found before the last stop is known, and not told again.
  expect(summaryOf(model).health).toBe('held');
  expect(model.prediction().prediction).toMatchObject({ signal: 'HOLD' });
  expect(model.prediction().prediction.reasons[0]).toContain('fallen below its report');
  const [newest] = (await ledgerOf()).filter(({ version }) => version === 1);
  expect(newest.signal).toBe('HOLD');
  expect(kinds()).not.toContain('drift');
});
