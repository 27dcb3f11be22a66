/** Models, versions, forecasts and outcomes on the simulated market, made without any training. */

import { RANDOM_STREAM, Random } from '../../src/core/random.js';
import type { CandleSeries } from '../../src/market/candle-series.js';
import { closeTimeMs, rowCountOf } from '../../src/market/candle-series.js';
import { floorToInterval, INTERVAL_MS, type Interval } from '../../src/market/interval.js';
import { simulateMarket } from '../../src/market/simulated-market.js';
import type { LedgerEntryAnswer, ModelHealth, PredictionAnswer, VersionSummary } from '../../src/wire/wire.js';

export interface MemoryModelPlan {
  readonly symbol: string;
  readonly interval: Interval;
  readonly rowCount: number;
  readonly health: ModelHealth;
  readonly problem: string | null;
  readonly seed: number;
}

export interface MemoryModel {
  readonly name: string;
  readonly plan: MemoryModelPlan;
  readonly series: CandleSeries;
  readonly versions: VersionSummary[];
  /** Oldest first; the last one has no outcome. */
  readonly entries: LedgerEntryAnswer[];
  generation: number;
  promotedAtMs: number;
}

export const MEMORY_FEATURES = ['return_1', 'return_3', 'return_24', 'volatility_24', 'volume_z_168', 'rsi_14', 'macd'];
export const MEMORY_WINDOW_ROWS = 24;
const LEDGER_ROWS = 600;
const SHADOW_ROWS = 120;
const MINIMUM_CONFIDENCE = 0.52;
const COST = 0.001;
const DAY_MS = INTERVAL_MS['1d'];
/** Half the width of a central 80 % interval of the normal distribution, in standard deviations. */
const NORMAL_80 = 1.2816;

export function makeMemoryModel(plan: MemoryModelPlan, nowMs: number): MemoryModel {
  const { symbol, interval, rowCount, seed } = plan;
  const lengthMs = INTERVAL_MS[interval];
  const staleRows = plan.health === 'stale-data' ? 9 : 0;
  const lastOpenTimeMs = floorToInterval(nowMs, interval) - lengthMs * (1 + staleRows);
  const market = simulateMarket({
    symbol,
    interval,
    rowCount,
    seed,
    firstOpenTimeMs: lastOpenTimeMs - (rowCount - 1) * lengthMs,
    plantedR2: 0.05,
  });
  const versionCount = plan.health === 'no-champion' ? 1 : 2 + (seed % 4);
  const versions = Array.from({ length: versionCount }, (_, i) => makeVersion(plan, i + 1, versionCount, nowMs));
  const random = new Random(seed, RANDOM_STREAM.test);
  const entries: LedgerEntryAnswer[] = [];
  if (plan.health !== 'no-champion') {
    const shadow = versions.find(({ isShadow }) => isShadow);
    for (let row = Math.max(0, rowCount - LEDGER_ROWS); row < rowCount; row++) {
      // A drifting model sees another market than the one it learned in the newer half of its record.
      const isLost = plan.health === 'drifting' && row > rowCount - LEDGER_ROWS / 2;
      const mean = market.expectedLogReturn[row] * (isLost ? -0.8 : 1);
      const noise = market.expectedVolatility[row] * 0.15;
      const champion = versions.find(({ isChampion }) => isChampion)!;
      entries.push(makeEntry(market, row, mean + noise * random.nextNormal(), champion.version, 'champion'));
      if (shadow !== undefined && row >= rowCount - SHADOW_ROWS) {
        entries.push(makeEntry(market, row, mean + noise * random.nextNormal(), shadow.version, 'shadow'));
      }
    }
  }
  return {
    name: interval === '1h' ? symbol : `${symbol}_${interval}`,
    plan,
    series: market.series,
    versions,
    entries,
    generation: Math.max(1, versionCount - 1),
    promotedAtMs: nowMs - (plan.health === 'stale-model' ? 41 : 2) * DAY_MS,
  };
}

/** The forecast of `entry` as the API answers it. */
export function toPrediction(model: MemoryModel, entry: LedgerEntryAnswer): PredictionAnswer {
  const percent = (entry.confidence * 100).toFixed(1);
  return {
    name: model.name,
    symbol: model.plan.symbol,
    interval: model.plan.interval,
    version: entry.version,
    asOfMs: entry.asOfMs,
    targetTimeMs: entry.targetTimeMs,
    lastClose: entry.lastClose,
    predictedChange: entry.predictedChange,
    predictedPrice: entry.lastClose * (1 + entry.predictedChange),
    signal: entry.signal,
    confidence: entry.confidence,
    interval80: entry.interval80,
    reasons:
      entry.signal === 'HOLD'
        ? [`HOLD: the expected move does not pay for two sides of costs, or ${percent} % is too little confidence`]
        : [`${entry.signal}: ${percent} % confident, and the expected move pays for its costs`],
    warnings: model.plan.health === 'stale-data' ? ['the last closed candle is 9 candles old'] : [],
  };
}

function makeEntry(
  market: ReturnType<typeof simulateMarket>,
  row: number,
  logReturn: number,
  version: number,
  role: 'champion' | 'shadow',
): LedgerEntryAnswer {
  const { series, expectedVolatility } = market;
  const lengthMs = INTERVAL_MS[series.interval];
  const lastClose = series.close[row];
  const asOfMs = closeTimeMs(series, row);
  const spread = expectedVolatility[row];
  const predictedChange = Math.expm1(logReturn);
  const confidence = 0.5 + Math.min(0.35, (0.32 * Math.abs(logReturn)) / spread);
  const interval80: [number, number] = [
    Math.expm1(logReturn - NORMAL_80 * spread),
    Math.expm1(logReturn + NORMAL_80 * spread),
  ];
  const isActed = confidence >= MINIMUM_CONFIDENCE && Math.abs(predictedChange) > COST;
  const isScored = row + 1 < rowCountOf(series);
  const change = isScored ? series.close[row + 1] / lastClose - 1 : 0;
  return {
    name: series.interval === '1h' ? series.symbol : `${series.symbol}_${series.interval}`,
    version,
    role,
    asOfMs,
    targetTimeMs: asOfMs + lengthMs,
    servedAtMs: asOfMs + 212,
    lastClose,
    predictedChange,
    interval80,
    confidence,
    signal: isActed ? (predictedChange > 0 ? 'BUY' : 'SELL') : 'HOLD',
    outcome: isScored
      ? {
          close: series.close[row + 1],
          change,
          isHit: change === 0 ? null : Math.sign(change) === Math.sign(predictedChange),
          isInside: change >= interval80[0] && change <= interval80[1],
          scoredAtMs: asOfMs + lengthMs + 190,
        }
      : null,
  };
}

function makeVersion(plan: MemoryModelPlan, version: number, count: number, nowMs: number): VersionSummary {
  const hasNoChampion = plan.health === 'no-champion';
  const champion = Math.max(1, count - 1);
  const isChampion = !hasNoChampion && version === champion;
  const isCorrupt = version === 1 && count > 4;
  const random = new Random(plan.seed * 100 + version, RANDOM_STREAM.test);
  const ic = 0.04 + 0.02 * random.nextNormal();
  const isSkilled = !hasNoChampion && ic > 0.02;
  const createdAtMs = nowMs - (count - version + (plan.health === 'stale-model' ? 40 : 1)) * 3 * DAY_MS;
  return {
    version,
    createdAtMs,
    verdict: isSkilled ? 'skill' : 'no-demonstrated-skill',
    isChampion,
    isPrevious: !hasNoChampion && version === champion - 1,
    isShadow: !hasNoChampion && version === count && version !== champion,
    isIntact: !isCorrupt,
    problem: isCorrupt ? 'weights.safetensors: SHA-256 is not the one in the manifest' : null,
    engine: 'native avx2',
    seed: 41 + version,
    featureNames: MEMORY_FEATURES,
    data: {
      source: 'demo',
      rows: plan.rowCount - 24 * (count - version),
      firstOpenTimeMs: floorToInterval(nowMs, plan.interval) - plan.rowCount * INTERVAL_MS[plan.interval],
      lastOpenTimeMs: floorToInterval(createdAtMs, plan.interval),
      sha256: version.toString(16).padStart(64, 'a7'),
    },
    test: isCorrupt
      ? null
      : {
          rows: 3_000,
          r2: ic ** 2 * (isSkilled ? 1 : -1),
          ic,
          directionalAccuracy: 0.5 + 0.6 * ic,
          pValue: isSkilled ? 0.004 : 0.31,
          brier: 0.2492 - ic / 100,
          ece: 0.011,
          intervalCoverage: 0.797,
          netReturn: ic * 1.4 - 0.02,
          sharpe: ic * 12,
        },
  };
}
