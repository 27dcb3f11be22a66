import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
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
import { sliceCandles } from '../market/candle-series.js';
import type { ScheduleOptions } from '../options/serve-options.js';
import type { ModelRegistry } from '../ports/registry.js';
import type { TrainingRunner } from '../ports/training-runner.js';
import type { ServerEvent } from '../wire/wire.js';
import {
  type LiveForecastService,
  type LiveForecastServiceOptions,
  openForecastService,
} from './live-forecast-service.js';

let template: { home: string; remove(): void };
let workspace: LiveWorkspace;
const opened: LiveForecastService[] = [];

beforeAll(async () => {
  template = await trainLiveTemplate();
});
afterAll(() => template.remove());
beforeEach(() => {
  workspace = openLiveWorkspace(template);
  // Sleeps go by in no time; what is read and written takes its own.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((service) => service.stop()));
  vi.useRealTimers();
  workspace.remove();
});

/** Trains nothing: notes what it was asked for, and never ends before it is stopped. */
function idleRunner() {
  const asked: string[] = [];
  const runner: TrainingRunner = {
    start({ names }) {
      asked.push(names.join());
      return { ended: new Promise(() => undefined), cancel: () => undefined, stop: async () => undefined };
    },
  };
  return { runner, asked };
}

async function openService(
  changes: Partial<Omit<LiveForecastServiceOptions, 'schedule'>> & { schedule?: Partial<ScheduleOptions> } = {},
) {
  const events: ServerEvent[] = [];
  const warnings: string[] = [];
  const { runner, asked } = idleRunner();
  const service = await openForecastService({
    ports: workspace.ports,
    runner: { start: (...args) => ({ ...runner.start(...args), ended: Promise.resolve() }) },
    jobStore: { load: async () => [], save: async () => undefined },
    serve: { shadow: true, demoteOnDrift: false, staleAnswers: 'hold', keepVersions: 20, updateCandles: true },
    needsToken: false,
    isDemo: false,
    log: { info: () => undefined, warn: (_facts, text) => warnings.push(text) },
    settleMs: 0,
    ...changes,
    schedule: { timeZone: 'UTC', onDrift: false, ...changes.schedule },
  });
  opened.push(service);
  service.subscribe((event) => events.push(event));
  return { service, events, warnings, asked, kinds: () => events.map(({ kind }) => kind) };
}

async function pass(timeMs: number): Promise<void> {
  const stepMs = timeMs / 200;
  for (let i = 0; i < 200; i++) {
    await vi.advanceTimersByTimeAsync(stepMs);
    await wait(1);
  }
}

/** Lets time go by until something is so. */
async function until(isSo: () => boolean, what = 'it'): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (isSo()) return;
    await vi.advanceTimersByTimeAsync(1_000);
    await wait(2);
  }
  throw new Error(`${what} never came`);
}

const asOfOf = (service: LiveForecastService) => service.prediction(SYMBOL).prediction.asOfMs;
const closeOf = (row: number) => MARKET.openTimeMs[row] + HOUR_MS;

test('a source that answers with no candles is an outage, and no empty store that is filled anew', async () => {
  const { service, kinds } = await openService();
  await service.start();
  await until(() => workspace.source.fetches > 0);
  workspace.source.outage = new TradeAiError('CANDLES_NOT_FOUND', 'the exchange has none any more');
  const { fetches } = workspace.source;
  workspace.closeCandles(1);
  await until(() => kinds().includes('data-gap'));
  expect(workspace.source.fetches).toBe(fetches + 1);
  expect((await service.dataHealth())[0].lastUpdate).toMatchObject({ problem: 'the exchange has none any more' });
  workspace.source.outage = undefined;
  await until(() => asOfOf(service) === closeOf(700));
});

test('is ready when every champion has a forecast', async () => {
  const { service } = await openService();
  expect(service.readiness().isReady).toBe(false);
  await service.start();
  expect(service.readiness()).toEqual({ isReady: true, unready: [] });
  expect(asOfOf(service)).toBe(closeOf(699));
  expect(service.models()).toMatchObject([{ name: SYMBOL, health: 'ok', shadowVersion: 2, versionCount: 2 }]);
  expect(() => service.prediction('NONE')).toThrow('no model named NONE');
});

test('a candle that closes is fetched, told, scored and forecast, in this order', async () => {
  const { service, kinds, events } = await openService();
  await service.start();
  await until(() => service.status().clockOffsetMs === 0, 'the first update');
  events.length = 0;
  workspace.closeCandles(1);
  await until(() => asOfOf(service) === closeOf(700), 'the forecast');
  expect(kinds()).toEqual(['candle', 'outcome', 'outcome', 'prediction']);
  expect(events[0]).toMatchObject({ openTimeMs: MARKET.openTimeMs[700], close: MARKET.close[700] });
  const { entries } = await service.ledger({ name: SYMBOL, limit: 10, version: 1 });
  expect(entries.map(({ outcome }) => outcome?.close ?? null)).toEqual([null, MARKET.close[700]]);
});

test('candles that another process has stored, as a training does, are forecast too', async () => {
  const { service, kinds } = await openService();
  await service.start();
  workspace.source.outage = new TradeAiError('EXCHANGE_UNREACHABLE', 'down');
  workspace.closeCandles(2);
  await workspace.openOther().store.append('binance', sliceCandles(MARKET, 0, 702));
  await until(() => asOfOf(service) === closeOf(701), 'the forecast');
  // The update that comes later finds them stored already.
  workspace.source.outage = undefined;
  workspace.closeCandles(1);
  await until(() => asOfOf(service) === closeOf(702), 'the next forecast');
  expect(kinds().filter((kind) => kind === 'candle')).toHaveLength(2);
  const { entries } = await service.ledger({ name: SYMBOL, limit: 10, version: 1 });
  expect(entries.map(({ outcome }) => outcome?.close ?? null)).toEqual([null, MARKET.close[702], MARKET.close[700]]);
});

test('where somebody else updates the candles, the exchange is never asked and what is stored is forecast', async () => {
  const { service } = await openService({
    serve: { shadow: false, demoteOnDrift: false, staleAnswers: 'hold', keepVersions: 20, updateCandles: false },
  });
  await service.start();
  workspace.closeCandles(1);
  await workspace.openOther().store.append('binance', sliceCandles(MARKET, 0, 701));
  await until(() => asOfOf(service) === closeOf(700), 'the forecast');
  expect(workspace.source.fetches).toBe(0);
});

test('an exchange that is down at the start is told of once and asked less and less; it all goes on by itself', async () => {
  workspace.source.outage = new TradeAiError('EXCHANGE_UNREACHABLE', 'no route');
  const { service, events } = await openService();
  await service.start();
  expect(asOfOf(service)).toBe(closeOf(699));
  workspace.closeCandles(1);
  await pass(10 * 60_000);
  expect(workspace.source.fetches).toBeGreaterThan(3);
  expect(workspace.source.fetches).toBeLessThan(20);
  const troubles = events.filter(({ kind }) => kind === 'data-gap');
  expect(troubles).toMatchObject([{ symbol: SYMBOL, message: 'no route' }]);
  expect((await service.dataHealth())[0].lastUpdate?.problem).toBe('no route');
  workspace.source.outage = undefined;
  await until(() => asOfOf(service) === closeOf(700), 'the forecast');
  expect((await service.dataHealth())[0].lastUpdate?.problem).toBeNull();
});

test('while candles do not come the forecast becomes stale: told, listed with the reason, and over when they come', async () => {
  let passedMs = 0;
  const ports = { ...workspace.ports, now: () => workspace.ports.now() + passedMs };
  const { service, events } = await openService({ ports });
  await service.start();
  workspace.source.outage = new TradeAiError('EXCHANGE_UNREACHABLE', 'no route');
  passedMs = 2 * HOUR_MS;
  events.length = 0;
  const told = () => events.flatMap((event) => (event.kind === 'prediction' ? [event.prediction] : []));
  await until(() => told().length === 1, 'the news');
  expect(told()).toMatchObject([{ asOfMs: closeOf(699), signal: 'HOLD' }]);
  await until(() => service.models()[0].problem?.endsWith(' (no route)') === true, 'the reason');
  const { problem } = service.models()[0];
  expect(service.readiness()).toEqual({ isReady: false, unready: [{ name: SYMBOL, problem }] });
  expect(service.modelShape(SYMBOL).isFresh).toBe(false);
  workspace.source.outage = undefined;
  passedMs = 0;
  workspace.closeCandles(2);
  await until(() => asOfOf(service) === closeOf(701), 'the forecast');
  expect(service.readiness()).toEqual({ isReady: true, unready: [] });
  expect(told().at(-1)).toMatchObject({ asOfMs: closeOf(701), warnings: expect.not.arrayContaining([problem]) });
});

test('a workspace without candles fetches the history, and then serves', async () => {
  rmSync(join(workspace.home, 'data/candles'), { recursive: true });
  const { service } = await openService();
  await service.start();
  expect(() => service.prediction(SYMBOL)).toThrow(TradeAiError);
  await until(() => service.models()[0].prediction !== null, 'the forecast');
  expect(asOfOf(service)).toBe(closeOf(699));
});

test('promotions of other processes are followed at the next look, corrupt ones are not', async () => {
  const { service, events } = await openService({
    serve: { shadow: false, demoteOnDrift: false, staleAnswers: 'hold', keepVersions: 20, updateCandles: true },
  });
  await service.start();
  const { registry } = workspace.openOther();
  await registry.promote({ name: SYMBOL, version: 2, reasons: ['by hand'], expectedGeneration: 1 });
  await until(() => service.prediction(SYMBOL).prediction.version === 2, 'version 2');
  expect(events.filter(({ kind }) => kind === 'promotion')).toMatchObject([{ version: 2, previousVersion: 1 }]);
  await registry.promote({ name: SYMBOL, version: 1, reasons: ['by hand'], expectedGeneration: 2 });
  flipBit(workspace, 1);
  await until(() => service.status().refusedLoads === 1, 'the refusal');
  await pass(5_000);
  expect(service.status().refusedLoads).toBe(1);
  expect(service.prediction(SYMBOL).prediction.version).toBe(2);
  await expect(service.promote(SYMBOL, { version: 1 })).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
});

test('models that have not changed cost the registry one look a second, however many they are', async () => {
  const registryOf = (names: readonly string[]) => {
    const calls = { looks: 0, reads: 0 };
    const { registry } = workspace.ports;
    const read = <Result>(answer: Promise<Result>) => {
      calls.reads += 1;
      return answer;
    };
    const counted: ModelRegistry = {
      ...registry,
      async stamps() {
        calls.looks += 1;
        return new Map(names.map((name) => [name, 'the same']));
      },
      champion: () => read(registry.champion(SYMBOL)),
      listVersions: () => read(registry.listVersions(SYMBOL)),
      readManifest: (_name, version) => read(registry.readManifest(SYMBOL, version)),
      load: (_name, version) => read(registry.load(SYMBOL, version)),
    };
    return { counted, calls };
  };
  const looksAndReads = async (count: number) => {
    const { counted, calls } = registryOf(Array.from({ length: count }, (_, i) => `MODEL${i}`));
    const { service } = await openService({
      ports: { ...workspace.ports, registry: counted },
      serve: { shadow: false, demoteOnDrift: false, staleAnswers: 'hold', keepVersions: 20, updateCandles: false },
    });
    await service.start();
    expect(service.models().map(({ health }) => health)).toEqual(Array(count).fill('ok'));
    Object.assign(calls, { looks: 0, reads: 0 });
    await until(() => calls.looks === 3, 'the third look');
    await service.stop();
    return calls;
  };
  expect(await looksAndReads(1)).toEqual({ looks: 3, reads: 0 });
  expect(await looksAndReads(20)).toEqual({ looks: 3, reads: 0 });
});

test('a name whose folder vanishes is gone, and served again when it is back', async () => {
  const { service } = await openService();
  await service.start();
  const folder = join(workspace.home, 'models/versions', SYMBOL);
  renameSync(folder, `${folder}.aside`);
  renameSync(`${folder}.aside`, join(workspace.home, 'aside'));
  await until(() => service.models().length === 0, 'the end of the model');
  expect(() => service.prediction(SYMBOL)).toThrow(/no model/);
  renameSync(join(workspace.home, 'aside'), folder);
  await until(() => service.models()[0]?.prediction != null, 'the model');
});

test('a training is begun once when so many candles have closed since the last', async () => {
  const { service } = await openService({ schedule: { retrain: { everyCandles: 3 } } });
  await service.start();
  await until(() => service.status().clockOffsetMs === 0, 'the first update');
  for (let row = 700; row < 708; row++) {
    workspace.closeCandles(1);
    await until(() => asOfOf(service) === closeOf(row), `candle ${row}`);
  }
  // After candles 702 and 705: the trainings of this test end without a new version.
  expect(service.jobs().map(({ trigger, name }) => `${trigger} ${name}`)).toEqual([`schedule ${SYMBOL}`]);
  expect(service.models()[0].nextRetrainMs).toBe(closeOf(699) + 3 * HOUR_MS);
});

test('drift that shows in outcomes that came while nobody served is told, and starts a training where that is wanted', async () => {
  const { ledger } = workspace.openOther();
  // Wrong by far, sixty times; nothing has been scored yet.
  await ledger.append(
    Array.from({ length: 60 }, (_, i) => {
      const asOfMs = closeOf(630 + i);
      const interval80 = [0.5, 0.6] as const;
      return makeForecast(0, { asOfMs, targetTimeMs: asOfMs + HOUR_MS, lastClose: MARKET.close[630 + i], interval80 });
    }),
  );
  const { service, kinds } = await openService({ schedule: { onDrift: true } });
  await service.start();
  expect(kinds().filter((kind) => kind !== 'outcome')).toEqual(['drift', 'job', 'prediction']);
  expect(service.jobs()).toMatchObject([{ name: SYMBOL, trigger: 'drift' }]);
  expect(service.models()[0]).toMatchObject({ health: 'drifting', record: { scored: 60 } });
});

test('a cron text starts trainings of all models', async () => {
  vi.useRealTimers();
  const openedMs = Date.now();
  const { service } = await openService({ schedule: { retrain: '* * * * * *' } });
  await service.start();
  expect(service.status().schedule?.nextMs).toBeGreaterThan(openedMs);
  await vi.waitFor(() => expect(service.jobs()).toMatchObject([{ name: SYMBOL, trigger: 'schedule' }]), 60_000);
});

test.each(['every day', '61 * * * *', '0 0 30 2 *'])('%j is refused as a schedule', async (retrain) => {
  await expect(openService({ schedule: { retrain } })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

test('a start that is interrupted ends at once, without a half-warm model', async () => {
  const controller = new AbortController();
  const { service, events } = await openService({ signal: controller.signal });
  const starting = service.start();
  controller.abort();
  await starting;
  await service.stop();
  expect(events).toEqual([]);
});

test('nothing is done after the stop', async () => {
  const { service, events } = await openService();
  await service.start();
  await service.stop();
  const { length } = events;
  const { fetches } = workspace.source;
  workspace.closeCandles(5);
  await pass(2 * HOUR_MS);
  expect(events).toHaveLength(length);
  expect(workspace.source.fetches).toBe(fetches);
  expect(vi.getTimerCount()).toBe(0);
});
