/** Joining records that have a time of their own to candles: what was known at the close of each candle, never later. */

/** Records of one column, oldest first. N records. */
export interface TimedValues {
  /** Shape `[N]`, strictly ascending, UTC milliseconds: when the value is of, not when it was published. */
  readonly timeMs: Float64Array;
  /** Shape `[N]`. */
  readonly value: Float64Array;
}

export interface AsOfOptions {
  /** How long after its time a record is known, milliseconds, 0 or more. */
  readonly delayMs: number;
  /** Age at which a record is no longer used, counted from its own time; never when absent. */
  readonly maxAgeMs?: number;
}

/**
 * The value of the newest record whose time plus the delay is not after each close; NaN where there is none yet, or
 * the newest one is too old.
 *
 * @param closeTimesMs shape `[T]`, ascending: when each row is decided on
 * @returns shape `[T]`
 */
export function joinAsOf(
  closeTimesMs: Float64Array,
  { timeMs, value }: TimedValues,
  { delayMs, maxAgeMs = Number.POSITIVE_INFINITY }: AsOfOptions,
): Float64Array {
  const joined = new Float64Array(closeTimesMs.length).fill(Number.NaN);
  let known = 0;
  for (let row = 0; row < closeTimesMs.length; row++) {
    const nowMs = closeTimesMs[row];
    while (known < timeMs.length && timeMs[known] + delayMs <= nowMs) known += 1;
    if (known > 0 && nowMs - timeMs[known - 1] <= maxAgeMs) joined[row] = value[known - 1];
  }
  return joined;
}

/** A column of `CandleSeries.extras` that was joined, with what it was made of. */
export interface JoinedInput extends TimedValues, AsOfOptions {
  /** Its name in `extras`. */
  readonly name: string;
}
