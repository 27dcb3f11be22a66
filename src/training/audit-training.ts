/** What the leak audit looks at in a training, and its fast part, which every training runs. */

import { buildDataset } from '../dataset/dataset.js';
import { VOLATILITY_ROWS } from '../dataset/target.js';
import { auditQuickly } from '../evaluation/audit/audit.js';
import type { AuditReport } from '../evaluation/audit/report.js';
import type { AuditedTraining, AuditSubject, WarmStart } from '../evaluation/audit/subject.js';
import type { JoinedInput } from '../market/as-of-join.js';
import { type CandleSeries, closeTimeMs } from '../market/candle-series.js';
import { type Interval, parseInterval } from '../market/interval.js';
import { DEFAULT_INTERVAL, type TrainOptions } from '../options/train-options.js';
import { datasetOptionsOf, type PreparedTraining, prepareTraining } from './prepare.js';

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

/** The folds of a training, and the final refit on the newest rows, as the audit looks at them. */
export function auditedTrainingOf({ dataset, folds, finalRefit }: PreparedTraining): AuditedTraining {
  const splits = folds.map(({ rows, scaler }, index) => ({ name: `fold ${index + 1}`, ...rows, scaler }));
  if (finalRefit !== undefined) splits.push({ name: 'final refit', ...finalRefit.rows, scaler: finalRefit.scaler });
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
