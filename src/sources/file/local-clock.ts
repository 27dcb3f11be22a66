/** Times of a file that cannot be those of UTC: told, or refused with the way to read them. */

import { TradeAiError } from '../../core/errors.js';
import { counted, listed, utcTime } from '../../text/sentences.js';
import { formatStamp } from '../../text/times.js';
import { findSummerTime } from './summer-time.js';

export interface ClockSubject {
  readonly fileName: string;
  /** Ascending and unique. */
  readonly openTimeMs: Float64Array;
  readonly conflictTimesMs: readonly number[];
  /** The zone that the user named. */
  readonly timeZone?: string;
  /** The times tell no offset. */
  readonly isZoneless: boolean;
  readonly isAccepted: boolean;
}

/** What a clock may be ahead of another that is set by hand. */
const SLACK_MS = 60_000;

/**
 * Looks for summer time.
 *
 * @returns what shows it, where the times are accepted all the same: numbers that nothing can be read from
 * @throws TradeAiError `CANDLES_INVALID` for times without an offset, naming the zones that fit
 */
export function checkSummerTime(subject: ClockSubject): string | undefined {
  const { fileName, openTimeMs, conflictTimesMs, timeZone, isZoneless, isAccepted } = subject;
  const summerTime = timeZone === undefined ? findSummerTime(openTimeMs, conflictTimesMs) : undefined;
  if (!summerTime) return undefined;
  const { zones, missingMs, doubledMs } = summerTime;
  const places = [
    ...missingMs.slice(0, 1).map((timeMs) => `no hour at ${formatStamp(timeMs)}`),
    ...doubledMs.slice(0, 1).map((timeMs) => `two at ${formatStamp(timeMs)}`),
  ];
  const state = `the times are those of a clock that is set to summer time (${places.join(', ')}), as in ${listed(zones)}, and not of UTC`;
  if (isAccepted || !isZoneless) return state;
  throw new TradeAiError('CANDLES_INVALID', `${fileName}: ${state}`, {
    commandHint: `name their zone: --time-zone ${zones.join(' or ')}`,
  });
}

/**
 * Looks at the candles that have not closed: one is the newest, still open; two at one time there never are, nor one that
 * opens later than now.
 *
 * @returns what shows another clock, where that is accepted
 * @throws TradeAiError `CANDLES_INVALID`
 */
export function checkUnclosed(unclosed: Float64Array, nowMs: number, subject: ClockSubject): string | undefined {
  const { fileName, timeZone, isZoneless, isAccepted } = subject;
  const lastMs = unclosed.at(-1) ?? Number.NEGATIVE_INFINITY;
  if (unclosed.length < 2 && lastMs <= nowMs + SLACK_MS) return undefined;
  const state =
    `${counted(unclosed.length, 'candle')} had not closed by this computer's clock, the last opens at ${utcTime(lastMs)}, and it is ${utcTime(nowMs)}: ` +
    'the times are those of a clock ahead of UTC, or this one is slow';
  if (isAccepted) return state;
  throw new TradeAiError('CANDLES_INVALID', `${fileName}: ${state}`, {
    commandHint: isZoneless
      ? 'name their zone with --time-zone Europe/Berlin'
      : timeZone === undefined
        ? 'make the times those of UTC where the file comes from, or set the clock of this computer'
        : `name another zone than ${timeZone}, or set the clock of this computer`,
  });
}
