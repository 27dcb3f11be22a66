/** What is asked of the API: bodies, and queries whose values come as text. */

import { z } from 'zod';
import { isName, NAME_PATTERN } from '../core/names.js';
import { LAST_TIME_MS } from './parts.js';

export const MAXIMUM_CANDLES = 10_000;
export const MAXIMUM_LEDGER_PAGE = 1_000;
export const MAXIMUM_VERSION = 1_000_000_000;

const DIGITS = /^\d{1,16}$/;
export const DEFAULT_CANDLES = 500;
export const DEFAULT_LEDGER_PAGE = 100;

export const retrainRequestSchema = z.strictObject({
  names: z.array(z.string()).min(1).max(200).optional().describe('names of models; every model when absent'),
});

const generation = z.int().min(0).optional();

export const promoteRequestSchema = z.strictObject({
  version: z.int().min(1).max(MAXIMUM_VERSION),
  expectedGeneration: generation.describe('refuse when the champion has changed meanwhile'),
});
export const rollbackRequestSchema = z.strictObject({ expectedGeneration: generation });

export const nameSchema = z
  .string()
  .refine(
    isName,
    'expected letters (A to Z, Chinese, Japanese, Korean), digits, ".", "_" and "-", at most 64, beginning with a letter or digit',
  )
  .meta({ pattern: NAME_PATTERN });

const timeText = digits(0, LAST_TIME_MS).describe('UTC epoch milliseconds');
export const versionText = digits(1, MAXIMUM_VERSION);

/** Candles of a series, those that open in `[fromMs, toMs)`. */
export const candleQuerySchema = z.strictObject({
  symbol: nameSchema,
  interval: z.string(),
  /** Taken from what is stored when absent and only one source is. */
  source: nameSchema.optional(),
  fromMs: timeText.optional(),
  toMs: timeText.optional(),
  /** Newest rows of the range, at most. */
  limit: digits(1, MAXIMUM_CANDLES).optional(),
});

/** A part of a ledger. */
export const ledgerQuerySchema = z.strictObject({
  name: nameSchema,
  /** All versions when absent. */
  version: versionText.optional(),
  /** Only forecasts made before this time; all when absent. */
  beforeMs: timeText.optional(),
  /** Newest entries, at most; a candle whose versions do not all fit is left to the next page. */
  limit: digits(1, MAXIMUM_LEDGER_PAGE).optional(),
});

/** A query as it is asked, with the limit left to the server where it is absent. */
export type CandleParameters = Readonly<z.output<typeof candleQuerySchema>>;
export type LedgerParameters = Readonly<z.output<typeof ledgerQuerySchema>>;
/** The same as it is answered. */
export type CandleQuery = CandleParameters & { readonly limit: number };
export type LedgerQuery = LedgerParameters & { readonly limit: number };
export type RetrainRequest = Readonly<z.infer<typeof retrainRequestSchema>>;
export type PromoteRequest = Readonly<z.infer<typeof promoteRequestSchema>>;
export type RollbackRequest = Readonly<z.infer<typeof rollbackRequestSchema>>;

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
