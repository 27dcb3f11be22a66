/** What the figures of a stored series come to. */

import type { Word } from '../../text/words.js';
import type { DataHealth } from '../../wire/wire.js';

/** A series this many candles behind is late: one may be on its way. */
const LATE_INTERVALS = 2;
const ORDER = ['bad', 'notice', 'plain', 'good'];

export function judgeData({ lastUpdate, findings, ageIntervals, gapCount, rowCount }: DataHealth): Word {
  if (rowCount === null) {
    return { text: 'Unreadable', tone: 'bad', meaning: 'A file of these candles is damaged; see what was found.' };
  }
  if (findings.some(({ severity }) => severity === 'error')) {
    return { text: 'Errors', tone: 'bad', meaning: 'Candles are wrong: training with them is refused.' };
  }
  if (lastUpdate?.problem != null) {
    return {
      text: 'Update failed',
      tone: 'bad',
      meaning: 'The newest candles could not be fetched; it is tried again.',
    };
  }
  if (ageIntervals !== null && ageIntervals >= LATE_INTERVALS) {
    return { text: 'Late', tone: 'notice', meaning: 'Newer candles exist that are not stored yet.' };
  }
  if (findings.some(({ severity }) => severity === 'warning')) {
    return { text: 'Warnings', tone: 'notice', meaning: 'Something is unusual; see what was found.' };
  }
  if (gapCount !== null && gapCount > 0)
    return { text: 'Gaps', tone: 'plain', meaning: 'Candles are missing; nothing looks across a long gap.' };
  return { text: 'OK', tone: 'good', meaning: 'Current and without a gap.' };
}

/** Problems first, then by symbol. */
export function sortData(all: readonly DataHealth[]): DataHealth[] {
  const rank = (series: DataHealth) => ORDER.indexOf(judgeData(series).tone);
  return [...all].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      a.symbol.localeCompare(b.symbol, 'en', { numeric: true }) ||
      a.interval.localeCompare(b.interval),
  );
}
