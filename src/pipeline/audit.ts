/** The leak audit of this program's own pipeline: of the functions that `train` runs, on the candles it would use. */

import { buildDataset } from '../dataset/dataset.js';
import { VOLATILITY_ROWS } from '../dataset/target.js';
import { auditFully, auditQuickly } from '../evaluation/audit/audit.js';
import type { AuditReport } from '../evaluation/audit/report.js';
import type { AuditedTraining, AuditSubject, WarmStart } from '../evaluation/audit/subject.js';
import type { JoinedInput } from '../market/as-of-join.js';
import { type CandleSeries, closeTimeMs, rowCountOf } from '../market/candle-series.js';
import { type Interval, parseInterval } from '../market/interval.js';
import { type CollectHooks, collectCandles } from './collect.js';
import type { Ports } from './ports.js';
import { datasetOptionsOf, type PreparedTraining, prepareTraining } from './prepare.js';
import { DEFAULT_INTERVAL, type TrainOptions } from './train-options.js';

/** The JSON of `audit --json`. */
export interface PipelineAuditReport extends AuditReport {
  readonly symbol: string;
  readonly interval: string;
  readonly horizonSteps: number;
  readonly features: readonly string[];
  readonly seed: number;
  readonly data: {
    readonly source: string;
    readonly rows: number;
    readonly firstOpenTimeMs: number;
    readonly lastOpenTimeMs: number;
  };
  readonly warnings: readonly string[];
}

export interface AuditHooks extends CollectHooks {
  readonly onCheck?: (name: string) => void;
}

/** What an audit must know beside the options of the training. */
export interface AuditSituation {
  /** When the candles were collected, UTC milliseconds. */
  readonly nowMs: number;
  readonly warmStart?: WarmStart;
  /** Of the candles, where the options do not say. */
  readonly interval?: Interval;
  /** What was joined to the candles. */
  readonly inputs?: readonly JoinedInput[];
}

/** The pipeline as the options make it. */
export function auditSubjectOf(
  options: TrainOptions,
  { nowMs, warmStart, inputs, interval = parseInterval(options.interval ?? DEFAULT_INTERVAL) }: AuditSituation,
): AuditSubject {
  const datasetOptions = datasetOptionsOf(options, interval);
  const { features, windowRows, horizonSteps, maximumGapRows } = datasetOptions;
  return {
    features,
    windowRows,
    horizonSteps,
    maximumGapRows,
    warmUpRows: Math.max(VOLATILITY_ROWS + 1, ...features.map((feature) => feature.warmUpRows)),
    nowMs,
    build: (series) => buildDataset(series, datasetOptions),
    prepare: (series) => auditedTrainingOf(prepareTraining(series, options)),
    decisionTimeMs: closeTimeMs,
    warmStart,
    inputs,
  };
}

/** The folds of a training, and the last fit on the newest rows, as the audit looks at them. */
export function auditedTrainingOf({ dataset, folds, lastFit }: PreparedTraining): AuditedTraining {
  const splits = folds.map(({ rows, scaler }, index) => ({ name: `fold ${index + 1}`, ...rows, scaler }));
  if (lastFit !== undefined) splits.push({ name: 'last fit', ...lastFit.rows, scaler: lastFit.scaler });
  return { dataset, splits };
}

/**
 * The fast part, for every training, of what it is about to use.
 *
 * @param prepared what `prepareTraining` made of `series` with these options
 */
export function auditTraining(
  series: CandleSeries,
  options: TrainOptions,
  prepared: PreparedTraining,
  situation: AuditSituation,
  now: () => number,
): AuditReport {
  const subject = auditSubjectOf(options, { ...situation, interval: series.interval });
  return auditQuickly(subject, series, auditedTrainingOf(prepared), { seed: options.seed, now });
}

/**
 * Collects the candles of a training and looks for leaks everywhere in what it would make of them. Nothing is trained
 * and nothing is kept.
 *
 * @throws TradeAiError what collecting and preparing throw; leaks are in the report
 */
export async function auditPipeline(
  options: TrainOptions,
  ports: Ports,
  hooks: AuditHooks = {},
): Promise<PipelineAuditReport> {
  const { series, source, notices, inputs } = await collectCandles(options, ports, hooks);
  const subject = auditSubjectOf(options, { nowMs: ports.now(), interval: series.interval, inputs });
  const { passed, checks } = auditFully(subject, series, {
    seed: options.seed,
    now: ports.now,
    onCheck: hooks.onCheck,
  });
  return {
    symbol: series.symbol,
    interval: series.interval,
    horizonSteps: options.horizon,
    features: options.features,
    seed: options.seed,
    data: {
      source,
      rows: rowCountOf(series),
      firstOpenTimeMs: series.openTimeMs[0],
      lastOpenTimeMs: series.openTimeMs[rowCountOf(series) - 1],
    },
    passed,
    checks,
    warnings: notices,
  };
}
