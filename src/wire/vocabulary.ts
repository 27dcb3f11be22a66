/**
 * The words for states, kinds and roles, each list once: on the wire, in files and in code. No schema stands here, so that
 * a page in a browser has them without what checks them.
 */

export const SIGNALS = ['BUY', 'SELL', 'HOLD'] as const;
export type Signal = (typeof SIGNALS)[number];

export const NO_SKILL = 'no-demonstrated-skill';
export const VERDICTS = ['skill', NO_SKILL] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What a version was when it made a forecast. */
export const LEDGER_ROLES = ['champion', 'shadow'] as const;
export type LedgerRole = (typeof LEDGER_ROLES)[number];

export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted'] as const;
export type JobState = (typeof JOB_STATES)[number];

export const MODEL_HEALTHS = ['ok', 'stale-data', 'stale-model', 'drifting', 'held', 'no-champion', 'error'] as const;
export type ModelHealth = (typeof MODEL_HEALTHS)[number];

export const FINDING_SEVERITIES = ['info', 'warning', 'error'] as const;
export type FindingSeverity = (typeof FINDING_SEVERITIES)[number];
