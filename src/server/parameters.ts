/** Parameters of paths and queries: read once, here, with their bounds. */

import { z } from 'zod';
import { INTERVAL_MS } from '../market/interval.js';
import {
  candleQuerySchema,
  DEFAULT_CANDLES,
  DEFAULT_LEDGER_PAGE,
  ledgerQuerySchema,
  nameSchema,
  versionText,
} from '../wire/request.js';

export const nameParameters = z.strictObject({ name: nameSchema });
export const versionParameters = z.strictObject({ name: nameSchema, version: versionText });
export const jobParameters = z.strictObject({ id: nameSchema });
export const noQuery = z.strictObject({});

export const candleQuery = candleQuerySchema
  .extend({ interval: z.enum(Object.keys(INTERVAL_MS) as [string, ...string[]]) })
  .transform((query) => ({ ...query, limit: query.limit ?? DEFAULT_CANDLES }));

export const ledgerQuery = ledgerQuerySchema.transform((query) => ({
  ...query,
  limit: query.limit ?? DEFAULT_LEDGER_PAGE,
}));

export const recordQuery = z.strictObject({ version: versionText.optional() });
