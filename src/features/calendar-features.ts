/** The calendar in UTC, of the open time of the candle, as points on a circle. */

import type { Feature } from './feature.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** The epoch was a Thursday. */
const MONDAY_OFFSET_MS = 4 * DAY_MS;

function onCircle(
  name: string,
  description: string,
  periodMs: number,
  offsetMs: number,
  project: (angle: number) => number,
): Feature {
  return {
    name,
    description,
    warmUpRows: 1,
    createStream: () => (candle) => project((2 * Math.PI * ((candle.openTimeMs - offsetMs) % periodMs)) / periodMs),
  };
}

export const calendarFeatures: readonly Feature[] = [
  onCircle('hour_sin', 'hour of the day, sine', DAY_MS, 0, Math.sin),
  onCircle('hour_cos', 'hour of the day, cosine', DAY_MS, 0, Math.cos),
  onCircle('weekday_sin', 'time of the week, sine', WEEK_MS, MONDAY_OFFSET_MS, Math.sin),
  onCircle('weekday_cos', 'time of the week, cosine', WEEK_MS, MONDAY_OFFSET_MS, Math.cos),
];
