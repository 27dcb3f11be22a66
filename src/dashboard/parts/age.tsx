import { formatAge, formatSpan, formatTime } from '../format.js';
import { nowMs } from '../state/clock.js';

/** A time as its distance from now; the exact time in the title. `isShort` leaves out `ago` and `in`. */
export function Age({ timeMs, isShort = false }: { timeMs: number; isShort?: boolean }) {
  const text = isShort ? formatSpan(nowMs.value - timeMs) : formatAge(timeMs, nowMs.value);
  return (
    <time dateTime={new Date(timeMs).toISOString()} title={formatTime(timeMs)}>
      {text}
    </time>
  );
}

/** A time of the clock, in UTC, with its distance from now behind it. */
export function TimeWithAge({ timeMs }: { timeMs: number }) {
  return (
    <span>
      {formatTime(timeMs)} <span class="quiet">({formatAge(timeMs, nowMs.value)})</span>
    </span>
  );
}
