import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeForecast } from '../../test/support/ledger-forecasts.js';
import {
  flipBit,
  HOUR_MS,
  type LiveWorkspace,
  MARKET,
  openLiveWorkspace,
  SYMBOL,
  trainLiveTemplate,
} from '../../test/support/live-workspace.js';
import { TradeAiError } from '../core/errors.js';
import { outcomeOf } from '../evaluation/ledger.js';
import type { LstmEngine } from '../lstm/engine.js';
import { sliceCandles } from '../market/candle-series.js';
import type { Ports } from '../ports/ports.js';
import type { ServerEvent } from '../wire/wire.js';
import { ServedModel } from './served-model.js';

let template: { home: string; remove(): void };
let workspace: LiveWorkspace;
let engine: Promise<LstmEngine>;

beforeAll(async () => {
  template = await trainLiveTemplate();
});
afterAll(() => template.remove());
beforeEach(() => {
  workspace = openLiveWorkspace(template);
  engine = workspace.ports.createEngine('auto', 1);
});
afterEach(() => workspace.remove());

/** The model of the workspace with everything it says; `ports` may misbehave. */
function serve({ ports = workspace.ports, shadow = true, demoteOnDrift = false } = {}) {
  const events: ServerEvent[] = [];
  const problems: unknown[] = [];
  const model = new ServedModel(SYMBOL, {
    ports,
    serve: { shadow, demoteOnDrift },
    signal: new AbortController().signal,
    engineOf: () => engine,
    tell: (event) => events.push(event),
    isFilling: () => false,
    onDrift: () => undefined,
    onProblem: (_name, error) => problems.push(error),
  });
  return { model, events, problems, kinds: () => events.map(({ kind }) => kind) };
}

/** So many candles close and are stored by somebody. */
async function storeCandles(count: number): Promise<void> {
  workspace.closeCandles(count);
  await workspace.ports.store.append('binance', sliceCandles(MARKET, 0, workspace.closedRows));
}

async function takeStored(model: ServedModel, ports = workspace.ports): Promise<void> {
  await model.takeStored((await ports.store.read({ source: 'binance', symbol: SYMBOL, interval: '1h' }))!);
}

async function promote(version: number): Promise<void> {
  const { registry } = workspace.openOther();
  await registry.promote({
    name: SYMBOL,
    version,
    reasons: ['in a test'],
    expectedGeneration: (await registry.champion(SYMBOL))?.generation ?? 0,
  });
}

const pointerPath = () => join(workspace.home, 'models/versions', SYMBOL, 'champion.json');

/** Forecasts of the candles before the newest one in the ledger, as if the version had served them; with their outcomes. */
async function seedLedger(version: number, foresee: (change: number) => number, count = 200): Promise<void> {
  const { ledger } = workspace.openOther();
  const forecasts = Array.from({ length: count }, (_, i) => {
    const row = 698 - count + i;
    const lastClose = MARKET.close[row];
    const predictedChange = foresee(MARKET.close[row + 1] / lastClose - 1);
    const asOfMs = MARKET.openTimeMs[row] + HOUR_MS;
    return makeForecast(0, {
      version,
      asOfMs,
      targetTimeMs: asOfMs + HOUR_MS,
      lastClose,
      predictedChange,
      interval80: [predictedChange - 1e-6, predictedChange + 1e-6],
      volatility: 0.01,
      score: Math.log1p(predictedChange) / 0.01,
    });
  });
  await ledger.append(forecasts);
  await ledger.resolve(
    SYMBOL,
    forecasts.map((forecast) => {
      const { asOfMs, targetTimeMs } = forecast;
      const close = MARKET.close[MARKET.openTimeMs.indexOf(asOfMs)];
      return { version, asOfMs, settledAtMs: targetTimeMs, outcome: outcomeOf(forecast, close, targetTimeMs) };
    }),
  );
}

const ledgerOf = async () => (await workspace.openOther().ledger.read({ name: SYMBOL, limit: 1_000 })).entries;
const summaryOf = (model: ServedModel) => model.summary(null);

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

test('a ledger that cannot be written holds the forecast back, and it comes when the ledger can', async () => {
  let isFull = false;
  const { ledger } = workspace.ports;
  const ports: Ports = {
    ...workspace.ports,
    ledger: {
      ...ledger,
      async resolve(...change) {
        if (isFull) throw new TradeAiError('STORAGE_UNWRITABLE', 'no space left');
        return ledger.resolve(...change);
      },
    },
  };
  const { model, problems } = serve({ ports });
  await model.refresh();
  isFull = true;
  await storeCandles(1);
  await takeStored(model);
  await model.refresh();
  await model.refresh();
  expect(model.prediction().prediction.asOfMs).toBe(MARKET.openTimeMs[699] + HOUR_MS);
  expect(summaryOf(model)).toMatchObject({ health: 'error', problem: 'no space left' });
  expect(problems).toHaveLength(1);
  isFull = false;
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
