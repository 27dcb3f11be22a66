/**
 * The forecast service on a workspace in memory, for tests of the routes and pictures of the dashboard. Only its trainings
 * are none, its clock stands still, and its exchange never answers.
 */

import { openForecastService } from '../../src/live/live-forecast-service.js';
import type { ForecastService } from '../../src/ports/forecast-service.js';
import type { ServerEvent } from '../../src/wire/wire.js';
import { createFormulaRunner, createPastJobs } from './formula-trainings.js';
import { MEMORY_SOURCE, type MemoryModelPlan, type MemoryTrouble, openMemoryWorkspace } from './memory-workspace.js';

const SYMBOLS =
  'BTC ETH SOL BNB XRP ADA DOGE AVAX LINK DOT LTC TRX TON SHIB BCH NEAR UNI APT ICP ETC XLM ATOM FIL HBAR INJ OP ARB IMX VET MKR GRT AAVE ALGO QNT EGLD FLOW SAND MANA AXS THETA FTM EOS XTZ RUNE NEO KAVA ZEC DASH CHZ ENJ'.split(
    ' ',
  );
/** From the third model on, one each. */
const TROUBLES: readonly MemoryTrouble[] = ['drifting', 'stale-data', 'no-champion', 'stale-model', 'corrupt'];

export interface MemoryServiceOptions {
  /** How many symbols, at most 50. */
  readonly symbolCount?: number;
  /** Candles of the first symbol; the others have a fifth of it. */
  readonly rowCount?: number;
  /** The present; fixed, so that pictures are the same every time. */
  readonly nowMs?: number;
  readonly needsToken?: boolean;
  /** Whether health differs between the models, so that every state can be seen. */
  readonly hasTroubles?: boolean;
  /** Milliseconds between two epochs of a job. */
  readonly epochMs?: number;
}

export interface MemoryService extends ForecastService {
  /** Sends an event to every listener. */
  emit(event: ServerEvent): void;
  /** Every `periodMs` a tick: the newest forecast of one model is told again. */
  play(periodMs: number): void;
  setReady(isReady: boolean): void;
  readonly isStopped: boolean;
}

/**
 * Opens the service with every champion warmed up.
 *
 * @example const service = await openMemoryService({ symbolCount: 3 });
 */
export async function openMemoryService(options: MemoryServiceOptions = {}): Promise<MemoryService> {
  const nowMs = options.nowMs ?? Date.UTC(2026, 5, 1, 12, 20);
  const workspace = openMemoryWorkspace(nowMs);
  for (const plan of planModels(options)) await workspace.add(plan);
  const service = await openForecastService({
    ports: workspace.ports,
    runner: createFormulaRunner(options.epochMs ?? 400),
    jobStore: createPastJobs(nowMs),
    serve: {
      shadow: true,
      demoteOnDrift: false,
      staleAnswers: 'hold',
      keepVersions: 20,
      updateCandles: options.hasTroubles ?? true,
    },
    schedule: { retrain: '17 3 * * *', timeZone: 'UTC', onDrift: false },
    needsToken: options.needsToken ?? false,
    isDemo: true,
    log: { info: () => undefined, warn: () => undefined },
  });
  await service.start();
  const listeners = new Set<(event: ServerEvent) => void>();
  let isReady = true;
  let isStopped = false;
  let ticker: NodeJS.Timeout | undefined;
  const emit = (event: ServerEvent) => {
    for (const listener of listeners) listener(event);
  };
  return {
    ...bindMethods(service),
    start: async () => undefined,
    async stop() {
      isStopped = true;
      clearInterval(ticker);
      await service.stop();
    },
    get isStopped() {
      return isStopped;
    },
    readiness: () =>
      isReady ? service.readiness() : { isReady, unready: [{ name: 'BTCUSDT', problem: 'no forecast yet' }] },
    setReady(value) {
      isReady = value;
    },
    subscribe(listener) {
      const unsubscribe = service.subscribe(listener);
      listeners.add(listener);
      return () => {
        unsubscribe();
        listeners.delete(listener);
      };
    },
    emit,
    play(periodMs) {
      let tick = 0;
      ticker = setInterval(() => {
        const served = service.models().filter(({ prediction }) => prediction !== null);
        const { symbol, interval, lastCandle, prediction, isFresh } = served[tick++ % served.length];
        const { openTimeMs, close } = lastCandle!;
        emit({ kind: 'candle', atMs: Date.now(), symbol, interval, source: MEMORY_SOURCE, openTimeMs, close });
        emit({ kind: 'prediction', atMs: Date.now(), prediction: prediction!, isFresh });
      }, periodMs);
    },
  };
}

function planModels({
  symbolCount = 6,
  rowCount = 10_000,
  hasTroubles = true,
}: MemoryServiceOptions): MemoryModelPlan[] {
  return SYMBOLS.slice(0, symbolCount).map((base, i) => ({
    symbol: `${base}USDT`,
    rowCount: i === 0 ? rowCount : Math.max(200, Math.round(rowCount / 5)),
    seed: i + 1,
    troubles: hasTroubles ? [TROUBLES[i - 2], ...((i + 1) % 4 === 0 ? (['gaps'] as const) : [])].filter(Boolean) : [],
  }));
}

/** The methods of the port as they are, apart from their object: a test takes some and replaces others. */
function bindMethods(service: ForecastService): ForecastService {
  return {
    start: () => service.start(),
    stop: () => service.stop(),
    readiness: () => service.readiness(),
    status: () => service.status(),
    prediction: (name) => service.prediction(name),
    infer: (name, version, inputs, batchRows) => service.infer(name, version, inputs, batchRows),
    modelShape: (name, version) => service.modelShape(name, version),
    models: () => service.models(),
    model: (name) => service.model(name),
    version: (name, version) => service.version(name, version),
    candles: (query) => service.candles(query),
    ledger: (query) => service.ledger(query),
    record: (name, version) => service.record(name, version),
    dataHealth: () => service.dataHealth(),
    jobs: () => service.jobs(),
    job: (id) => service.job(id),
    retrain: (names, trigger) => service.retrain(names, trigger),
    cancel: (id) => service.cancel(id),
    promote: (name, request) => service.promote(name, request),
    rollback: (name, request) => service.rollback(name, request),
    subscribe: (listener) => service.subscribe(listener),
  };
}
