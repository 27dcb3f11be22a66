import { TradeAiError } from '../core/errors.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Candle lengths in milliseconds, in the exchange's own spelling. A calendar month has no fixed length and is left out. */
export const INTERVAL_MS = {
  '1s': SECOND_MS,
  '1m': MINUTE_MS,
  '3m': 3 * MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': HOUR_MS,
  '2h': 2 * HOUR_MS,
  '4h': 4 * HOUR_MS,
  '6h': 6 * HOUR_MS,
  '8h': 8 * HOUR_MS,
  '12h': 12 * HOUR_MS,
  '1d': DAY_MS,
  '3d': 3 * DAY_MS,
  '1w': 7 * DAY_MS,
} as const;

export type Interval = keyof typeof INTERVAL_MS;

/** Weeks open on Monday; the epoch was a Thursday. */
const MONDAY_OFFSET_MS = 4 * DAY_MS;

/**
 * Reads an interval such as `1h`.
 *
 * @throws TradeAiError `INTERVAL_INVALID` for any other spelling
 */
export function parseInterval(text: string): Interval {
  if (Object.hasOwn(INTERVAL_MS, text)) return text as Interval;
  throw new TradeAiError('INTERVAL_INVALID', `unknown interval ${JSON.stringify(text)}`, {
    hint: `use one of ${Object.keys(INTERVAL_MS).join(' ')}`,
  });
}

/** The interval of that many milliseconds, if there is one. */
export function intervalOfMs(lengthMs: number): Interval | undefined {
  return (Object.keys(INTERVAL_MS) as Interval[]).find((interval) => INTERVAL_MS[interval] === lengthMs);
}

/** The open time of the candle that holds `timeMs`. */
export function floorToInterval(timeMs: number, interval: Interval): number {
  const lengthMs = INTERVAL_MS[interval];
  const offsetMs = interval === '1w' ? MONDAY_OFFSET_MS : 0;
  return Math.floor((timeMs - offsetMs) / lengthMs) * lengthMs + offsetMs;
}
