/** Custom columns: files of values with a time of their own, joined to the candles as they were known at each close. */

import { z } from 'zod';
import { DURATION_PATTERN, parseDuration } from '../market/duration.js';

const duration = z.string().regex(DURATION_PATTERN, 'expected a duration such as 90s, 15m, 8h or 2d');

export const columnSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,55}$/, 'expected small letters, digits and "_", beginning with a letter')
      .refine((name) => !/_lag_\d+$/.test(name), 'expected a name that does not end like a lag'),
    /** CSV, CSV.gz or Parquet, from the workspace's folder on. */
    file: z.string().min(1).max(1_000),
    /** Its column of times: ISO text in UTC, or seconds, milli- or microseconds since 1970. */
    time: z.string().min(1).max(200).default('time'),
    /** Its column of values. */
    value: z.string().min(1).max(200),
    /** How long after its time a value is known. */
    delay: duration,
    /** The one symbol whose candles it belongs to; every symbol when absent. */
    symbol: z.string().min(1).max(64).optional(),
    /** Age at which a value is no longer used, counted from its time. */
    maxAge: duration.optional(),
  })
  .refine(
    ({ delay, maxAge }) =>
      maxAge === undefined ||
      !DURATION_PATTERN.test(maxAge) ||
      !DURATION_PATTERN.test(delay) ||
      parseDuration(maxAge) >= parseDuration(delay),
    { path: ['maxAge'], error: 'expected no less than the delay: no value would ever be used' },
  );

export type ColumnOptions = z.output<typeof columnSchema>;
export type ColumnOptionsInput = z.input<typeof columnSchema>;

/** The columns of one symbol: of two with the same name, the one declared for it. */
export function columnsOfSymbol(columns: readonly ColumnOptions[], symbol: string): ColumnOptions[] {
  const byName = new Map<string, ColumnOptions>();
  for (const column of columns) {
    if (column.symbol !== undefined && column.symbol !== symbol) continue;
    if (column.symbol !== undefined || !byName.has(column.name)) byName.set(column.name, column);
  }
  return [...byName.values()];
}
