/**
 * The leak audit: does anything that a model is trained or judged on know what it could not have known? Each check
 * looks at it in another way, so that most leaks are found more than once.
 */

import { TradeAiError } from '../../core/errors.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { availability } from './availability.js';
import { candleByCandle } from './candle-by-candle.js';
import { type AuditCheck, type AuditContext, createFullContext, createQuickContext } from './context.js';
import { futureShuffle } from './future-shuffle.js';
import { hiddenData } from './hidden-data.js';
import { joinedColumns } from './joined-columns.js';
import { prefixInvariance } from './prefix-invariance.js';
import type { AuditCheckReport, AuditReport, Finding } from './report.js';
import { scalerScope } from './scaler-scope.js';
import { splitOrder } from './split-order.js';
import type { AuditedTraining, AuditSubject } from './subject.js';
import { suspiciousCorrelation } from './suspicious-correlation.js';
import { targetTiming } from './target-timing.js';
import { warmStart } from './warm-start.js';

export const AUDIT_CHECKS: readonly AuditCheck[] = [
  prefixInvariance,
  candleByCandle,
  futureShuffle,
  hiddenData,
  targetTiming,
  scalerScope,
  splitOrder,
  suspiciousCorrelation,
  availability,
  joinedColumns,
  warmStart,
];

export interface AuditOptions {
  /** Decides where the history is cut and altered. */
  readonly seed: number;
  /** Milliseconds of any clock, for the time each check took. */
  readonly now: () => number;
  readonly onCheck?: (name: string) => void;
}

/**
 * Looks for leaks everywhere in a history.
 *
 * @throws what preparing the training throws
 */
export function auditFully(subject: AuditSubject, series: CandleSeries, options: AuditOptions): AuditReport {
  const context = createFullContext(subject, series, subject.prepare(series), options.seed);
  return report(context, options);
}

/**
 * The fast part, for every training: the rows, scalers and targets of the training itself, and features on the newest
 * excerpt only. A few hundred rows are computed again, however long the history.
 *
 * @param training what the training is about to use, made of `series` by the functions of `subject`
 */
export function auditQuickly(
  subject: AuditSubject,
  series: CandleSeries,
  training: AuditedTraining,
  options: AuditOptions,
): AuditReport {
  return report(createQuickContext(subject, series, training, options.seed), options);
}

function report(context: AuditContext, { now, onCheck }: AuditOptions): AuditReport {
  const checks = AUDIT_CHECKS.map((check): AuditCheckReport => {
    onCheck?.(check.name);
    const startedMs = now();
    const findings = runCheck(check, context).map((finding) => ({ check: check.name, ...finding }));
    return {
      name: check.name,
      description: check.description,
      passed: findings.length === 0,
      findings,
      seconds: (now() - startedMs) / 1000,
    };
  });
  return { passed: checks.every((check) => check.passed), checks };
}

/** A feature that is no number on a cut or altered history, while it is one on the real one, is a finding too. */
function runCheck(check: AuditCheck, context: AuditContext): Finding[] {
  try {
    return check.find(context);
  } catch (error) {
    if (!(error instanceof TradeAiError && error.code === 'FEATURE_INVALID')) throw error;
    const { features } = context.subject;
    return [
      {
        column: features.find(({ name }) => error.message.includes(`feature ${name} `))?.name ?? 'features',
        timeMs: context.series.openTimeMs[0],
        message: `expected numbers on a shortened or altered history as well, but ${error.message}`,
        hint: 'compute the feature from the candle of its row and older ones only',
      },
    ];
  }
}
