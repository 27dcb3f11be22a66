import { closeTimeMs } from '../../market/candle-series.js';
import type { AuditCheck } from './context.js';
import { formatInstant } from './report.js';

/** A training that goes on from older weights may use no row that these weights have seen in any way. */
export const warmStart: AuditCheck = {
  name: 'warm-start',
  description: 'a warm start uses only rows newer than everything its champion saw',
  find({ series, subject }) {
    const start = subject.warmStart;
    if (start === undefined) return [];
    return (['train', 'validation', 'test'] as const).flatMap((part) => {
      const row = start[part].find((candidate) => closeTimeMs(series, candidate) < start.seenUntilMs);
      if (row === undefined) return [];
      const timeMs = series.openTimeMs[row];
      return [
        {
          column: `warm start: ${part}`,
          timeMs,
          message: `expected only rows decided at ${formatInstant(start.seenUntilMs)} or later, until when version ${start.version} has seen outcomes, was a ${part} row decided at ${formatInstant(closeTimeMs(series, row))}`,
          hint: 'go on from the champion on newer rows only, or train from scratch',
        },
      ];
    });
  },
};
