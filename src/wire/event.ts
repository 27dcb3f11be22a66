import { z } from 'zod';
import { jobSchema } from './job.js';
import { ledgerEntrySchema } from './ledger.js';
import { listOf, orNull, timeMs } from './parts.js';
import { predictionSchema } from './prediction.js';

/** A server-sent event; `event:` is its `kind`, `data:` the JSON of the whole. */
export const eventSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('prediction'),
    atMs: timeMs,
    prediction: predictionSchema,
    isFresh: z.boolean().describe('whether it is neither stale nor of a candle in the future'),
  }),
  z.object({
    kind: z.literal('candle'),
    atMs: timeMs,
    symbol: z.string(),
    interval: z.string(),
    source: z.string(),
    openTimeMs: timeMs,
    close: z.number(),
  }),
  z.object({ kind: z.literal('job'), atMs: timeMs, job: jobSchema }),
  z.object({
    kind: z.literal('promotion'),
    atMs: timeMs,
    name: z.string(),
    version: z.int(),
    previousVersion: orNull(z.int()),
    reasons: listOf(z.string()),
  }),
  z.object({ kind: z.literal('outcome'), atMs: timeMs, entry: ledgerEntrySchema }),
  z.object({
    kind: z.literal('drift'),
    atMs: timeMs,
    name: z.string(),
    version: z.int(),
    reasons: listOf(z.string()),
  }),
  z.object({
    kind: z.literal('data-gap'),
    atMs: timeMs,
    symbol: z.string(),
    interval: z.string(),
    source: z.string(),
    message: z.string(),
  }),
]);

export type ServerEvent = Readonly<z.infer<typeof eventSchema>>;
