import type { JoinedInput } from '../../market/as-of-join.js';
import { rowCountOf } from '../../market/candle-series.js';
import type { AuditCheck, AuditContext } from './context.js';
import { type Finding, formatInstant, formatValue } from './report.js';

/**
 * Looks every joined value up again in the records it was made of, row by row and by another way than the join: cutting
 * the candles cannot show a join that looked ahead, since its result is cut with them.
 */
export const joinedColumns: AuditCheck = {
  name: 'joined-columns',
  description: 'every joined value is the newest record known at the decision of its row',
  find: (context) => (context.subject.inputs ?? []).flatMap((input) => findInColumn(input, context)),
};

function findInColumn(input: JoinedInput, { series, subject }: AuditContext): Finding[] {
  const { name, timeMs, value, delayMs, maxAgeMs = Number.POSITIVE_INFINITY } = input;
  const joined = series.extras[name];
  for (let row = 0; row < rowCountOf(series); row++) {
    const decisionMs = subject.decisionTimeMs(series, row);
    const newest = findNewest(timeMs, decisionMs - delayMs);
    const isKnown = newest >= 0 && decisionMs - timeMs[newest] <= maxAgeMs;
    const expected = isKnown ? value[newest] : Number.NaN;
    const found = joined === undefined ? Number.NaN : joined[row];
    if (Object.is(found, expected)) continue;
    const later = value.findIndex((candidate, i) => i > newest && Object.is(candidate, found));
    const whence =
      later === -1
        ? ''
        : `, the record of ${formatInstant(timeMs[later])}, known at ${formatInstant(timeMs[later] + delayMs)}`;
    return [
      {
        column: name,
        timeMs: series.openTimeMs[row],
        message: `at ${formatInstant(series.openTimeMs[row])} expected ${formatValue(expected)}, the newest record known at ${formatInstant(decisionMs)}, was ${formatValue(found)}${whence}`,
        hint: 'join each candle with the newest record whose time and delay lie at its close or before, and fill nothing',
      },
    ];
  }
  return [];
}

/** Index of the newest record at or before a time, −1 for none; by halving. */
function findNewest(timeMs: Float64Array, atMs: number): number {
  let low = 0;
  let high = timeMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeMs[middle] <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
