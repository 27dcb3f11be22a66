/**
 * A workspace in memory, filled as months of serving would have: simulated candles, versions of a model that was really
 * trained (once a process, in a moment), and a ledger of past forecasts with their outcomes.
 */

import { composePorts } from '../../src/app/compose.js';
import { TradeAiError } from '../../src/core/errors.js';
import { RANDOM_STREAM, Random } from '../../src/core/random.js';
import { outcomeOf } from '../../src/evaluation/ledger.js';
import { closeTimeMs, rowCountOf, sliceCandles } from '../../src/market/candle-series.js';
import { floorToInterval, INTERVAL_MS } from '../../src/market/interval.js';
import { type SimulatedMarket, simulateMarket } from '../../src/market/simulated-market.js';
import { parseTrainOptions } from '../../src/options/train-options.js';
import type { Ports } from '../../src/ports/ports.js';
import type { ModelRegistry, ModelVersion } from '../../src/ports/registry.js';
import { trainModel } from '../../src/training/train.js';
import type { RecordedForecast } from '../../src/wire/ledger.js';
import { makeForecast } from './ledger-forecasts.js';
import { openMemoryCandleStore } from './memory-candle-store.js';
import { openMemoryCheckpoints } from './memory-checkpoints.js';
import { openMemoryLedger } from './memory-ledger.js';
import { openMemoryRegistry } from './memory-registry.js';

export const MEMORY_FEATURES = ['return_1', 'return_3', 'return_24', 'volatility_24', 'volume_z_24', 'rsi_14', 'macd'];
export const MEMORY_WINDOW_ROWS = 24;
export const MEMORY_SOURCE = 'demo';
const INTERVAL = '1h';
const HOUR_MS = INTERVAL_MS[INTERVAL];
const DAY_MS = INTERVAL_MS['1d'];
const TRAINED_ROWS = 700;
const LEDGER_ROWS = 300;
const SHADOW_ROWS = 100;
/** Half the width of a central 80 % interval of the normal distribution, in standard deviations. */
const NORMAL_80 = 1.2816;

/** What is wrong with a model, if anything. */
export type MemoryTrouble = 'drifting' | 'stale-data' | 'no-champion' | 'stale-model' | 'corrupt' | 'gaps';

export interface MemoryModelPlan {
  readonly symbol: string;
  readonly rowCount: number;
  readonly seed: number;
  readonly troubles: readonly MemoryTrouble[];
}

export interface MemoryWorkspace {
  readonly ports: Ports;
  /** Adds a model with its candles, versions and ledger. */
  add(plan: MemoryModelPlan): Promise<void>;
}

export function openMemoryWorkspace(nowMs: number): MemoryWorkspace {
  const broken = new Set<string>();
  const registry = withBrokenVersions(openMemoryRegistry({ nowMs: () => nowMs }), broken);
  const ports = openMemoryPorts(nowMs, registry);
  return {
    ports,
    async add(plan) {
      const { symbol, rowCount, seed, troubles } = plan;
      const staleRows = troubles.includes('stale-data') ? 9 : 0;
      const lastOpenTimeMs = floorToInterval(nowMs, INTERVAL) - HOUR_MS * (1 + staleRows);
      const firstOpenTimeMs = lastOpenTimeMs - (rowCount - 1) * HOUR_MS;
      const market = simulateMarket({ symbol, interval: INTERVAL, rowCount, seed, firstOpenTimeMs, plantedR2: 0.05 });
      for (const [start, end] of troubles.includes('gaps') ? splitAtGaps(rowCount) : [[0, rowCount]]) {
        await ports.store.append(MEMORY_SOURCE, sliceCandles(market.series, start, end));
      }
      const versionCount = troubles.includes('no-champion') ? 1 : 2 + (seed % 4);
      const champion = Math.max(1, versionCount - 1);
      if (troubles.includes('corrupt')) broken.add(`${symbol} ${champion}`);
      if (versionCount > 4) broken.add(`${symbol} 1`);
      for (let version = 1; version <= versionCount; version++) {
        const ageDays = (versionCount - version) * 3 + (troubles.includes('stale-model') ? 120 : 1);
        await registry.publish(await makeDraft(plan, version, nowMs - ageDays * DAY_MS));
      }
      if (troubles.includes('no-champion')) return;
      for (let version = Math.max(1, champion - 1); version <= champion; version++) {
        const expectedGeneration = (await registry.champion(symbol))?.generation ?? 0;
        const reasons = ['no demonstrated skill: not better than predicting no change (p = 0.31)'];
        await registry.promote({ name: symbol, version, reasons, expectedGeneration });
      }
      await fillLedger(ports, plan, market, [champion, ...(versionCount > champion ? [versionCount] : [])]);
    },
  };
}

function openMemoryPorts(nowMs: number, registry: ModelRegistry): Ports {
  return {
    ...composePorts({ home: 'nowhere', environment: {}, onNote: () => undefined }),
    now: () => nowMs,
    store: openMemoryCandleStore(),
    quarantine: { add: async () => 0, settle: async () => {}, read: async () => [] },
    registry,
    checkpoints: openMemoryCheckpoints().open(),
    ledger: openMemoryLedger(),
    openSource: (name) => ({
      name,
      // biome-ignore lint/correctness/useYield: an exchange that does not answer
      async *fetchCandles() {
        throw new TradeAiError('EXCHANGE_UNREACHABLE', `${name} did not answer within 10 s`);
      },
    }),
  };
}

/** A disk that has changed some versions, once they were promoted. */
function withBrokenVersions(registry: ModelRegistry, broken: ReadonlySet<string>): ModelRegistry {
  const refuse = (name: string, version: number | undefined) => {
    if (!broken.has(`${name} ${version}`)) return;
    const text = `${name} version ${version}: the SHA-256 of weights.safetensors is not the one in the manifest`;
    throw new TradeAiError('MODEL_CORRUPT', text, { commandHint: 'go back with `tradeai models promote`' });
  };
  return {
    ...registry,
    async load(name, version) {
      refuse(name, version ?? (await registry.champion(name))?.version);
      return registry.load(name, version);
    },
    async promote(request) {
      const { generation = 0 } = (await registry.champion(request.name)) ?? {};
      if (generation === request.expectedGeneration && generation > 1) refuse(request.name, request.version);
      return registry.promote(request);
    },
  };
}

let trained: Promise<ModelVersion> | undefined;

/** The one training of the process. */
function trainOnce(): Promise<ModelVersion> {
  trained ??= (async () => {
    const ports = openMemoryPorts(Date.UTC(2026, 0, 1), openMemoryRegistry());
    const { series } = simulateMarket({
      symbol: 'TRAINUSDT',
      interval: INTERVAL,
      rowCount: TRAINED_ROWS,
      seed: 1,
      firstOpenTimeMs: Date.UTC(2025, 11, 1),
      plantedR2: 0.05,
    });
    await ports.store.append(MEMORY_SOURCE, series);
    const tiny = { window: MEMORY_WINDOW_ROWS, hidden: 4, members: 1, epochs: 1, folds: 0, batch: 64, threads: 1 };
    const place = { symbol: 'TRAINUSDT', source: MEMORY_SOURCE, offline: true, features: MEMORY_FEATURES };
    await trainModel(parseTrainOptions({ ...tiny, ...place }), ports);
    return ports.registry.load('TRAINUSDT', 1);
  })();
  return trained;
}

async function makeDraft({ symbol, rowCount, seed }: MemoryModelPlan, version: number, createdAtMs: number) {
  const { manifest, files } = await trainOnce();
  const { files: _entries, version: _version, ...facts } = manifest;
  const own = { name: symbol, symbol };
  const rewrite = (file: 'config.json' | 'report.json', changes: object) => {
    const document = JSON.parse(Buffer.from(files.get(file)!).toString());
    return Buffer.from(JSON.stringify({ ...document, ...changes }));
  };
  return {
    manifest: {
      ...facts,
      ...own,
      createdAtMs,
      seed: 41 + version + seed,
      data: {
        ...facts.data,
        rows: rowCount,
        firstOpenTimeMs: floorToInterval(createdAtMs, INTERVAL) - rowCount * HOUR_MS,
        lastOpenTimeMs: floorToInterval(createdAtMs, INTERVAL) - HOUR_MS,
      },
    },
    files: new Map([
      ...files,
      ['config.json', rewrite('config.json', own)],
      ['report.json', rewrite('report.json', { ...own, version, createdAtMs })],
    ] as const),
  };
}

/** What the versions have forecast so far: of the market's own expectation with some noise, or the opposite of it. */
async function fillLedger(
  { ledger }: Ports,
  { symbol, seed, troubles }: MemoryModelPlan,
  market: SimulatedMarket,
  [champion, shadow]: readonly number[],
): Promise<void> {
  const random = new Random(seed, RANDOM_STREAM.test);
  // The newest candle is forecast by the service itself.
  const end = rowCountOf(market.series) - 1;
  const forecasts: RecordedForecast[] = [];
  for (let row = Math.max(0, end - LEDGER_ROWS); row < end; row++) {
    const isLost = troubles.includes('drifting') && row > end - LEDGER_ROWS / 2;
    const logReturn = () => {
      const noise = 0.15 * market.expectedVolatility[row] * random.nextNormal();
      return (isLost ? -0.8 : 1) * market.expectedLogReturn[row] + noise;
    };
    const width = isLost ? 0.1 : 1;
    forecasts.push(forecastAt(market, row, { name: symbol, version: champion, role: 'champion' }, logReturn(), width));
    if (shadow === undefined || row < end - SHADOW_ROWS) continue;
    forecasts.push(forecastAt(market, row, { name: symbol, version: shadow, role: 'shadow' }, logReturn(), 1));
  }
  await ledger.append(forecasts);
  const resolutions = forecasts.map((forecast) => {
    const { version, asOfMs, targetTimeMs } = forecast;
    const row = market.series.openTimeMs.indexOf(asOfMs);
    const settledAtMs = targetTimeMs + 190;
    return { version, asOfMs, settledAtMs, outcome: outcomeOf(forecast, market.series.close[row], settledAtMs) };
  });
  await ledger.resolve(symbol, resolutions);
}

function forecastAt(
  { series, expectedVolatility }: SimulatedMarket,
  row: number,
  who: Pick<RecordedForecast, 'name' | 'version' | 'role'>,
  logReturn: number,
  width: number,
): RecordedForecast {
  const asOfMs = closeTimeMs(series, row);
  const volatility = expectedVolatility[row];
  const spread = width * NORMAL_80 * volatility;
  const predictedChange = Math.expm1(logReturn);
  const confidence = 0.5 + Math.min(0.35, (0.32 * Math.abs(logReturn)) / volatility);
  const isActed = confidence >= 0.52 && Math.abs(predictedChange) > 0.001;
  return makeForecast(0, {
    ...who,
    asOfMs,
    targetTimeMs: asOfMs + HOUR_MS,
    servedAtMs: asOfMs + 212,
    lastClose: series.close[row],
    predictedChange,
    interval80: [Math.expm1(logReturn - spread), Math.expm1(logReturn + spread)],
    confidence,
    signal: isActed ? (predictedChange > 0 ? 'BUY' : 'SELL') : 'HOLD',
    score: logReturn / volatility,
    volatility,
  });
}

/** The rows around three holes. */
function splitAtGaps(rowCount: number): [number, number][] {
  const holes = [0.2, 0.4, 0.6].map((share) => Math.floor(share * rowCount));
  const starts = [0, ...holes.map((row) => row + 3)];
  return starts.map((start, i) => [start, holes[i] ?? rowCount]);
}
