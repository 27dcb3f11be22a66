import { z } from 'zod';
import { listOf, range, timeMs } from './parts.js';
import { SIGNALS } from './vocabulary.js';

export const signalSchema = z.enum(SIGNALS);

/** The JSON of `tradeai predict --json`, and of a served forecast. */
export const predictionSchema = z.object({
  name: z.string(),
  symbol: z.string(),
  interval: z.string(),
  version: z.int(),
  asOfMs: timeMs.describe('close time of the last closed candle'),
  targetTimeMs: timeMs,
  expiresAtMs: timeMs.describe('from then on a newer one is due: this one is stale, and its signal is HOLD'),
  lastClose: z.number(),
  /** As a fraction: 0.012 = +1.2 %. */
  predictedChange: z.number(),
  predictedPrice: z.number(),
  signal: signalSchema,
  confidence: z.number().min(0.5).max(1).describe('probability that the direction is right'),
  /** The change lies within with probability 80 %. */
  interval80: range,
  reasons: listOf(z.string()),
  warnings: listOf(z.string()),
});

export type PredictionAnswer = Readonly<z.infer<typeof predictionSchema>>;
