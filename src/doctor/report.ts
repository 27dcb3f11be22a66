/** What `doctor` says: one result a check, plain JSON. */

import type { Interval } from '../market/interval.js';

/** `not-checked` says why in its finding; it is neither good nor bad. */
export type CheckStatus = 'ok' | 'warning' | 'problem' | 'not-checked';

/** The checks, in the order in which they are told. */
export const CHECK_NAMES = [
  'files',
  'copies',
  'features',
  'engine',
  'candles',
  'scaling',
  'gates',
  'learning',
  'overfitting',
  'forecasts',
  'feature-drift',
  'error-drift',
  'edge',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

export type Evidence = Readonly<Record<string, number | string | boolean | null | readonly string[]>>;

export interface CheckResult {
  readonly check: CheckName;
  readonly status: CheckStatus;
  /** What was seen, in one sentence with its numbers. */
  readonly finding: string;
  /** The numbers by themselves. */
  readonly evidence: Evidence;
  /** The likely cause of what is not ok; `null` where everything is. */
  readonly cause: string | null;
  /** The command that fixes it, complete; `null` where nothing is to be done or no command can do it. */
  readonly command: string | null;
}

/** One model, examined. */
export interface ModelDiagnosis {
  readonly name: string;
  /** `null` where the version cannot be read. */
  readonly version: number | null;
  readonly symbol: string | null;
  readonly interval: Interval | null;
  /** The worst of its checks. */
  readonly status: 'ok' | 'warning' | 'problem';
  readonly checks: readonly CheckResult[];
}

/** The JSON of `doctor --json`. */
export interface DoctorReport {
  /** The worst of all models. */
  readonly status: 'ok' | 'warning' | 'problem';
  readonly models: readonly ModelDiagnosis[];
}

export function pass(check: CheckName, finding: string, evidence: Evidence = {}): CheckResult {
  return { check, status: 'ok', finding, evidence, cause: null, command: null };
}

export function skip(check: CheckName, why: string, evidence: Evidence = {}): CheckResult {
  return { check, status: 'not-checked', finding: why, evidence, cause: null, command: null };
}

export interface Fault {
  readonly status: 'warning' | 'problem';
  readonly finding: string;
  readonly evidence?: Evidence;
  readonly cause: string;
  readonly command: string | null;
}

export function fault(check: CheckName, { status, finding, evidence = {}, cause, command }: Fault): CheckResult {
  return { check, status, finding, evidence, cause, command };
}

/** A check that was not made counts as `ok`. */
export function worstStatus(statuses: Iterable<CheckStatus>): 'ok' | 'warning' | 'problem' {
  const seen = new Set(statuses);
  if (seen.has('problem')) return 'problem';
  return seen.has('warning') ? 'warning' : 'ok';
}
