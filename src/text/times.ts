/** Times, always of UTC, and how long something takes. Pages name the month; lists and messages have `2026-02-19 03:00`. */

import { formatNumber, SPACE } from './numbers.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Below this an age is now: clocks of browser and server are never nearer than that. */
const NOW_MS = 10_000;
/** By hand: `Intl` of other versions writes other short months. */
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The smallest unit of a time of the clock. */
export type Precision = 'minute' | 'second';

/** What tells neighbouring candles of an interval apart: candles of seconds need seconds. */
export function precisionOf(interval: string): Precision {
  return interval.endsWith('s') ? 'second' : 'minute';
}

/** `19 Feb 2026`. */
export function formatDay(timeMs: number): string {
  return [formatShortDay(timeMs), new Date(timeMs).getUTCFullYear()].join(SPACE);
}

/** `19 Feb 2026, 03:00 UTC`. */
export function formatTime(timeMs: number, precision: Precision = 'minute'): string {
  return `${formatLongTime(timeMs, precision)}${SPACE}UTC`;
}

/** `19 Feb 2026, 03:00`, where UTC is said elsewhere. */
export function formatLongTime(timeMs: number, precision: Precision = 'minute'): string {
  return `${formatDay(timeMs)},${SPACE}${formatClock(timeMs, precision)}`;
}

/** `19 Feb, 03:00`, where UTC is said elsewhere. */
export function formatShortTime(timeMs: number, precision: Precision = 'minute'): string {
  return `${formatShortDay(timeMs)},${SPACE}${formatClock(timeMs, precision)}`;
}

/** The same without the day, where that is said: `03:00`. */
export function formatClock(timeMs: number, precision: Precision = 'minute'): string {
  return new Date(timeMs).toISOString().slice(11, precision === 'second' ? 19 : 16);
}

/** `2026-02-19 03:00`, where UTC is said elsewhere: times below each other, to be searched and sorted. */
export function formatStamp(timeMs: number, precision: Precision = 'minute'): string {
  return new Date(timeMs)
    .toISOString()
    .slice(0, precision === 'second' ? 19 : 16)
    .replace('T', ' ');
}

/** `45 s`, `12 min`, `3 h`, `5 d`: one unit, rounded down. */
export function formatSpan(spanMs: number): string {
  const size = Math.abs(spanMs);
  if (size < MINUTE_MS) return `${Math.floor(size / 1000)}${SPACE}s`;
  if (size < HOUR_MS) return `${Math.floor(size / MINUTE_MS)}${SPACE}min`;
  if (size < 2 * DAY_MS) return `${Math.floor(size / HOUR_MS)}${SPACE}h`;
  return `${Math.floor(size / DAY_MS)}${SPACE}d`;
}

/** `12 min ago`, `in 3 h`, `now`. */
export function formatAge(timeMs: number, nowMs: number): string {
  const spanMs = nowMs - timeMs;
  if (Math.abs(spanMs) < NOW_MS) return 'now';
  return spanMs > 0 ? `${formatSpan(spanMs)} ago` : `in${SPACE}${formatSpan(spanMs)}`;
}

/** How old something is, where `ago` is said elsewhere: `12 min`, `< 10 s`. */
export function formatShortAge(timeMs: number, nowMs: number): string {
  return nowMs - timeMs < NOW_MS ? `<${SPACE}${formatSpan(NOW_MS)}` : formatSpan(nowMs - timeMs);
}

/** `4.2 s`, `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 10) return `${formatNumber(Math.max(0, seconds), 1)}${SPACE}s`;
  if (whole < 60) return `${whole}${SPACE}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}${SPACE}min ${whole % 60}${SPACE}s`;
  return `${Math.floor(whole / 3600)}${SPACE}h ${Math.floor((whole % 3600) / 60)}${SPACE}min`;
}

function formatShortDay(timeMs: number): string {
  const time = new Date(timeMs);
  return `${time.getUTCDate()}${SPACE}${MONTHS[time.getUTCMonth()]}`;
}
