/** Time zones of the IANA database, as the runtime knows them. Pure. */

import { TradeAiError } from './errors.js';

/** A stretch of time in which a zone keeps one offset. */
export interface ZoneSpan {
  /** First instant, UTC milliseconds; −∞ for the first span. */
  readonly startMs: number;
  /** What its clocks are ahead of UTC, in milliseconds. */
  readonly offsetMs: number;
}

const DAY_MS = 86_400_000;

/** Whether a zone has this name. Newer runtimes take `+02:00` as well, which knows no summer time. */
export function isTimeZone(name: string): boolean {
  try {
    return /^[A-Z]/i.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/**
 * Checks the name of a zone.
 *
 * @throws TradeAiError `USAGE` for one that is not known
 * @example checkTimeZone('Europe/Berlin')
 */
export function checkTimeZone(zone: string): string {
  if (isTimeZone(zone)) return zone;
  throw new TradeAiError('USAGE', `unknown time zone ${JSON.stringify(zone)}`, {
    hint: 'name a zone of the IANA database, for example Europe/Berlin, America/New_York or UTC',
  });
}

/**
 * The offsets of a zone over a range of time, oldest first. A zone changes its offset at most once a day.
 *
 * @param startMs first instant of interest, UTC milliseconds
 * @param endMs last one
 */
export function zoneSpans(zone: string, startMs: number, endMs: number): ZoneSpan[] {
  const offsetAt = offsetsOf(zone);
  const spans: ZoneSpan[] = [{ startMs: Number.NEGATIVE_INFINITY, offsetMs: offsetAt(startMs) }];
  for (let beforeMs = startMs; beforeMs < endMs; beforeMs += DAY_MS) {
    const offsetMs = offsetAt(beforeMs + DAY_MS);
    if (offsetMs === spans[spans.length - 1].offsetMs) continue;
    let [lastMs, firstMs] = [beforeMs, beforeMs + DAY_MS];
    while (firstMs - lastMs > 1) {
      const middleMs = Math.floor((lastMs + firstMs) / 2);
      if (offsetAt(middleMs) === offsetMs) firstMs = middleMs;
      else lastMs = middleMs;
    }
    spans.push({ startMs: firstMs, offsetMs });
  }
  return spans;
}

function offsetsOf(zone: string): (timeMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (timeMs) => {
    const secondMs = Math.floor(timeMs / 1e3) * 1e3;
    const parts = Object.fromEntries(format.formatToParts(secondMs).map(({ type, value }) => [type, Number(value)]));
    const { year, month, day, hour, minute, second } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - secondMs;
  };
}
