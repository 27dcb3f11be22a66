import { correlation } from '../../core/statistics.js';
import type { AuditCheck } from './context.js';
import { formatInstant, formatValue } from './report.js';

/** No honest feature of a real market comes near this; hourly ones have 0.05. */
const PLAUSIBLE_CORRELATION = 0.5;
/** Below this many standard errors a correlation over few independent labels is chance. */
const STANDARD_ERRORS = 5;

/** Names features that know the target too well: a copy of it, whatever way it came. */
export const suspiciousCorrelation: AuditCheck = {
  name: 'suspicious-correlation',
  description: `no feature has a correlation above ${PLAUSIBLE_CORRELATION} with the target`,
  find({ series, subject, training }) {
    const { matrix, target } = training.dataset;
    const { featureNames, values } = matrix;
    const rows: number[] = [];
    for (let row = 0; row < matrix.rowCount; row++) {
      if (matrix.isReady[row] === 1 && Number.isFinite(target.scaled[row])) rows.push(row);
    }
    if (rows.length === 0) return [];
    const outcomes = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) outcomes[i] = target.scaled[rows[i]];
    const chance = STANDARD_ERRORS / Math.sqrt(rows.length / subject.horizonSteps);
    const column = new Float64Array(rows.length);
    return featureNames.flatMap((name, f) => {
      for (let i = 0; i < rows.length; i++) column[i] = values[rows[i] * featureNames.length + f];
      const found = correlation(column, outcomes);
      if (found === null || Math.abs(found) <= Math.max(PLAUSIBLE_CORRELATION, chance)) return [];
      const timeMs = series.openTimeMs[rows[0]];
      return [
        {
          column: name,
          timeMs,
          message: `from ${formatInstant(timeMs)} on expected a correlation with the target of at most ${PLAUSIBLE_CORRELATION}, was ${formatValue(found)}: probably a copy of the target`,
          hint: 'leave the feature out, or compute it without the target; if it is honest, check the candles: no real market is that predictable',
        },
      ];
    });
  },
};
