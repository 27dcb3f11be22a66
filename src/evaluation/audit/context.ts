import { RANDOM_STREAM, Random } from '../../core/random.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { type Probe, planFullProbes, planQuickProbes, planWholeProbe } from './probe.js';
import type { Finding } from './report.js';
import type { AuditedTraining, AuditSubject } from './subject.js';

/** What every check looks at. */
export interface AuditContext {
  readonly subject: AuditSubject;
  readonly series: CandleSeries;
  /** What the subject made of the whole series. */
  readonly training: AuditedTraining;
  /** Whether this is the fast part that runs in every training: nothing is computed over the whole history again. */
  readonly isQuick: boolean;
  readonly probes: readonly Probe[];
  /** The whole history; absent in the fast part. */
  readonly wholeProbe: Probe | undefined;
  readonly seed: number;
}

/** One check. It returns what it found, at most one finding a column. */
export interface AuditCheck {
  readonly name: string;
  /** What holds when it finds nothing. */
  readonly description: string;
  find(context: AuditContext): Finding[];
}

/** Parts of the audit that draw random numbers, each from its own substream. */
const AUDIT_SUBSTREAM = {
  quickProbes: 0,
  fullProbes: 1,
  wholeProbe: 2,
  future: 3,
  hidden: 4,
  scaler: 5,
} as const;

export function auditRandom(seed: number, part: keyof typeof AUDIT_SUBSTREAM): Random {
  return new Random(seed, RANDOM_STREAM.test, AUDIT_SUBSTREAM[part]);
}

export function createQuickContext(
  subject: AuditSubject,
  series: CandleSeries,
  training: AuditedTraining,
  seed: number,
): AuditContext {
  const probes = planQuickProbes(subject, series, auditRandom(seed, 'quickProbes'));
  return { subject, series, training, isQuick: true, probes, wholeProbe: undefined, seed };
}

export function createFullContext(
  subject: AuditSubject,
  series: CandleSeries,
  training: AuditedTraining,
  seed: number,
): AuditContext {
  const probes = planFullProbes(subject, series, auditRandom(seed, 'fullProbes'));
  const wholeProbe = planWholeProbe(subject, series, training.dataset, auditRandom(seed, 'wholeProbe'));
  return { subject, series, training, isQuick: false, probes, wholeProbe, seed };
}

/** All probes, the whole history first where there is one. */
export function allProbes({ probes, wholeProbe }: AuditContext): readonly Probe[] {
  return wholeProbe === undefined ? probes : [wholeProbe, ...probes];
}
