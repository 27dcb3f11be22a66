/** What a training says of itself: the JSON of `train --json` and `report.json`. Undefined is `null`, with why in `warnings`. */

import type { ForecastMetrics } from '../evaluation/metrics.js';
import type { CandleSeries } from '../market/candle-series.js';
import { findGaps, rowCountOf } from '../market/candle-series.js';
import type { ModelConfig } from './model-files.js';

export interface DataSummary {
  readonly source: string;
  readonly rows: number;
  readonly firstOpenTimeMs: number;
  readonly lastOpenTimeMs: number;
  readonly gapCount: number;
  readonly missingRows: number;
  readonly sha256: string;
}

export interface MemberReport {
  readonly seed: number;
  readonly epochsRun: number;
  readonly bestEpoch: number;
  readonly trainLoss: readonly number[];
  readonly validationLoss: readonly number[];
}

/** The forecast of one row as the evaluation made it; `predict` must give the same bits. */
export interface RowForecast {
  readonly openTimeMs: number;
  readonly score: number;
  readonly predictedChange: number;
}

export interface TrainReport {
  readonly name: string;
  readonly symbol: string;
  readonly interval: string;
  readonly horizonSteps: number;
  readonly version: number;
  readonly promoted: boolean;
  readonly verdict: 'skill' | 'no-demonstrated-skill';
  readonly reasons: readonly string[];
  readonly data: DataSummary;
  readonly config: ModelConfig;
  readonly training: {
    readonly engine: string;
    readonly threads: number;
    readonly members: readonly MemberReport[];
    readonly rows: { readonly train: number; readonly validation: number };
    readonly seconds: number;
    readonly sequencesPerSecond: number;
  };
  readonly validation: ForecastMetrics;
  readonly test: ForecastMetrics & {
    readonly fromMs: number;
    readonly toMs: number;
    readonly dieboldMariano: null;
    readonly baselines: Readonly<Record<string, ForecastMetrics>>;
    readonly calibration: {
      readonly brier: number | null;
      readonly ece: number | null;
      readonly intervalLevel: number;
      readonly intervalCoverage: number | null;
    };
    readonly lastForecast: RowForecast;
  };
  readonly backtest: null;
  readonly artifacts: {
    readonly model: string;
    readonly scaler: string;
    readonly featureNames: string;
    readonly weightsSha256: string;
  };
  readonly warnings: readonly string[];
}

export function summariseData(series: CandleSeries, source: string, sha256: string): DataSummary {
  const gaps = findGaps(series);
  return {
    source,
    rows: rowCountOf(series),
    firstOpenTimeMs: series.openTimeMs[0],
    lastOpenTimeMs: series.openTimeMs[rowCountOf(series) - 1],
    gapCount: gaps.length,
    missingRows: gaps.reduce((sum, gap) => sum + gap.missingRows, 0),
    sha256,
  };
}
