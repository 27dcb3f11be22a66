import { TradeAiError } from '../../core/errors.js';

/** One place where knowledge of the future comes in. */
export interface AuditFinding {
  readonly check: string;
  /** A feature, or `target`, `volatility`, `usable rows`, `close`, or a part of a split such as `split: test`. */
  readonly column: string;
  /** Open time of the first candle concerned among those looked at, UTC milliseconds. */
  readonly timeMs: number;
  /** What was expected and what was found. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

export interface AuditCheckReport {
  readonly name: string;
  /** What holds when the check passes. */
  readonly description: string;
  readonly passed: boolean;
  readonly findings: readonly AuditFinding[];
  readonly seconds: number;
}

/** Plain JSON. */
export interface AuditReport {
  readonly passed: boolean;
  readonly checks: readonly AuditCheckReport[];
}

/** A finding without the name of the check that made it. */
export type Finding = Omit<AuditFinding, 'check'>;

/** The first finding of each column, in order of time. */
export function firstOfEachColumn(findings: readonly Finding[]): Finding[] {
  const first = new Map<string, Finding>();
  for (const finding of findings) {
    const known = first.get(finding.column);
    if (known === undefined || finding.timeMs < known.timeMs) first.set(finding.column, finding);
  }
  return [...first.values()].sort((a, b) => a.timeMs - b.timeMs);
}

/** The error of a report with findings; `undefined` when it passed. */
export function leakErrorOf(report: AuditReport): TradeAiError | undefined {
  const findings = report.checks.flatMap((check) => check.findings);
  if (findings.length === 0) return undefined;
  const [first] = findings;
  const columns = [...new Set(findings.map(({ column }) => column))];
  const others = columns.length > 1 ? ` (and in ${columns.length - 1} more: ${columns.slice(1, 6).join(', ')})` : '';
  return new TradeAiError(
    'LEAK_FOUND',
    `the future leaks into ${first.column}${others}; ${first.check}: ${first.message}`,
    { hint: first.hint },
  );
}

/** UTC, to the second. */
export function formatInstant(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z');
}

/** A value as findings print it. */
export function formatValue(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : 'no value';
}
