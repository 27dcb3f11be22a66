/** Candles that open regularly, but not where this program's open: weeks from Thursday, days from another midnight. Pure. */

import { floorToInterval, INTERVAL_MS, type Interval } from '../../market/interval.js';

export interface OtherGrid {
  /** `its weeks open on Thursday 00:00 UTC, and not on Monday 00:00 UTC` */
  readonly state: string;
  readonly commandHint: string;
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The furthest zone east of Greenwich, UTC+14. */
const EASTERNMOST_MS = 14 * HOUR_MS;
/** So many of the candles must be off the grid, and so many of these by the same. */
const REGULAR_SHARE = 0.9;
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
/** What is imported instead: the shorter candles that a longer length is made of. */
const SHORTER: Readonly<Partial<Record<Interval, string>>> = {
  '1w': 'days (1d)',
  '3d': 'days (1d)',
  '1d': 'hours (1h)',
};

/**
 * The grid that nearly all candles are on.
 *
 * @param openTimeMs of all candles, shape [rows]
 * @returns `undefined` where they are on no grid of their own
 */
export function describeOtherGrid(openTimeMs: Float64Array, interval: Interval): OtherGrid | undefined {
  const lengthMs = INTERVAL_MS[interval];
  const counts = new Map<number, number>();
  for (const timeMs of openTimeMs) {
    const lateMs = timeMs - floorToInterval(timeMs, interval);
    counts.set(lateMs, (counts.get(lateMs) ?? 0) + 1);
  }
  counts.delete(0);
  const [most, next] = [...counts].toSorted((a, b) => b[1] - a[1]);
  if (most === undefined) return undefined;
  const share = (count: number) => count / openTimeMs.length;
  const shorter = SHORTER[interval] ?? 'shorter candles';
  const commandHint = `import the ${shorter} instead; \`train --interval ${interval}\` makes ${interval} candles of them`;
  if (share(most[1]) >= REGULAR_SHARE) {
    if (lengthMs - most[0] <= SECOND_MS) {
      return {
        state: 'its times are those at which candles close, not those at which they open',
        commandHint: 'take the column of open times, or set each time back by one candle',
      };
    }
    return { state: describeGrid(interval, most[0]), commandHint };
  }
  // By a clock with summer time, an hour apart.
  const areHourApart = lengthMs > HOUR_MS && next !== undefined && Math.abs(most[0] - next[0]) === HOUR_MS;
  if (!areHourApart || share(most[1] + next[1]) < REGULAR_SHARE) return undefined;
  const [winter, summer] = [most[0], next[0]].toSorted((a, b) => b - a);
  if (lengthMs < DAY_MS) {
    const late = `${lateness(summer)} and ${lateness(winter)}`;
    return {
      state: `its ${interval} candles open ${late} after those of the UTC day, as by a clock that is set to summer time`,
      commandHint,
    };
  }
  const zones = [winter, summer].map(zoneOf).join(' and ');
  return {
    state: `its ${unitOf(interval)} open at ${clock(winter)} UTC in winter and ${clock(summer)} UTC in summer, midnight of a zone with summer time (${zones}), and not at 00:00 UTC`,
    commandHint,
  };
}

function describeGrid(interval: Interval, lateMs: number): string {
  if (interval === '1w') {
    const day = WEEKDAYS[Math.floor(lateMs / DAY_MS)];
    const zone = lateMs % DAY_MS === 0 ? '' : `, midnight at ${zoneOf(lateMs)}`;
    return `its weeks open on ${day} ${clock(lateMs)} UTC${zone}, and not on Monday 00:00 UTC`;
  }
  if (interval === '1d')
    return `its days open at ${clock(lateMs)} UTC, midnight at ${zoneOf(lateMs)}, and not at 00:00 UTC`;
  return `its ${interval} candles open ${lateness(lateMs)} after those of the UTC day, which are counted from 00:00 UTC`;
}

function unitOf(interval: Interval): string {
  return interval === '1w' ? 'weeks' : 'days';
}

/** `16:00`, the time of the day. */
function clock(timeMs: number): string {
  return new Date(timeMs % DAY_MS).toISOString().slice(11, timeMs % 60_000 === 0 ? 16 : 19);
}

/** The zone whose midnight is so long after midnight in UTC. */
function zoneOf(lateMs: number): string {
  const dayMs = lateMs % DAY_MS;
  const eastMs = DAY_MS - dayMs <= EASTERNMOST_MS ? DAY_MS - dayMs : -dayMs;
  const hours = clock(Math.abs(eastMs)).replace(/^0/, '').replace(':00', '');
  return `UTC${eastMs < 0 ? '−' : '+'}${hours}`;
}

function lateness(lateMs: number): string {
  const hours = lateMs / HOUR_MS;
  return Number.isInteger(hours) ? `${hours} h` : `${Number((lateMs / 60_000).toPrecision(6))} min`;
}
