import { rowCountOf } from '../../market/candle-series.js';
import { alterCandles } from './altered-candles.js';
import { compareColumns } from './audited-columns.js';
import { type AuditCheck, allProbes, auditRandom } from './context.js';
import { type Finding, firstOfEachColumn, formatInstant, formatValue } from './report.js';

/** Puts the candles after a time into another order, at other prices: nothing at or before that time may change by a bit. */
export const futureShuffle: AuditCheck = {
  name: 'future-shuffle',
  description: 'no value changes when later candles are shuffled',
  find(context) {
    const { subject, seed } = context;
    const random = auditRandom(seed, 'future');
    const findings: Finding[] = [];
    for (const { series, alterations, buildTo } of allProbes(context)) {
      const before = buildTo(rowCountOf(series));
      for (const start of alterations) {
        const after = subject.build(alterCandles(series, start, random));
        for (const { column, row, valueA, valueB } of compareColumns(before, after, start)) {
          const timeMs = series.openTimeMs[row];
          findings.push({
            column,
            timeMs,
            message: `at ${formatInstant(timeMs)} expected ${formatValue(valueA)} whatever comes later, was ${formatValue(valueB)} once the candles from ${formatInstant(series.openTimeMs[start])} on were others`,
            hint: 'compute it from the candle of its row and older ones only',
          });
        }
      }
    }
    return firstOfEachColumn(findings);
  },
};
