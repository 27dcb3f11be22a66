/** What `report.html` shows: the judgement of a training, as its JSON has it, with when and by which program it was made. */

import type { BacktestReport, FeatureImportance, TestReport } from '../evaluation/report.js';
import type { EffectiveSpread } from '../market/effective-spread.js';
import type { QualityFinding } from '../market/quality/report.js';
import type { TickSize } from '../market/tick-size.js';
import type { Verdict } from '../wire/vocabulary.js';

export interface HtmlReportData {
  readonly name: string;
  readonly symbol: string;
  readonly interval: string;
  readonly horizonSteps: number;
  /** `null` for a judgement that was not published. */
  readonly version: number | null;
  readonly verdict: Verdict;
  readonly promoted: boolean;
  /** Why this verdict, beginning with `skill: ` or `no demonstrated skill: `; then why it was promoted or not. */
  readonly reasons: readonly string[];
  readonly createdAtMs: number;
  /** Version of the program. */
  readonly codeVersion: string;
  readonly data: {
    readonly source: string;
    readonly rows: number;
    readonly firstOpenTimeMs: number;
    readonly lastOpenTimeMs: number;
    readonly gapCount: number;
    readonly missingRows: number;
    readonly tickSize?: TickSize | null;
    readonly effectiveSpread?: EffectiveSpread | null;
    readonly sha256: string;
  };
  /** Options in force, in the order in which they are shown; values are JSON. */
  readonly config: object;
  /** Of the model that serves. */
  readonly training: {
    readonly engine: string;
    readonly threads: number;
    readonly members: readonly MemberTraining[];
    /** Whether the model that serves was fitted last on the newest rows, after its settings were judged. */
    readonly isLastFit: boolean;
    readonly seconds: number;
    readonly sequencesPerSecond: number;
  };
  readonly test: TestReport;
  readonly backtest: BacktestReport | null;
  readonly importance: readonly FeatureImportance[] | null;
  readonly findings: readonly QualityFinding[];
  /** Those of the form `test.calibration.brier is null: reason` are shown again where the value is missing. */
  readonly warnings: readonly string[];
}

/** One network of the ensemble. Losses are one an epoch, from the first. */
export interface MemberTraining {
  readonly seed: number;
  readonly epochsRun: number;
  /** Counted from 1; its weights are the ones kept. */
  readonly bestEpoch: number;
  readonly trainLoss: readonly number[];
  readonly validationLoss: readonly number[];
}
