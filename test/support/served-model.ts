/** A model of a live workspace as it is served, and what happens to it: a fresh workspace for each test of a file. */

import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { TradeAiError } from '../../src/core/errors.js';
import { outcomeOf } from '../../src/evaluation/ledger.js';
import { ServedModel } from '../../src/live/served-model.js';
import type { LstmEngine } from '../../src/lstm/engine.js';
import { sliceCandles } from '../../src/market/candle-series.js';
import type { StaleAnswers } from '../../src/options/serve-options.js';
import type { Ports } from '../../src/ports/ports.js';
import type { ServerEvent } from '../../src/wire/wire.js';
import { makeForecast } from './ledger-forecasts.js';
import {
  HOUR_MS,
  type LiveTemplateOptions,
  type LiveWorkspace,
  MARKET,
  openLiveWorkspace,
  SYMBOL,
  trainLiveTemplate,
} from './live-workspace.js';

let template: { home: string; remove(): void };
/** Of the test that is running. */
export let workspace: LiveWorkspace;
let engine: Promise<LstmEngine>;

/** Opens the workspace before each test of the file, or of the group. */
export function useServedModel(options: LiveTemplateOptions = {}): void {
  beforeAll(async () => {
    template = await trainLiveTemplate(options);
  });
  afterAll(() => template.remove());
  beforeEach(() => {
    workspace = openLiveWorkspace(template);
    engine = workspace.ports.createEngine('auto', 1);
  });
  afterEach(() => workspace.remove());
}

/** The workspace as the test found it. */
export function restoreWorkspace(): LiveWorkspace {
  workspace.remove();
  workspace = openLiveWorkspace(template);
  return workspace;
}

/** The model of the workspace with everything it says; `ports` may misbehave. */
export function serve({ ports = workspace.ports, ...serving }: Partial<Serving> & { ports?: Ports } = {}) {
  return serveIn(ports, serving, () => engine);
}

interface Serving {
  readonly shadow: boolean;
  readonly demoteOnDrift: boolean;
  readonly staleAnswers: StaleAnswers;
}

/** The same of any workspace. */
export function serveIn(
  ports: Ports,
  { shadow = true, demoteOnDrift = false, staleAnswers = 'hold' }: Partial<Serving> = {},
  engineOf = () => ports.createEngine('auto', 1),
) {
  const events: ServerEvent[] = [];
  const problems: unknown[] = [];
  const model = new ServedModel(SYMBOL, {
    ports,
    serve: { shadow, demoteOnDrift, staleAnswers },
    signal: new AbortController().signal,
    engineOf,
    tell: (event) => events.push(event),
    isFilling: () => false,
    outageOf: () => undefined,
    onDrift: () => undefined,
    onProblem: (_name, error) => problems.push(error),
  });
  return { model, events, problems, kinds: () => events.map(({ kind }) => kind) };
}

/** So many candles close and are stored by somebody. */
export async function storeCandles(count: number): Promise<void> {
  workspace.closeCandles(count);
  await workspace.ports.store.append('binance', sliceCandles(MARKET, 0, workspace.closedRows));
}

export async function takeStored(model: ServedModel, ports = workspace.ports): Promise<void> {
  await model.takeStored((await ports.store.read({ source: 'binance', symbol: SYMBOL, interval: '1h' }))!);
}

/** The ports of the workspace on a disk that may be full: nothing is written into the ledger then. */
export function onFullDisk(disk: { isFull: boolean }): Ports {
  const { ledger } = workspace.ports;
  return {
    ...workspace.ports,
    ledger: {
      ...ledger,
      async resolve(...change) {
        if (disk.isFull) throw new TradeAiError('STORAGE_UNWRITABLE', 'no space left');
        return ledger.resolve(...change);
      },
    },
  };
}

export async function promote(version: number): Promise<void> {
  const { registry } = workspace.openOther();
  await registry.promote({
    name: SYMBOL,
    version,
    reasons: ['in a test'],
    expectedGeneration: (await registry.champion(SYMBOL))?.generation ?? 0,
  });
}

export const pointerPath = () => join(workspace.home, 'models/versions', SYMBOL, 'champion.json');

/** Forecasts of the candles before the newest one in the ledger, as if the version had served them; with their outcomes. */
export async function seedLedger(version: number, foresee: (change: number) => number, count = 200): Promise<void> {
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

export const ledgerOf = async () => (await workspace.openOther().ledger.read({ name: SYMBOL, limit: 1_000 })).entries;
export const summaryOf = (model: ServedModel) => model.summary(null);
