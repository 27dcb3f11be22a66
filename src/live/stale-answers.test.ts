/** Candles that do not come, and clocks that are wrong: by every way out, an old forecast is told as one. */

import { expect, test } from 'vitest';
import { HOUR_MS, MARKET } from '../../test/support/live-workspace.js';
import {
  ledgerOf,
  promote,
  serve,
  storeCandles,
  summaryOf,
  takeStored,
  useServedModel,
  workspace,
} from '../../test/support/served-model.js';
import { sliceCandles } from '../market/candle-series.js';

useServedModel();

const MINUTE_MS = 60_000;
const closeMs = MARKET.openTimeMs[699] + HOUR_MS;

/** The model of the workspace by a clock that is set by hand. */
function serveAt(options: Parameters<typeof serve>[0] = {}) {
  const clock = { nowMs: closeMs + MINUTE_MS };
  return { clock, ...serve({ ports: { ...workspace.ports, now: () => clock.nowMs }, ...options }) };
}

test('a forecast whose successor does not come holds from its expiry on, and the health says so', async () => {
  const { model, clock } = serveAt();
  await model.refresh();
  const fresh = model.prediction();
  expect(fresh).toMatchObject({ isStale: false, prediction: { expiresAtMs: closeMs + 65 * MINUTE_MS } });
  expect(summaryOf(model)).toMatchObject({ isFresh: true, health: 'ok', prediction: fresh.prediction });
  clock.nowMs = fresh.prediction.expiresAtMs;
  const stale = model.prediction();
  expect(stale).toMatchObject({ isStale: true, prediction: { asOfMs: closeMs, signal: 'HOLD' } });
  expect(stale.prediction.warnings[0]).toContain('about the past');
  expect(stale.prediction.reasons[0]).toBe(stale.prediction.warnings[0]);
  expect(JSON.parse(stale.json.toString())).toEqual(stale.prediction);
  const problem = stale.prediction.warnings[0];
  expect(summaryOf(model)).toMatchObject({
    isFresh: false,
    health: 'stale-data',
    problem,
    prediction: stale.prediction,
  });
  expect(model.unready()).toEqual({ name: model.name, problem });
  // However long it lasts, it is the same answer.
  clock.nowMs += 10 * HOUR_MS;
  expect(model.prediction()).toBe(stale);
});

test('those who only listen are told once that it has become stale, and of the next forecast', async () => {
  const { model, clock, events } = serveAt({ shadow: false });
  await model.refresh();
  model.tellAge();
  clock.nowMs = closeMs + 2 * HOUR_MS;
  model.tellAge();
  model.tellAge();
  const signals = () => events.flatMap((event) => (event.kind === 'prediction' ? [event.prediction] : []));
  expect(signals().map(({ asOfMs }) => asOfMs)).toEqual([closeMs, closeMs]);
  expect(signals()[1].warnings[0]).toContain('about the past');
  await storeCandles(2);
  await takeStored(model);
  expect(signals().map(({ asOfMs }) => asOfMs)).toEqual([closeMs, closeMs, closeMs + 2 * HOUR_MS]);
  expect(model.unready()).toBeUndefined();
});

test('where stale forecasts are refused none leaves, and the health tells why', async () => {
  const { model, clock } = serveAt({ staleAnswers: 'refuse' });
  await model.refresh();
  expect(model.prediction().isStale).toBe(false);
  clock.nowMs = closeMs + 2 * HOUR_MS;
  expect(() => model.prediction()).toThrow(expect.objectContaining({ code: 'FORECAST_STALE' }));
  expect(summaryOf(model)).toMatchObject({ prediction: null, isFresh: false, health: 'stale-data' });
});

test('a clock that is set back makes forecasts of the future, and they are as stale as old ones', async () => {
  const { model, clock, events } = serveAt({ shadow: false });
  await model.refresh();
  clock.nowMs = closeMs - 6 * MINUTE_MS;
  expect(model.prediction()).toMatchObject({ isStale: true, prediction: { signal: 'HOLD' } });
  model.tellAge();
  const told = events.flatMap((event) => (event.kind === 'prediction' ? [event.isFresh] : []));
  expect(told).toEqual([true, false]);
  expect(summaryOf(model)).toMatchObject({ health: 'stale-data', problem: expect.stringContaining('in the future') });
  clock.nowMs = closeMs + MINUTE_MS;
  expect(summaryOf(model)).toMatchObject({ health: 'ok', isFresh: true });
});

test('a forecast that is made too late is frozen as what was answered: HOLD', async () => {
  const { model, clock } = serveAt();
  clock.nowMs = closeMs + 2 * HOUR_MS;
  await model.refresh();
  expect(model.prediction()).toMatchObject({ isStale: true, prediction: { signal: 'HOLD' } });
  expect((await ledgerOf()).map(({ signal }) => signal)).toEqual(['HOLD', 'HOLD']);
});

test('champion and challenger are fresh or stale each by its own forecast', async () => {
  const { model, clock } = serveAt();
  expect(model.isFresh()).toBe(false);
  await model.refresh();
  expect([undefined, 1, 2, 3].map((version) => model.isFresh(version))).toEqual([true, true, true, false]);
  clock.nowMs = closeMs + 2 * HOUR_MS;
  expect([undefined, 1, 2].map((version) => model.isFresh(version))).toEqual([false, false, false]);
});

/** The next candle comes after a long gap: nobody can forecast it. */
async function takeGap({ model, clock }: ReturnType<typeof serveAt>): Promise<void> {
  workspace.closeCandles(101);
  await workspace.ports.store.append('binance', sliceCandles(MARKET, 800, 801));
  clock.nowMs = closeMs + 101 * HOUR_MS + MINUTE_MS;
  await takeStored(model);
}

test('a challenger that has taken a candle it cannot forecast is not fresh', async () => {
  const served = serveAt();
  const { model } = served;
  await model.refresh();
  await takeGap(served);
  expect(model.shadowVersion).toBe(2);
  expect(model.isFresh(2)).toBe(false);
});

test('a stale answer of the old champion keeps no new one from its place', async () => {
  const served = serveAt();
  const { model } = served;
  await model.refresh();
  await takeGap(served);
  await promote(2);
  await model.refresh();
  expect(summaryOf(model)).toMatchObject({ champion: { version: 2 }, isFresh: false, shadowVersion: null });
});
