import { closeTimeMs, findGaps, rowCountOf } from '../../market/candle-series.js';
import { INTERVAL_MS } from '../../market/interval.js';
import type { AuditCheck, AuditContext } from './context.js';
import { type Finding, firstOfEachColumn, formatInstant } from './report.js';
import type { AuditedSplit } from './subject.js';

const PARTS = ['train', 'validation', 'test'] as const;
type Part = (typeof PARTS)[number];

/** Order, overlap, purge and embargo of the parts; whole windows; no row judged twice. */
export const splitOrder: AuditCheck = {
  name: 'split-order',
  description:
    'train, validation and test follow each other with purge and embargo between, and no row is judged twice',
  find(context) {
    const { splits } = context.training;
    const wholeRows = countWholeRows(context);
    return firstOfEachColumn([
      ...splits.flatMap((split) => [
        ...findDisorder(split, context),
        ...findNarrowSeam(split, 'train', 'validation', context),
        ...findNarrowSeam(split, 'validation', 'test', context),
        ...findNarrowSeam(split, 'train', 'test', context),
        ...findBrokenWindow(split, context, wholeRows),
      ]),
      ...findRepeatedTest(context),
    ]);
  },
};

/** Rows that come twice, or behind the first row of a later part; the first such row of each part. */
function findDisorder(split: AuditedSplit, { series }: AuditContext): Finding[] {
  const findings: Finding[] = [];
  // 0 for no part, else 1 + the index of the part
  const partOfRow = new Uint8Array(rowCountOf(series));
  let laterStart = rowCountOf(series);
  for (const index of [2, 1, 0]) {
    let wrongRow = rowCountOf(series);
    let start = laterStart;
    for (const row of split[PARTS[index]]) {
      if ((partOfRow[row] !== 0 || row >= laterStart) && row < wrongRow) wrongRow = row;
      else if (partOfRow[row] === 0) partOfRow[row] = index + 1;
      if (row < start) start = row;
    }
    if (wrongRow < rowCountOf(series)) findings.push(describeDisorder(wrongRow, index, laterStart));
    laterStart = start;
  }
  return findings;

  function describeDisorder(row: number, index: number, behind: number): Finding {
    const instant = formatInstant(series.openTimeMs[row]);
    const other = partOfRow[row];
    const was =
      row >= behind
        ? `all ${PARTS[index]} rows before the parts that follow, which begin at ${formatInstant(series.openTimeMs[behind])}, was one not before${other > 0 ? `, in ${PARTS[other - 1]} too` : ''}`
        : `each ${PARTS[index]} row once, was one twice`;
    return {
      column: `${split.name}: ${PARTS[index]}`,
      timeMs: series.openTimeMs[row],
      message: `at ${instant} expected ${was}`,
      hint: 'split by time: train, then validation, then test; never at random',
    };
  }
}

/** Labels look `horizonSteps` candles ahead: they end before the next part begins, and as long an embargo follows. */
function findNarrowSeam(split: AuditedSplit, before: Part, after: Part, { series, subject }: AuditContext): Finding[] {
  if (split[after].length === 0) return [];
  const { openTimeMs } = series;
  const rowCount = rowCountOf(series);
  const gapMs = 2 * subject.horizonSteps * INTERVAL_MS[series.interval];
  let first = rowCount;
  for (const candidate of split[after]) if (candidate < first) first = candidate;
  const firstDecisionMs = closeTimeMs(series, first);
  let row = rowCount;
  for (const candidate of split[before]) {
    // a row behind the seam is disorder, not a narrow seam
    const isNear = candidate < first && openTimeMs[candidate] + gapMs > openTimeMs[first];
    if (isNear && candidate < row) row = candidate;
  }
  if (row === rowCount) return [];
  const timeMs = series.openTimeMs[row];
  return [
    {
      column: `${split.name}: ${before}`,
      timeMs,
      message: `expected ${2 * subject.horizonSteps} candles (purge and embargo) between ${before} and ${after}, whose first row is decided at ${formatInstant(firstDecisionMs)}, was a ${before} row decided at ${formatInstant(closeTimeMs(series, row))} whose label ends at ${formatInstant(closeTimeMs(series, row) + gapMs / 2)}`,
      hint: 'leave out as many rows as the horizon at each seam, and as many again',
    },
  ];
}

/**
 * Rows whose window crosses a long gap, reaches before the first candle, or holds a feature without a value.
 *
 * @param wholeRows from `countWholeRows`
 */
function findBrokenWindow(split: AuditedSplit, { series, subject }: AuditContext, wholeRows: Int32Array): Finding[] {
  return PARTS.flatMap((part) => {
    const row = split[part].find((candidate) => wholeRows[candidate] < subject.windowRows);
    if (row === undefined) return [];
    const timeMs = series.openTimeMs[row];
    return [
      {
        column: `${split.name}: ${part}`,
        timeMs,
        message: `at ${formatInstant(timeMs)} expected a window of ${subject.windowRows} candles with all features and no gap above ${subject.maximumGapRows} candles, was ${wholeRows[row]}`,
        hint: 'leave out rows whose window is not whole; fill nothing',
      },
    ];
  });
}

/** Shape `[T]`: rows up to this one, in a row, that have all features and no long gap between them. */
function countWholeRows({ series, subject, training }: AuditContext): Int32Array {
  const { featureNames, values, rowCount } = training.dataset.matrix;
  const featureCount = featureNames.length;
  const counts = new Int32Array(rowCount);
  for (const gap of findGaps(series)) {
    // marks the first row behind a long gap
    if (gap.missingRows > subject.maximumGapRows) counts[gap.rowBefore + 1] = -1;
  }
  for (let row = 0; row < rowCount; row++) {
    const before = row === 0 || counts[row] === -1 ? 0 : counts[row - 1];
    let isWhole = true;
    for (let i = row * featureCount; i < (row + 1) * featureCount; i++) isWhole = isWhole && Number.isFinite(values[i]);
    counts[row] = isWhole ? before + 1 : 0;
  }
  return counts;
}

/** The first test row that two folds have in common. */
function findRepeatedTest({ series, training }: AuditContext): Finding[] {
  // 0 for no fold, else 1 + the index of the fold
  const foldOfRow = new Uint16Array(rowCountOf(series));
  return training.splits.flatMap(({ name, test }, fold) => {
    const row = test.find((candidate) => foldOfRow[candidate] !== 0);
    for (const candidate of test) foldOfRow[candidate] = fold + 1;
    if (row === undefined) return [];
    const timeMs = series.openTimeMs[row];
    return [
      {
        column: `${name}: test`,
        timeMs,
        message: `at ${formatInstant(timeMs)} expected each row in one test excerpt, was in an earlier one too`,
        hint: 'let the test excerpts of the folds follow each other',
      },
    ];
  });
}
