import { formatAge, formatShortAge, formatTime } from '../../text/times.js';
import { nowMs } from '../state/clock.js';

/** A time as its distance from now; the exact time in the title. `isShort` leaves out `ago` and `in`. */
export function Age({ timeMs, isShort = false }: { timeMs: number; isShort?: boolean }) {
  const text = isShort ? formatShortAge(timeMs, nowMs.value) : formatAge(timeMs, nowMs.value);
  return (
    <time dateTime={new Date(timeMs).toISOString()} title={formatTime(timeMs, 'second')}>
      {text}
    </time>
  );
}
