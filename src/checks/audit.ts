/** The leak audit of this program's own pipeline: of the functions that `train` runs, on the candles it would use. */

import { type CollectHooks, collectCandles } from '../candles/collect.js';
import { auditFully } from '../evaluation/audit/audit.js';
import type { AuditReport } from '../evaluation/audit/report.js';
import { rowCountOf } from '../market/candle-series.js';
import type { TrainOptions } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import { auditSubjectOf } from '../training/audit-training.js';

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
