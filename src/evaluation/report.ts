/**
 * The judgement of a model as data: what `report.json` holds and `report.html` draws. Plain JSON. What cannot be
 * computed is `null`, with why in the report's warnings.
 */

import type { ForecastMetrics } from './metrics.js';

export interface TestStatistic {
  readonly statistic: number;
  /** One-sided: the chance of such a statistic where the model knows nothing more. */
  readonly pValue: number;
}

/** One fold of the walk-forward, judged by a model trained on everything before it. */
export interface FoldReport {
  /** Counted from 1. */
  readonly fold: number;
  readonly trainRows: number;
  readonly validationRows: number;
  /** Close of the first and the last row judged, UTC milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** One a member, counted from 1. */
  readonly bestEpochs: readonly number[];
  readonly metrics: ForecastMetrics;
}

/** One bin of the reliability diagram. */
export interface ReliabilityBin {
  /** Mean confidence claimed in the bin. */
  readonly confidence: number;
  /** Share of its rows whose direction was right. */
  readonly accuracy: number;
  readonly count: number;
}

export interface CalibrationReport {
  readonly brier: number | null;
  /** Expected calibration error. */
  readonly ece: number | null;
  readonly bins: readonly ReliabilityBin[];
  readonly intervalLevel: number;
  readonly intervalCoverage: number | null;
  /** Mean width of the interval, as a fraction of the price. */
  readonly intervalWidth: number | null;
}

/** One tenth of the rows by their score; means in volatility units. */
export interface DecileReport {
  readonly meanScore: number;
  readonly meanOutcome: number;
  readonly count: number;
}

/** What the rows can show at all. */
export interface DetectableEdge {
  /** Labels that do not overlap. */
  readonly independentLabels: number;
  /** The smallest IC that a one-sided test at 5 % finds with a power of 80 %. */
  readonly smallestIc: number;
}

/** The judgement out of sample, the folds joined. */
export interface TestReport extends ForecastMetrics {
  readonly fromMs: number;
  readonly toMs: number;
  readonly icCi95: readonly [number, number] | null;
  /** Against no change, on squared errors. */
  readonly dieboldMariano: TestStatistic | null;
  readonly clarkWest: TestStatistic | null;
  readonly detectableEdge: DetectableEdge;
  readonly folds: readonly FoldReport[];
  readonly baselines: Readonly<Record<string, ForecastMetrics>>;
  readonly calibration: CalibrationReport;
  readonly deciles: readonly DecileReport[];
  /** IC over the rows of a moving window that ends at `timeMs`. */
  readonly rollingIc: {
    readonly windowRows: number;
    readonly timeMs: readonly number[];
    readonly ic: readonly (number | null)[];
  };
}

export interface StrategyReport {
  /** Compounded, as a fraction. */
  readonly netReturn: number;
  readonly grossReturn: number;
  /** Annualised, net. */
  readonly sharpe: number | null;
  readonly sharpeCi95: readonly [number, number] | null;
  /** Deepest fall of net equity from its peak, as a fraction. */
  readonly maxDrawdown: number;
  readonly trades: number;
  /** Share of trades that gained after costs; absent in reports of older programs. */
  readonly winRate?: number | null;
  /** Gains of the trades over their losses, after costs; absent in reports of older programs. */
  readonly profitFactor?: number | null;
  /** Sum of position changes. */
  readonly turnover: number;
  /** Share of rows with a position. */
  readonly exposure: number;
  /** Cost of one side in bps at which the net return is zero, the signals held as they are. */
  readonly breakEvenCostBps: number | null;
}

export interface BacktestReport extends StrategyReport {
  readonly costBpsPerSide: number;
  /** Chance that the Sharpe ratio is above zero, given how many trials were made on these rows. */
  readonly deflatedSharpe: number | null;
  readonly trials: number;
  readonly longShort: StrategyReport;
  readonly buyAndHold: { readonly netReturn: number; readonly sharpe: number | null; readonly maxDrawdown: number };
  /** Mean of seeded random entries with the same exposure. */
  readonly randomEntry: { readonly netReturn: number; readonly sharpe: number | null } | null;
  readonly costSensitivity: readonly {
    readonly costBps: number;
    readonly netReturn: number;
    readonly sharpe: number | null;
  }[];
  /** Equity over time, starting at 1, thinned out to a few hundred points. */
  readonly equity: {
    readonly timeMs: readonly number[];
    readonly net: readonly number[];
    readonly gross: readonly number[];
    readonly buyAndHold: readonly number[];
  };
}

/** What the forecast loses when a feature's values are shuffled over the test rows. */
export interface FeatureImportance {
  readonly feature: string;
  /** R² in volatility units with the feature minus R² with it shuffled. */
  readonly r2Loss: number;
}
