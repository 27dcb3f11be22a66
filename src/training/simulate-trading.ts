/** The signal rule over the rows out of sample, as the report shows it. */

import type { Dataset } from '../dataset/dataset.js';
import { changeOfScore } from '../dataset/target.js';
import { type Backtest, runBacktest } from '../evaluation/backtest.js';
import { undefinedBecause } from '../evaluation/measured.js';
import type { BacktestReport, StrategyReport } from '../evaluation/report.js';
import type { StrategyResult } from '../evaluation/strategy.js';
import { closeTimeMs } from '../market/candle-series.js';
import type { ModelConfig } from '../options/model-config.js';
import type { CalibratedForecasts } from './calibrate-folds.js';
import type { TakeMeasured } from './evaluation-notes.js';
import type { OutOfSample } from './forecast-folds.js';

/** Points of the equity curves in a report. */
const EQUITY_POINTS = 500;

export interface SimulationInput {
  readonly dataset: Dataset;
  readonly sample: OutOfSample;
  readonly calibrated: CalibratedForecasts;
  readonly config: Pick<ModelConfig, 'costBps' | 'minConfidence' | 'seed'>;
  /** Trainings evaluated on these rows, this one among them. */
  readonly trials: number;
  readonly take: TakeMeasured;
}

/** Backtests the forecasts out of sample with the confidences they had then. */
export function simulateTrading({
  dataset: { series, target },
  sample: { rows, forecasts, outcomes, isNovel },
  calibrated: { confidences },
  config,
  trials,
  take,
}: SimulationInput): BacktestReport {
  const backtest = runBacktest(
    {
      close: series.close,
      interval: series.interval,
      horizonSteps: target.horizonSteps,
      rows,
      // No change is expected where the model has nothing to go by: the rule holds, as it does live.
      predictedChange: forecasts.map((forecast, i) =>
        isNovel[i] === 1 ? 0 : changeOfScore(forecast, outcomes.volatility[i]),
      ),
      confidence: confidences,
    },
    { costBpsPerSide: config.costBps, minimumConfidence: config.minConfidence, seed: config.seed, trials },
  );
  const randomEntry = take('backtest.randomEntry', backtest.randomEntry);
  return {
    costBpsPerSide: backtest.costBpsPerSide,
    ...reportStrategy('backtest', backtest.longFlat, take),
    deflatedSharpe: take('backtest.deflatedSharpe', backtest.deflatedSharpe),
    trials,
    longShort: reportStrategy('backtest.longShort', backtest.longShort, take),
    buyAndHold: backtest.buyAndHold,
    randomEntry: randomEntry && { netReturn: randomEntry.netReturn, sharpe: randomEntry.sharpe },
    costSensitivity: backtest.costSensitivity.map(({ costBps, netReturn, sharpe }) => ({ costBps, netReturn, sharpe })),
    equity: thinEquity(backtest.equity, (candle) => closeTimeMs(series, candle)),
  };
}

function reportStrategy(what: string, result: StrategyResult, take: TakeMeasured): StrategyReport {
  for (const [metric, reason] of Object.entries(result.reasons)) take(`${what}.${metric}`, undefinedBecause(reason));
  const { netReturn, grossReturn, sharpe, sharpeCi95, maxDrawdown, trades } = result;
  const { winRate, profitFactor, turnover, exposure, breakEvenCostBps } = result;
  return {
    netReturn,
    grossReturn,
    sharpe,
    sharpeCi95,
    maxDrawdown,
    trades,
    winRate,
    profitFactor,
    turnover,
    exposure,
    breakEvenCostBps,
  };
}

/** A few hundred points of the curves, the first and the last among them. */
function thinEquity(equity: Backtest['equity'], timeOf: (candle: number) => number): BacktestReport['equity'] {
  const last = equity.candles.length - 1;
  const count = Math.min(EQUITY_POINTS, last + 1);
  const points = Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * last) / (count - 1))));
  return {
    timeMs: points.map((point) => timeOf(equity.candles[point])),
    net: points.map((point) => equity.net[point]),
    gross: points.map((point) => equity.gross[point]),
    buyAndHold: points.map((point) => equity.buyAndHold[point]),
  };
}
