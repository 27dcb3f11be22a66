import { z } from 'zod';
import { figure, listOf, orNull, timeMs } from './parts.js';
import { predictionSchema } from './prediction.js';
import { trackRecordSchema } from './track-record.js';
import { verdictSchema, versionSummarySchema } from './version.js';
import { MODEL_HEALTHS } from './vocabulary.js';

export const modelHealthSchema = z.enum(MODEL_HEALTHS);

export const modelSummarySchema = z.object({
  name: z.string(),
  symbol: z.string(),
  interval: z.string(),
  source: z.string(),
  champion: orNull(
    z.object({
      version: z.int(),
      generation: z.int(),
      promotedAtMs: timeMs,
      createdAtMs: timeMs,
      verdict: verdictSchema,
      reasons: listOf(z.string()),
    }),
  ),
  shadowVersion: orNull(z.int()),
  versionCount: z.int(),
  missedForecasts: z
    .int()
    .describe('candles since the start of the server that came too late, or too soon after a gap, to be forecast'),
  prediction: orNull(predictionSchema),
  isFresh: z.boolean().describe('whether there is a forecast that is neither stale nor of a candle in the future'),
  isForecastExpected: z
    .boolean()
    .describe('whether a fresh forecast is to be expected: it has a champion, and candles that come as they close'),
  lastCandle: orNull(z.object({ openTimeMs: timeMs, closeTimeMs: timeMs, close: z.number(), change24h: figure })),
  /** Closes of the newest candles, oldest first, at most 48. */
  recentCloses: listOf(z.number()),
  record: orNull(
    trackRecordSchema.pick({
      scored: true,
      hitRate: true,
      hitRateCi95: true,
      ic: true,
      intervalCoverage: true,
      drift: true,
    }),
  ),
  health: modelHealthSchema,
  problem: orNull(z.string()).describe('why the health is not ok'),
  nextRetrainMs: orNull(timeMs),
});

export const modelDetailSchema = z.object({ summary: modelSummarySchema, versions: listOf(versionSummarySchema) });

export type ModelSummary = Readonly<z.infer<typeof modelSummarySchema>>;
export type ModelDetail = Readonly<z.infer<typeof modelDetailSchema>>;
