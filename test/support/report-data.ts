/** Plausible report data from seeded random numbers: nothing was trained for it. */

import { RANDOM_STREAM, Random } from '../../src/core/random.js';
import { wilsonInterval } from '../../src/core/statistics.js';
import type { ForecastMetrics } from '../../src/evaluation/metrics.js';
import type { BacktestReport, FoldReport, StrategyReport, TestReport } from '../../src/evaluation/report.js';
import type { HtmlReportData, MemberTraining } from '../../src/report/html-report-data.js';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2025, 0, 14, 3);
const ROWS = 7_884;
const TO_MS = FROM_MS + (ROWS - 1) * HOUR_MS;
const POINTS = 400;
const COST_BPS = 10;
const TURNOVER = 208;

const FEATURES = [
  'return_1',
  'return_2',
  'return_3',
  'return_6',
  'return_12',
  'return_24',
  'return_72',
  'range',
  'close_in_range',
  'volatility_24',
  'volatility_168',
  'volume_z_168',
  'rsi_14',
  'macd',
  'macd_histogram',
  'sma_20',
  'bollinger_20',
];

/** A report with everything in it; the parts given replace its own. */
export function makeReportData(parts: Partial<HtmlReportData> = {}): HtmlReportData {
  const random = new Random(4, RANDOM_STREAM.test);
  return {
    name: 'BTCUSDT',
    symbol: 'BTCUSDT',
    interval: '1h',
    horizonSteps: 1,
    version: 7,
    verdict: 'skill',
    promoted: true,
    reasons: [
      'skill: better than predicting no change by more than chance explains (p = 0.004), and no baseline is significantly better',
      'lower loss 3.9871e-5 against 3.9902e-5 of champion 6 on the same 7884 rows',
    ],
    createdAtMs: TO_MS + 5 * HOUR_MS,
    codeVersion: '0.1.0',
    data: {
      source: 'binance',
      rows: 26_280,
      firstOpenTimeMs: FROM_MS - 18_396 * HOUR_MS,
      lastOpenTimeMs: TO_MS,
      gapCount: 3,
      missingRows: 11,
      sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    },
    config: {
      symbol: 'BTCUSDT',
      offline: false,
      features: FEATURES,
      horizon: 1,
      window: 24,
      hidden: 32,
      dropout: 0.2,
      members: 2,
      epochs: 50,
      batch: 256,
      lr: 0.0005,
      schedule: 'constant',
      patience: 5,
      loss: 'mse',
      seed: 42,
      testShare: 0.3,
      folds: 4,
      costBps: 10,
      minConfidence: 0.52,
      engine: 'auto',
      threads: 0,
      name: 'BTCUSDT',
      interval: '1h',
      source: 'binance',
    },
    training: {
      engine: 'native avx2',
      threads: 2,
      members: [makeMember(42, 6, random), makeMember(43, 8, random)],
      isLastFit: true,
      seconds: 41.3,
      sequencesPerSecond: 61_250,
    },
    test: makeTest(random),
    backtest: makeBacktest(random),
    importance: FEATURES.map((feature, i) => ({
      feature,
      r2Loss: 0.0011 * 0.72 ** i - 0.00003 * random.nextUniform(),
    })),
    findings: [
      {
        code: 'GAPS',
        severity: 'info',
        message: '3 gaps, 11 candles missing (0.0418 %); the longest is 7 candles from 2023-03-24T12:00:00.000Z',
        timesMs: [FROM_MS - 9_000 * HOUR_MS, FROM_MS - 5_000 * HOUR_MS],
      },
      {
        code: 'JUMPS',
        severity: 'warning',
        message: '2 price jumps; the largest is -10.9 % at 2024-08-05T01:00:00.000Z',
        timesMs: [FROM_MS - 3_000 * HOUR_MS, FROM_MS - 2_999 * HOUR_MS, FROM_MS - 2_000 * HOUR_MS, FROM_MS],
      },
    ],
    warnings: ['12 rows lie within 24 hours of a gap and were not trained on'],
    ...parts,
  };
}

/** The same where nothing could be computed. */
export function makeEmptyReportData(): HtmlReportData {
  const full = makeReportData();
  const nothing: ForecastMetrics = {
    ...full.test,
    r2: null,
    r2Scaled: null,
    ic: null,
    directionalAccuracy: null,
    directionalAccuracyCi95: null,
    topDecileAccuracy: null,
  };
  return {
    ...full,
    verdict: 'no-demonstrated-skill',
    promoted: false,
    reasons: [],
    training: { ...full.training, members: [] },
    test: {
      ...full.test,
      ...nothing,
      icCi95: null,
      dieboldMariano: null,
      clarkWest: null,
      folds: [],
      baselines: { zero: nothing },
      calibration: {
        brier: null,
        ece: null,
        bins: [],
        intervalLevel: 0.8,
        intervalCoverage: null,
        intervalWidth: null,
      },
      deciles: [],
      rollingIc: { windowRows: 720, timeMs: [FROM_MS], ic: [null] },
    },
    backtest: null,
    importance: null,
    findings: [],
    warnings: [
      'test.dieboldMariano and .clarkWest are null: the losses of all rows are equal',
      'backtest is null: no test row has a forecast',
      'importance is null: there are fewer than 10 test rows',
    ],
  };
}

function makeMember(seed: number, bestEpoch: number, random: Random): MemberTraining {
  const epochsRun = bestEpoch + 5;
  const curve = (floor: number, overfitting: number) =>
    Array.from(
      { length: epochsRun },
      (_, i) => floor + 0.012 * Math.exp(-i / 2) + overfitting * (i + 1 - bestEpoch) ** 2 + 2e-4 * random.nextNormal(),
    );
  return {
    seed,
    epochsRun,
    bestEpoch,
    trainLoss: curve(0.996, 0).map((loss, i) => loss - 3e-4 * i),
    validationLoss: curve(0.997, 4e-5),
  };
}

function makeMetrics(rows: number, ic: number, r2: number): ForecastMetrics {
  const zeroMse = 3.98e-5;
  const hits = Math.round(rows * (0.5 + 0.6 * ic));
  return {
    rows,
    mse: zeroMse * (1 - r2),
    zeroMse,
    r2,
    r2Scaled: r2 * 1.1,
    ic,
    directionalAccuracy: hits / rows,
    directionalAccuracyCi95: wilsonInterval(hits, rows),
    topDecileAccuracy: 0.5 + 1.2 * ic,
  };
}

function makeTest(random: Random): TestReport {
  const folds: FoldReport[] = Array.from({ length: 4 }, (_, i) => ({
    fold: i + 1,
    trainRows: 15_400 + 1_971 * i,
    validationRows: 2_800 + 300 * i,
    fromMs: FROM_MS + 1_971 * i * HOUR_MS,
    toMs: FROM_MS + (1_971 * (i + 1) - 1) * HOUR_MS,
    bestEpochs: [6 + (i % 2), 8 - i],
    metrics: makeMetrics(1_971, 0.042 + 0.02 * random.nextNormal(), 0.0021 + 0.001 * random.nextNormal()),
  }));
  const windows = 300;
  let rolling = 0.04;
  const confidences = [0.503, 0.508, 0.513, 0.519, 0.526, 0.535, 0.546, 0.561];
  return {
    ...makeMetrics(ROWS, 0.0427, 0.00231),
    fromMs: FROM_MS,
    toMs: TO_MS,
    icCi95: [0.0178, 0.0669],
    dieboldMariano: { statistic: 2.61, pValue: 0.0045 },
    clarkWest: { statistic: 3.12, pValue: 0.0009 },
    detectableEdge: { independentLabels: ROWS, smallestIc: 0.028 },
    folds,
    baselines: {
      zero: {
        ...makeMetrics(ROWS, 0, 0),
        ic: null,
        directionalAccuracy: null,
        directionalAccuracyCi95: null,
        topDecileAccuracy: null,
      },
      mean: { ...makeMetrics(ROWS, 0.001, -0.00004), ic: null },
      momentum: makeMetrics(ROWS, -0.031, -1.06),
      reversal: makeMetrics(ROWS, 0.031, -0.94),
      ridge: makeMetrics(ROWS, 0.036, 0.0013),
      champion: makeMetrics(ROWS, 0.0389, 0.0015),
    },
    calibration: {
      brier: 0.2488,
      ece: 0.0091,
      bins: confidences.map((confidence) => ({
        confidence,
        accuracy: confidence + 0.012 * random.nextNormal(),
        count: Math.round(2_200 * Math.exp(-(confidence - 0.5) * 40)) + 40,
      })),
      intervalLevel: 0.8,
      intervalCoverage: 0.797,
      intervalWidth: 0.0113,
    },
    deciles: Array.from({ length: 10 }, (_, i) => ({
      meanScore: 0.018 * (i - 4.5) + 0.001 * (i - 4.5) ** 3 * 0.4,
      meanOutcome: 0.017 * (i - 4.5) + 0.025 * random.nextNormal(),
      count: i < 4 ? 789 : 788,
    })),
    rollingIc: {
      windowRows: 720,
      timeMs: Array.from(
        { length: windows },
        (_, i) => FROM_MS + 720 * HOUR_MS + Math.round((i * (ROWS - 721)) / (windows - 1)) * HOUR_MS,
      ),
      ic: Array.from({ length: windows }, () => {
        rolling += 0.12 * (0.043 - rolling) + 0.009 * random.nextNormal();
        return rolling;
      }),
    },
  };
}

function makeBacktest(random: Random): BacktestReport {
  const walk = (drift: number, size: number) => {
    let equity = 1;
    return Array.from({ length: POINTS }, (_, i) => {
      if (i > 0) equity *= Math.exp(drift + size * random.nextNormal());
      return equity;
    });
  };
  const gross = walk(0.0008, 0.009);
  const net = gross.map((equity, i) => equity * Math.exp((-COST_BPS * TURNOVER * i) / (POINTS - 1) / 10_000));
  const buyAndHold = walk(0.0003, 0.017);
  const last = (equity: readonly number[]) => equity[equity.length - 1] - 1;
  const breakEvenCostBps = (Math.log(1 + last(gross)) / TURNOVER) * 10_000;
  const strategy: StrategyReport = {
    netReturn: last(net),
    grossReturn: last(gross),
    sharpe: 0.41,
    sharpeCi95: [-1.32, 2.18],
    maxDrawdown: 0.173,
    trades: 104,
    winRate: 0.519,
    profitFactor: 1.14,
    turnover: TURNOVER,
    exposure: 0.083,
    breakEvenCostBps,
  };
  return {
    ...strategy,
    costBpsPerSide: COST_BPS,
    deflatedSharpe: 0.58,
    trials: 7,
    longShort: {
      ...strategy,
      netReturn: -0.043,
      grossReturn: 0.31,
      sharpe: -0.12,
      sharpeCi95: [-1.9, 1.6],
      trades: 231,
      turnover: 611,
      exposure: 0.171,
      breakEvenCostBps: 8.6,
    },
    buyAndHold: { netReturn: last(buyAndHold), sharpe: 0.62, maxDrawdown: 0.321 },
    randomEntry: { netReturn: -0.172, sharpe: -0.83 },
    costSensitivity: [0, 1, 2, 5, 10, 15, 20, 30, 50].map((costBps) => ({
      costBps,
      netReturn: Math.exp((TURNOVER * (breakEvenCostBps - costBps)) / 10_000) - 1,
      sharpe: 1.9 * (1 - costBps / breakEvenCostBps),
    })),
    equity: {
      timeMs: Array.from({ length: POINTS }, (_, i) => FROM_MS + Math.round((i * (ROWS - 1)) / (POINTS - 1)) * HOUR_MS),
      net,
      gross,
      buyAndHold,
    },
  };
}
