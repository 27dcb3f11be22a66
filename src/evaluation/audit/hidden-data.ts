/**
 * A feature that takes its values from somewhere else than the candles it is given: from the whole series by a
 * reference, from a list or a cache made beforehand, from a file. Cutting or altering what it is given cannot show
 * that, so it is asked in four other ways.
 */

import { correlation } from '../../core/statistics.js';
import type { Feature } from '../../features/feature.js';
import { type CandleSeries, rowCountOf, sliceCandles } from '../../market/candle-series.js';
import { makeForeignMarket, shiftDates, withAlteredOriginal } from './altered-candles.js';
import { type AuditCheck, type AuditContext, auditRandom } from './context.js';
import { findDifference, runFeature } from './feature-columns.js';
import { type Finding, firstOfEachColumn, formatInstant, formatValue } from './report.js';

/** Rows left out at the beginning, to see whether a feature counts rows. */
const LEFT_OUT_ROWS = 37;
/**
 * Correlation with the real target, on candles of another market, that is not chance: six standard errors, and no less
 * than this.
 */
const KNOWING_CORRELATION = 0.1;
const STANDARD_ERRORS = 6;

export const hiddenData: AuditCheck = {
  name: 'hidden-data',
  description: 'every feature knows the candles it is given and nothing else',
  find(context) {
    const { features } = context.subject;
    const excerpt = context.probes[0].series;
    const expected = runAll(context, excerpt);
    const byReference = withAlteredOriginal(context.series, () => runAll(context, excerpt));
    const byDate = runAll(context, shiftDates(excerpt));
    const foreign = runAll(context, makeForeignMarket(excerpt, auditRandom(context.seed, 'hidden')));
    const later = runAll(context, sliceCandles(excerpt, LEFT_OUT_ROWS, rowCountOf(excerpt)));
    const findings = features.flatMap((feature, f) => {
      const difference =
        findReference(expected[f], byReference[f]) ??
        findDateLookUp(expected[f], byDate[f]) ??
        findRowLookUp(feature, expected[f], foreign[f], later[f]);
      return difference === undefined ? [] : [describe(feature, excerpt, difference.row, difference.what)];
    });
    if (context.isQuick) return firstOfEachColumn(findings);
    const found = new Set(findings.map(({ column }) => column));
    const others = features.filter(({ name }) => !found.has(name));
    return firstOfEachColumn([...findings, ...findForeignKnowledge(others, context)]);
  },
};

function runAll({ subject }: AuditContext, candles: CandleSeries): Float64Array[] {
  return subject.features.map((feature) => runFeature(feature, candles, subject.maximumGapRows));
}

interface Difference {
  readonly row: number;
  readonly what: string;
}

/** @param found on the same candles, while the arrays of the original series held others */
function findReference(expected: Float64Array, found: Float64Array): Difference | undefined {
  const row = findDifference(expected, found, 0, expected.length);
  if (row === -1) return undefined;
  return {
    row,
    what: `expected ${formatValue(expected[row])} from the same candles, was ${formatValue(found[row])} after the series behind its back was altered`,
  };
}

/** @param found on the same candles, told 400 years later: the calendar is the same, a list by date has nothing */
function findDateLookUp(expected: Float64Array, found: Float64Array): Difference | undefined {
  const row = findDifference(expected, found, 0, expected.length);
  if (row === -1) return undefined;
  return {
    row,
    what: `expected ${formatValue(expected[row])} from the same candles at the same place of the calendar, was ${formatValue(found[row])} in another year: it looks values up by date`,
  };
}

/** A feature that does not listen to the candles may follow the calendar, but not the count of rows. */
function findRowLookUp(
  feature: Feature,
  expected: Float64Array,
  foreign: Float64Array,
  later: Float64Array,
): Difference | undefined {
  if (findDifference(expected, foreign, 0, expected.length) !== -1) return undefined;
  const start = LEFT_OUT_ROWS + feature.warmUpRows - 1;
  const row = expected.findIndex((value, i) => i >= start && !Object.is(value, later[i - LEFT_OUT_ROWS]));
  if (row === -1) return undefined;
  return {
    row,
    what: `expected ${formatValue(expected[row])} wherever the history begins, was ${formatValue(later[row - LEFT_OUT_ROWS])} when it begins ${LEFT_OUT_ROWS} candles later, and no candle changes it: it looks values up by row`,
  };
}

/** Given the candles of another market, an honest feature knows nothing of the outcomes of this one. */
function findForeignKnowledge(
  features: readonly Feature[],
  { series, training, seed, subject }: AuditContext,
): Finding[] {
  const { scaled } = training.dataset.target;
  const foreign = makeForeignMarket(series, auditRandom(seed, 'hidden'));
  return features.flatMap((feature) => {
    const values = runFeature(feature, foreign, subject.maximumGapRows);
    const rows = Int32Array.from(values.keys()).filter(
      (row) => Number.isFinite(values[row]) && Number.isFinite(scaled[row]),
    );
    if (rows.length === 0) return [];
    const pick = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]);
    const found = correlation(pick(values), pick(scaled));
    const limit = Math.max(KNOWING_CORRELATION, STANDARD_ERRORS / Math.sqrt(rows.length / subject.horizonSteps));
    if (found === null || Math.abs(found) <= limit) return [];
    const what = `expected no correlation with the target (at most ${formatValue(limit)}) on the candles of another market, was ${formatValue(found)}`;
    return [describe(feature, series, rows[0], what)];
  });
}

function describe(feature: Feature, series: CandleSeries, row: number, what: string): Finding {
  const timeMs = series.openTimeMs[row];
  return {
    column: feature.name,
    timeMs,
    message: `at ${formatInstant(timeMs)} ${what}`,
    hint: 'let the stream compute its value from the candles it is given: no array, cache or file from outside of createStream',
  };
}
