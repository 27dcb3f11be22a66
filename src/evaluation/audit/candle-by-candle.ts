import type { Feature } from '../../features/feature.js';
import { rowCountOf } from '../../market/candle-series.js';
import { alterCandles } from './altered-candles.js';
import { columnsOf } from './audited-columns.js';
import { type AuditCheck, type AuditContext, allProbes, auditRandom } from './context.js';
import { findDifference, runFeature, runFeatureBeside } from './feature-columns.js';
import { type Finding, firstOfEachColumn, formatInstant, formatValue } from './report.js';

/** Hands every candle to the features one after another, as live, and compares with what a training sees. */
export const candleByCandle: AuditCheck = {
  name: 'candle-by-candle',
  description: 'every feature is the same bits one candle at a time',
  find(context) {
    const { features, maximumGapRows } = context.subject;
    const findings: Finding[] = [];
    for (const { series, buildTo } of allProbes(context)) {
      const rowCount = rowCountOf(series);
      const columns = columnsOf(buildTo(rowCount));
      for (const [f, feature] of features.entries()) {
        const live = runFeature(feature, series, maximumGapRows);
        const trained = Float64Array.from(live, (_, row) => columns[f].at(row));
        const row = findDifference(live, trained, 0, rowCount);
        if (row === -1) continue;
        const timeMs = series.openTimeMs[row];
        findings.push({
          column: columns[f].name,
          timeMs,
          message: `at ${formatInstant(timeMs)} expected ${formatValue(live[row])} as one candle at a time, was ${formatValue(trained[row])} in training`,
          hint: 'let training take the value of the stream and nothing else: no filling, smoothing or joining afterwards',
        });
      }
    }
    return firstOfEachColumn([...findings, ...features.flatMap((feature) => findSharedState(feature, context))]);
  },
};

/** A stream that another one of the same feature can disturb keeps its state outside of `createStream`. */
function findSharedState(feature: Feature, { subject, probes, seed }: AuditContext): Finding[] {
  const { series } = probes[0];
  const other = alterCandles(series, 0, auditRandom(seed, 'hidden'));
  const alone = runFeature(feature, series, subject.maximumGapRows);
  const beside = runFeatureBeside(feature, series, other, subject.maximumGapRows);
  const row = findDifference(alone, beside, 0, rowCountOf(series));
  if (row === -1) return [];
  const timeMs = series.openTimeMs[row];
  return [
    {
      column: feature.name,
      timeMs,
      message: `at ${formatInstant(timeMs)} expected ${formatValue(alone[row])} whatever other streams see, was ${formatValue(beside[row])} beside a stream over another history`,
      hint: 'create all state inside createStream, none outside of it',
    },
  ];
}
