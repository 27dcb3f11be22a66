/**
 * Counts request weight as Binance does: per address and minute of the exchange's clock; above the limit 429, and 418
 * with a growing ban for whoever goes on
 * (https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits).
 */

const MINUTE_MS = 60_000;
const FIRST_BAN_MS = 2 * MINUTE_MS;
const LONGEST_BAN_MS = 3 * 24 * 60 * MINUTE_MS;
/** Requests answered with 429 before the ban. Binance does not tell its number. */
const WARNINGS = 3;

export interface Charge {
  /** 200 for a request that is let through. */
  readonly status: 200 | 429 | 418;
  /** Weight used in this minute, this request included. */
  readonly used: number;
  /** Whole seconds to wait; 0 with 200. */
  readonly retryAfterS: number;
  /** End of the ban, UTC milliseconds; 0 when there is none. */
  readonly bannedUntilMs: number;
}

export interface WeightMeter {
  readonly limitPerMinute: number;
  charge(weight: number): Charge;
  /** The most that one minute has seen so far. */
  readonly maximumInAMinute: number;
}

/** @param now UTC milliseconds */
export function createWeightMeter(limitPerMinute: number, now: () => number): WeightMeter {
  let minute = Number.NaN;
  let used = 0;
  let maximum = 0;
  let warnings = 0;
  let bannedUntilMs = 0;
  let banMs = FIRST_BAN_MS;
  const secondsUntil = (timeMs: number) => Math.max(1, Math.ceil((timeMs - now()) / 1000));
  return {
    limitPerMinute,
    get maximumInAMinute() {
      return maximum;
    },
    charge(weight) {
      const currentMinute = Math.floor(now() / MINUTE_MS);
      if (currentMinute !== minute) {
        minute = currentMinute;
        used = 0;
        warnings = 0;
      }
      used += weight;
      maximum = Math.max(maximum, used);
      if (now() >= bannedUntilMs && used > limitPerMinute) {
        warnings++;
        if (warnings <= WARNINGS) {
          return { status: 429, used, retryAfterS: secondsUntil((minute + 1) * MINUTE_MS), bannedUntilMs: 0 };
        }
        bannedUntilMs = now() + banMs;
        banMs = Math.min(2 * banMs, LONGEST_BAN_MS);
      }
      if (now() < bannedUntilMs) return { status: 418, used, retryAfterS: secondsUntil(bannedUntilMs), bannedUntilMs };
      return { status: 200, used, retryAfterS: 0, bannedUntilMs: 0 };
    },
  };
}
