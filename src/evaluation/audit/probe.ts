/** Excerpts of the history on which the pipeline is run again, and where it is cut there. */

import type { Random } from '../../core/random.js';
import { type CandleSeries, findGaps, rowCountOf, sliceCandles } from '../../market/candle-series.js';
import { columnsOf } from './audited-columns.js';
import type { AuditedDataset, AuditSubject } from './subject.js';

/**
 * A excerpt of the history as a history of its own. What is compared always begins at the same row, since indicators
 * with a long memory depend on where they began; only the end is cut.
 */
export interface Probe {
  readonly series: CandleSeries;
  /** Row counts at which it is cut. */
  readonly cuts: readonly number[];
  /** Rows from which on its candles are altered. */
  readonly alterations: readonly number[];
  /** What the subject makes of the first `rowCount` rows; computed once. */
  buildTo(rowCount: number): AuditedDataset;
}

/** Rows behind the warm-up of a short probe. */
const PROBE_ROWS = { quick: 80, full: 200 } as const;
const RANDOM_CUTS = { quick: 2, full: 5 } as const;
/** Cuts at neighbouring rows, so that one of them falls into the middle of every candle of a longer interval. */
const NEIGHBOURING_CUTS = 3;
/** For each column. */
const PLATEAU_CUTS = { quick: 1, full: 2 } as const;
const ALTERATIONS = { quick: 1, full: 3 } as const;
const FULL_PROBES = 5;
const GAP_PROBES = 2;
const WHOLE_CUTS = 2;

/** The newest excerpt, for every training. */
export function planQuickProbes(subject: AuditSubject, series: CandleSeries, random: Random): Probe[] {
  return [planShortProbe(subject, series, rowCountOf(series), 'quick', random)];
}

/**
 * Excerpts from all over the history, two of them with a gap inside where there are gaps, and the newest one. A
 * short excerpt is cut many times for the price of cutting the whole history once.
 */
export function planFullProbes(subject: AuditSubject, series: CandleSeries, random: Random): Probe[] {
  const rowCount = rowCountOf(series);
  const length = probeRows(subject, 'full');
  const gaps = findGaps(series);
  const ends = new Set([rowCount, Math.min(length, rowCount)]);
  for (let i = 0; i < Math.min(GAP_PROBES, gaps.length); i++) {
    const { rowBefore } = gaps[random.nextInteger(gaps.length)];
    // the gap lies behind the warm-up, in the part that is cut
    ends.add(Math.min(rowCount, rowBefore + Math.ceil(PROBE_ROWS.full / 2)));
  }
  while (ends.size < FULL_PROBES && rowCount > length + FULL_PROBES) {
    ends.add(length + random.nextInteger(rowCount - length));
  }
  return [...ends].map((end) => planShortProbe(subject, series, end, 'full', random));
}

/** The whole history with a few cuts: for what looks farther ahead than a short probe reaches. */
export function planWholeProbe(
  subject: AuditSubject,
  series: CandleSeries,
  dataset: AuditedDataset,
  random: Random,
): Probe {
  const rowCount = rowCountOf(series);
  const first = Math.min(subject.warmUpRows, rowCount - 1);
  const pick = () => first + random.nextInteger(rowCount - first);
  return createProbe(subject, series, Array.from({ length: WHOLE_CUTS }, pick), [pick()], dataset);
}

/** @param whole what the subject made of the whole excerpt, when that is known already */
function createProbe(
  subject: AuditSubject,
  series: CandleSeries,
  cuts: readonly number[],
  alterations: readonly number[],
  whole?: AuditedDataset,
): Probe {
  const built = new Map<number, AuditedDataset>();
  if (whole !== undefined) built.set(rowCountOf(series), whole);
  return {
    series,
    cuts,
    alterations,
    buildTo(rowCount) {
      const known = built.get(rowCount);
      if (known !== undefined) return known;
      const dataset = subject.build(rowCount === rowCountOf(series) ? series : sliceCandles(series, 0, rowCount));
      built.set(rowCount, dataset);
      return dataset;
    },
  };
}

function probeRows(subject: AuditSubject, effort: 'quick' | 'full'): number {
  return subject.warmUpRows + PROBE_ROWS[effort] + subject.horizonSteps;
}

function planShortProbe(
  subject: AuditSubject,
  series: CandleSeries,
  end: number,
  effort: 'quick' | 'full',
  random: Random,
): Probe {
  const excerpt = sliceCandles(series, Math.max(0, end - probeRows(subject, effort)), end);
  const rowCount = rowCountOf(excerpt);
  const warm = Math.min(subject.warmUpRows, rowCount - 1);
  const pick = () => warm + random.nextInteger(rowCount - warm);
  const last = Math.max(1, pick());
  const cuts = new Set([
    // inside the warm-up, where values must be absent and not filled from later ones
    1,
    Math.max(1, Math.floor(warm / 2)),
    Math.max(1, warm - 1),
    ...Array.from({ length: RANDOM_CUTS[effort] }, pick),
    ...Array.from({ length: NEIGHBOURING_CUTS }, (_, i) => Math.max(1, last - i)),
    rowCount - 1,
  ]);
  const alterations = Array.from({ length: ALTERATIONS[effort] }, pick);
  const probe = createProbe(subject, excerpt, [], []);
  for (const row of findPlateaus(probe.buildTo(rowCount), warm, rowCount, PLATEAU_CUTS[effort])) cuts.add(row + 1);
  return { ...probe, cuts: [...cuts].filter((cut) => cut >= 1 && cut < rowCount), alterations };
}

/**
 * Rows whose value is, to the bit, that of the next row and not that of the row before: what backward filling leaves.
 * The newest `limit` of each column.
 */
function findPlateaus(dataset: AuditedDataset, start: number, end: number, limit: number): number[] {
  return columnsOf(dataset).flatMap(({ at }) => {
    const rows: number[] = [];
    for (let row = end - 2; row >= Math.max(1, start) && rows.length < limit; row--) {
      if (at(row) === at(row + 1) && at(row) !== at(row - 1)) rows.push(row);
    }
    return rows;
  });
}
