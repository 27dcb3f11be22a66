/** What a training says of itself: the JSON of `train --json` and `report.json`. Undefined is `null`, with why in `warnings`. */

import type { ForecastMetrics } from '../evaluation/metrics.js';
import type { BacktestReport, FeatureImportance, TestReport } from '../evaluation/report.js';
import type { CandleSeries } from '../market/candle-series.js';
import { findGaps, rowCountOf } from '../market/candle-series.js';
import { type EffectiveSpread, estimateEffectiveSpread } from '../market/effective-spread.js';
import type { QualityFinding } from '../market/quality/report.js';
import { measureTickSize, type TickSize } from '../market/tick-size.js';
import type { ModelConfig } from '../options/model-config.js';
import type { Verdict } from '../wire/vocabulary.js';

export interface DataSummary {
  readonly source: string;
  readonly rows: number;
  readonly firstOpenTimeMs: number;
  readonly lastOpenTimeMs: number;
  readonly gapCount: number;
  readonly missingRows: number;
  /** The steps that prices move in, and what crossing the book costs; absent in reports of older programs. */
  readonly tickSize?: TickSize | null;
  readonly effectiveSpread?: EffectiveSpread | null;
  readonly sha256: string;
}

export interface MemberReport {
  readonly seed: number;
  readonly epochsRun: number;
  readonly bestEpoch: number;
  readonly trainLoss: readonly number[];
  readonly validationLoss: readonly number[];
}

/** A warm start: both contestants on the newest rows. */
export interface WarmStartReport {
  readonly fromVersion: number;
  readonly kept: 'warm' | 'twin';
  /** Candles the champion had not seen. */
  readonly newRows: number;
  readonly warm: ForecastMetrics;
  readonly twin: ForecastMetrics;
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
  /** `null` for a judgement that was not published. */
  readonly version: number | null;
  readonly promoted: boolean;
  readonly verdict: Verdict;
  /** Why this verdict, then why it was promoted or not. */
  readonly reasons: readonly string[];
  readonly data: DataSummary;
  readonly config: ModelConfig;
  readonly training: {
    readonly engine: string;
    readonly threads: number;
    /** Of the model that serves. */
    readonly members: readonly MemberReport[];
    /** Whether the model that serves was fitted last on the newest rows, after its settings were judged. */
    readonly isLastFit: boolean;
    readonly rows: { readonly train: number; readonly validation: number };
    readonly seconds: number;
    readonly sequencesPerSecond: number;
    /** The champion that went on learning beside its control from scratch; `null` unless asked for. */
    readonly warmStart: WarmStartReport | null;
  };
  readonly test: TestReport & {
    /** The last row judged, by the model that serves. */
    readonly lastForecast: RowForecast;
  };
  readonly backtest: BacktestReport;
  readonly importance: readonly FeatureImportance[];
  readonly findings: readonly QualityFinding[];
  readonly artifacts: {
    /** The copies for other programs, as paths in the workspace; `null` of a judgement that was not published. */
    readonly model: string | null;
    readonly scaler: string | null;
    readonly featureNames: string | null;
    readonly weightsSha256: string;
    /** Why the others are `null`. */
    readonly reason?: string;
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
    tickSize: measureTickSize(series) ?? null,
    effectiveSpread: estimateEffectiveSpread(series) ?? null,
    sha256,
  };
}
