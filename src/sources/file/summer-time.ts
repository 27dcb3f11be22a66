/**
 * Whether the times of a file are those of a clock that is set forward in spring and back in autumn: an hour is missing on
 * the one day, and one stands twice, with other candles, on the other. Pure.
 */

import { zoneSpans } from '../../core/time-zone.js';
import { firstRowAt } from '../../market/candle-series.js';

export interface SummerTime {
  /** Zones whose clocks show these times; which of them it was, candles cannot tell. */
  readonly zones: readonly string[];
  /** Where an hour is missing, and where one stands twice, by the clock. */
  readonly missingMs: readonly number[];
  readonly doubledMs: readonly number[];
}

/**
 * One for each way of setting clocks where many people live; those of the United States are set at the same hour of theirs.
 * Clocks that are set otherwise are not known: those of Gaza, Greenland, Lord Howe, Morocco and Newfoundland, and those
 * that once were in Iran, Jordan, Paraguay and Syria.
 */
const ZONES = [
  'Europe/London',
  'Europe/Berlin',
  'Europe/Athens',
  'Africa/Cairo',
  'Asia/Beirut',
  'Asia/Jerusalem',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'America/Havana',
  'America/Sao_Paulo',
  'America/Santiago',
  'Australia/Sydney',
  'Pacific/Auckland',
];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A file with more gaps of an hour has them everywhere. */
const MOST_GAPS = 1_000;
/** Clocks are set on the eve of a day of rest or on that day, which is Friday in Cairo and Sunday elsewhere. */
const [SUNDAY, THURSDAY] = [0, 4];
/** They are set at night: by the clock from 23:00 on, and the next candle opens before six. */
const [FIRST_HOUR, LAST_HOUR] = [23, 5];

/**
 * Looks for the changes of a clock. All that lie within the candles must be there: no candle in an hour that the clock
 * leaves out, and an hour that stands twice, unless it is left out every spring.
 *
 * @param openTimeMs ascending and unique, as if the clock were that of UTC
 * @param conflictTimesMs times that stood twice with different values, ascending
 */
export function findSummerTime(openTimeMs: Float64Array, conflictTimesMs: readonly number[]): SummerTime | undefined {
  const suspects = findSuspects(openTimeMs, conflictTimesMs);
  if (suspects.length === 0) return undefined;
  const found = ZONES.flatMap((zone) => {
    const isNear = suspects.some((timeMs) => clockChanges(zone, timeMs - 2 * DAY_MS, timeMs + 2 * DAY_MS).length > 0);
    const seen = isNear ? seeChanges(zone, openTimeMs, conflictTimesMs) : undefined;
    return seen ? [{ zone, ...seen }] : [];
  });
  if (found.length === 0) return undefined;
  const [{ missingMs, doubledMs }] = found;
  return { zones: found.map(({ zone }) => zone), missingMs, doubledMs };
}

/** Nights in which an hour is missing or stands twice, of the days on which clocks are set. */
function findSuspects(openTimeMs: Float64Array, conflictTimesMs: readonly number[]): number[] {
  const gaps: number[] = [];
  for (let row = 1; row < openTimeMs.length && gaps.length <= MOST_GAPS; row++) {
    const spacingMs = openTimeMs[row] - openTimeMs[row - 1];
    if (spacingMs > HOUR_MS && spacingMs <= 2 * HOUR_MS) gaps.push(openTimeMs[row]);
  }
  const suspects = [...(gaps.length > MOST_GAPS ? [] : gaps), ...conflictTimesMs.slice(0, MOST_GAPS)];
  return suspects.filter((timeMs) => {
    const [day, hour] = [new Date(timeMs).getUTCDay(), new Date(timeMs).getUTCHours()];
    return (day >= THURSDAY || day === SUNDAY) && (hour >= FIRST_HOUR || hour <= LAST_HOUR);
  });
}

interface ClockChange {
  readonly kind: 'forward' | 'back';
  /** What the clock leaves out, or shows twice: [startMs, endMs) by the clock. */
  readonly startMs: number;
  readonly endMs: number;
}

function clockChanges(zone: string, firstMs: number, lastMs: number): ClockChange[] {
  return zoneSpans(zone, firstMs, lastMs)
    .map(({ startMs, offsetMs }, at, spans) => ({ startMs, offsetMs, beforeMs: spans[at - 1]?.offsetMs ?? offsetMs }))
    .filter(({ offsetMs, beforeMs }) => offsetMs !== beforeMs)
    .map(({ startMs, offsetMs, beforeMs }) => ({
      kind: offsetMs > beforeMs ? 'forward' : 'back',
      startMs: startMs + Math.min(offsetMs, beforeMs),
      endMs: startMs + Math.max(offsetMs, beforeMs),
    }));
}

/** The changes of the zone's clock that the candles show; `undefined` where they show another clock. */
function seeChanges(
  zone: string,
  openTimeMs: Float64Array,
  conflictTimesMs: readonly number[],
): Pick<SummerTime, 'missingMs' | 'doubledMs'> | undefined {
  const countWithin = (startMs: number, endMs: number) =>
    firstRowAt(openTimeMs, endMs) - firstRowAt(openTimeMs, startMs);
  const missingMs: number[] = [];
  const doubledMs: number[] = [];
  let singleCount = 0;
  for (const { kind, startMs, endMs } of clockChanges(zone, openTimeMs[0], openTimeMs[openTimeMs.length - 1])) {
    const hasNeighbours = countWithin(startMs - HOUR_MS, startMs) > 0 && countWithin(endMs, endMs + HOUR_MS) > 0;
    if (!hasNeighbours) continue;
    const isThere = countWithin(startMs, endMs) > 0;
    if (kind === 'forward') {
      if (isThere) return undefined;
      missingMs.push(startMs);
    } else if (conflictTimesMs.some((timeMs) => timeMs >= startMs && timeMs < endMs)) {
      doubledMs.push(startMs);
    } else if (isThere) {
      singleCount += 1;
    }
  }
  // A program may have dropped one of two rows of a time, but an exchange may also have stood still for that hour once.
  const isSeen = doubledMs.length > 0 || missingMs.length > (singleCount > 0 ? 1 : 0);
  return isSeen ? { missingMs, doubledMs } : undefined;
}
