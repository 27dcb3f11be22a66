/** The tester tested: the verdict on markets where nothing can be known, and on markets where the answer is known. */

import { runLimited } from '../core/concurrency.js';
import { meanSquare, wilsonInterval } from '../core/statistics.js';
import { decideVerdict, testSkill } from '../evaluation/verdict.js';
import { createLstmForecaster } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import { trainEnsembles } from '../lstm/ensemble.js';
import type { CandleSeries } from '../market/candle-series.js';
import { makeNullMarket, NULL_MARKET_KINDS, type NullMarketKind } from '../market/null-markets.js';
import { simulateMarket } from '../market/simulated-market.js';
import { type EngineChoice, parseTrainOptions, type TrainOptions } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import { forecastFolds } from '../training/forecast-folds.js';
import { prepareTraining } from '../training/prepare.js';
import { ensembleOptionsOf, modelOf, stagesOf } from '../training/stages.js';

export interface SelftestOptions {
  /** Markets without a signal; 0 leaves them out. */
  readonly nullMarkets?: number;
  /** Markets at each strength of a planted signal; 0 leaves them out. */
  readonly plantedMarkets?: number;
  /** Real candles that null markets are rearranged from. */
  readonly base?: CandleSeries;
  readonly seed: number;
  readonly engine: EngineChoice;
  readonly threads: number;
}

export interface SelftestHooks {
  readonly signal?: AbortSignal;
  readonly onMarket?: (done: number, total: number) => void;
}

export interface NullResult {
  readonly markets: number;
  readonly skillVerdicts: number;
  readonly share: number;
  readonly ci95: readonly [number, number];
  readonly byKind: Readonly<Record<NullMarketKind, { readonly markets: number; readonly skillVerdicts: number }>>;
}

/** One strength of the planted signal. */
export interface PowerPoint {
  readonly plantedR2: number;
  /** The IC a forecaster who knows the market's equations has. */
  readonly attainableIc: number;
  readonly rows: number;
  readonly markets: number;
  /** Share of `skill` verdicts. */
  readonly power: number;
  readonly ci95: readonly [number, number];
  /** Mean share of the attainable R² that the LSTM has, out of sample. */
  readonly recovered: number;
}

export interface SelftestReport {
  readonly engine: string;
  readonly null: NullResult | null;
  readonly planted: readonly PowerPoint[] | null;
  readonly seconds: number;
}

export const DEFAULT_NULL_MARKETS = 60;
export const DEFAULT_PLANTED_MARKETS = 10;

const NULL_ROWS = 3_000;
/** Of the next return's variance. 0.01 is an IC of 0.10; real hours have about 0.002. */
const POWER_CURVE: readonly { readonly plantedR2: number; readonly rows: number }[] = [
  { plantedR2: 0.0025, rows: 10_000 },
  { plantedR2: 0.005, rows: 10_000 },
  { plantedR2: 0.01, rows: 10_000 },
  { plantedR2: 0.05, rows: 25_000 },
];

/** The default features and a small network: what is tested is the judge, two hundred times. */
const NULL_MODEL = {
  symbol: 'SELFTEST',
  window: 8,
  hidden: 8,
  batch: 64,
  members: 1,
  lr: 2e-3,
  epochs: 6,
  patience: 3,
  folds: 2,
  testShare: 0.5,
};
/**
 * Few features that hold what is planted: with all seventeen, ten thousand candles are too few to tell an IC of 0.10
 * from the noise that the others bring. Most of the candles are judged, in many folds, for the power of a test grows
 * with the rows judged.
 */
const PLANTED_MODEL = {
  symbol: 'SELFTEST',
  features: ['scaled_return_1', 'scaled_return_2', 'scaled_return_3', 'volume_z_24', 'volume_z_168'],
  window: 4,
  hidden: 16,
  batch: 64,
  members: 4,
  lr: 1e-3,
  epochs: 40,
  patience: 8,
  folds: 6,
  testShare: 0.7,
  validationShare: 0.1,
};

/** Runs the judge over simulated markets whose truth is known. */
export async function runSelftest(
  options: SelftestOptions,
  ports: Ports,
  hooks: SelftestHooks = {},
): Promise<SelftestReport> {
  const engine = await ports.createEngine(options.engine, options.threads);
  const startedMs = ports.now();
  const { nullMarkets = DEFAULT_NULL_MARKETS, plantedMarkets = DEFAULT_PLANTED_MARKETS } = options;
  const total = nullMarkets + plantedMarkets * POWER_CURVE.length;
  let done = 0;
  const onMarket = () => hooks.onMarket?.(++done, total);
  const counted = { ...options, nullMarkets, plantedMarkets };
  const nullResult = nullMarkets > 0 ? await testNullMarkets(counted, engine, hooks.signal, onMarket) : null;
  const planted = plantedMarkets > 0 ? await testPlantedMarkets(counted, engine, hooks.signal, onMarket) : null;
  return { engine: engine.name, null: nullResult, planted, seconds: (ports.now() - startedMs) / 1000 };
}

async function testNullMarkets(
  { nullMarkets, base, seed }: Required<Pick<SelftestOptions, 'nullMarkets'>> & SelftestOptions,
  engine: LstmEngine,
  signal: AbortSignal | undefined,
  onMarket: () => void,
): Promise<NullResult> {
  const kindOf = (market: number) => NULL_MARKET_KINDS[market % NULL_MARKET_KINDS.length];
  const verdicts = await runLimited(nullMarkets, Math.max(1, engine.parallelNetworks), async (market) => {
    const series = makeNullMarket({ kind: kindOf(market), rowCount: NULL_ROWS, seed: seed + market, base });
    const { verdict } = await judgeMarket(
      series,
      parseTrainOptions({ ...NULL_MODEL, seed: seed + market }),
      engine,
      signal,
    );
    onMarket();
    return verdict === 'skill';
  });
  const skillVerdicts = verdicts.filter(Boolean).length;
  return {
    markets: nullMarkets,
    skillVerdicts,
    share: skillVerdicts / nullMarkets,
    ci95: wilsonInterval(skillVerdicts, nullMarkets),
    byKind: Object.fromEntries(
      NULL_MARKET_KINDS.map((kind) => {
        const ofKind = verdicts.filter((_, market) => kindOf(market) === kind);
        return [kind, { markets: ofKind.length, skillVerdicts: ofKind.filter(Boolean).length }];
      }),
    ) as NullResult['byKind'],
  };
}

async function testPlantedMarkets(
  { plantedMarkets, seed }: Required<Pick<SelftestOptions, 'plantedMarkets'>> & SelftestOptions,
  engine: LstmEngine,
  signal: AbortSignal | undefined,
  onMarket: () => void,
): Promise<PowerPoint[]> {
  const points: PowerPoint[] = [];
  for (const { plantedR2, rows } of POWER_CURVE) {
    const results = await runLimited(plantedMarkets, Math.max(1, engine.parallelNetworks), async (market) => {
      const { series, expectedLogReturn } = simulateMarket({
        symbol: 'PLANTUSDT',
        interval: '1h',
        rowCount: rows,
        seed: seed + market,
        firstOpenTimeMs: Date.UTC(2020, 0, 1),
        plantedR2,
      });
      const judged = await judgeMarket(
        series,
        parseTrainOptions({ ...PLANTED_MODEL, seed: seed + market }),
        engine,
        signal,
      );
      onMarket();
      const { scaled, volatility } = judged.outcomes;
      const oracle = Float64Array.from(judged.rows, (row, i) => expectedLogReturn[row] / volatility[i]);
      const r2Of = (forecasts: Float64Array) => 1 - meanSquare(scaled, forecasts) / meanSquare(scaled);
      return { isSkill: judged.verdict === 'skill', r2: r2Of(judged.forecasts), attainableR2: r2Of(oracle) };
    });
    const found = results.filter(({ isSkill }) => isSkill).length;
    const attainableR2 = results.reduce((sum, result) => sum + result.attainableR2, 0) / plantedMarkets;
    points.push({
      plantedR2,
      attainableIc: Math.sqrt(Math.max(0, attainableR2)),
      rows,
      markets: plantedMarkets,
      power: found / plantedMarkets,
      ci95: wilsonInterval(found, plantedMarkets),
      recovered: results.reduce((sum, result) => sum + result.r2, 0) / plantedMarkets / attainableR2,
    });
  }
  return points;
}

/** The path of `train` from candles to verdict, without the registry. */
async function judgeMarket(
  series: CandleSeries,
  options: TrainOptions,
  engine: LstmEngine,
  signal: AbortSignal | undefined,
) {
  const prepared = prepareTraining(series, options);
  const ensembles = stagesOf({ ...prepared, finalRefit: undefined }).map((fold) =>
    ensembleOptionsOf(options, prepared.dataset, fold),
  );
  const trained = await trainEnsembles(engine, ensembles, { signal });
  const forecasters = trained.map((members, fold) =>
    createLstmForecaster(engine, modelOf(options, prepared.folds[fold], members)),
  );
  const { rows, forecasts, outcomes, baselines } = await forecastFolds(forecasters, prepared, signal);
  const { verdict } = decideVerdict(testSkill(outcomes.scaled, forecasts, baselines, options.horizon));
  return { verdict, rows, forecasts, outcomes };
}
