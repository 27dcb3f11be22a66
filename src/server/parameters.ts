/** Parameters of paths and queries: read once, here, with their bounds. */

import { z } from 'zod';
import { isName } from '../core/names.js';
import { INTERVAL_MS } from '../market/interval.js';
import { LAST_TIME_MS, MAXIMUM_CANDLES, MAXIMUM_LEDGER_PAGE, MAXIMUM_VERSION } from './limits.js';

const DIGITS = /^\d{1,16}$/;
const DEFAULT_CANDLES = 500;
const DEFAULT_LEDGER_PAGE = 100;

const name = z
  .string()
  .refine(isName, 'expected letters, digits, ".", "_" and "-", at most 64, beginning with a letter or digit')
  .meta({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' });

const timeMs = digits(0, LAST_TIME_MS).describe('UTC epoch milliseconds');

export const nameParameters = z.strictObject({ name });
export const versionParameters = z.strictObject({ name, version: digits(1, MAXIMUM_VERSION) });
export const jobParameters = z.strictObject({ id: name });
export const noQuery = z.strictObject({});

export const candleQuery = z
  .strictObject({
    symbol: name,
    interval: z.enum(Object.keys(INTERVAL_MS) as [string, ...string[]]),
    source: name.optional(),
    fromMs: timeMs.optional(),
    toMs: timeMs.optional(),
    limit: digits(1, MAXIMUM_CANDLES).optional(),
  })
  .transform((query) => ({ ...query, limit: query.limit ?? DEFAULT_CANDLES }));

export const ledgerQuery = z
  .strictObject({
    name,
    version: digits(1, MAXIMUM_VERSION).optional(),
    beforeMs: timeMs.optional(),
    limit: digits(1, MAXIMUM_LEDGER_PAGE).optional(),
  })
  .transform((query) => ({ ...query, limit: query.limit ?? DEFAULT_LEDGER_PAGE }));

export const recordQuery = z.strictObject({ version: digits(1, MAXIMUM_VERSION).optional() });

/** A whole number in digits only: `1e3`, `+1`, `0x10` and an empty text are no numbers here. */
function digits(minimum: number, maximum: number) {
  return z
    .string()
    .refine(
      (text) => DIGITS.test(text) && Number(text) >= minimum && Number(text) <= maximum,
      `expected a whole number from ${minimum} to ${maximum}, in digits`,
    )
    .transform(Number)
    .meta({ type: 'integer', minimum, maximum } as Record<string, unknown>);
}
