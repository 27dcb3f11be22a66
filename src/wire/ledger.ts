/** The ledger of served forecasts: what the API tells of an entry, and what a line of its files holds. */

import { z } from 'zod';
import { listOf, orNull, pairOf, quantity, timeMs } from './parts.js';
import { signalSchema } from './prediction.js';
import { LEDGER_ROLES } from './vocabulary.js';

/** A served forecast. There is one a model name, version and candle. */
const servedForecastSchema = z.object({
  name: z.string(),
  version: z.int().positive(),
  /** What the version was when it said so. */
  role: z.enum(LEDGER_ROLES),
  /** Close time of the candle it was made at. */
  asOfMs: timeMs,
  /** Close time of the candle it speaks of. */
  targetTimeMs: timeMs,
  servedAtMs: timeMs,
  lastClose: quantity.positive(),
  /** As a fraction. */
  predictedChange: quantity,
  interval80: pairOf(quantity, quantity),
  confidence: z.number().min(0).max(1),
  signal: signalSchema,
});

export const outcomeSchema = z.object({
  /** Close of the candle it spoke of. */
  close: quantity,
  /** As a fraction. */
  change: quantity,
  /** Whether the direction was right; `null` where there was none, in the forecast or in what came. */
  isHit: orNull(z.boolean()),
  /** Whether the change lay within the interval. */
  isInside: z.boolean(),
  scoredAtMs: timeMs,
});

/** One served forecast; `outcome` is null until its candle closes. */
export const ledgerEntrySchema = servedForecastSchema.extend({ outcome: orNull(outcomeSchema) });

export const ledgerPageSchema = z.object({
  entries: listOf(ledgerEntrySchema).describe('newest first'),
  nextBeforeMs: orNull(timeMs).describe('the `beforeMs` of the next page'),
  problems: listOf(z.string()).describe('what may be missing, because a file of the ledger is damaged'),
});

/** A forecast as the program keeps it. */
const keptForecastSchema = servedForecastSchema.extend({
  /** In volatility units. */
  score: quantity,
  /** Of a return over the horizon. */
  volatility: quantity.positive(),
  weightsSha256: z.string(),
  /** The engine that computed it: engines of different arithmetic differ in their last bits. */
  engine: z.string(),
});

/** The scaled window as the engine got it, bit for bit. */
const recordedInputsSchema = z.object({
  dtype: z.enum(['F32', 'F64']),
  /** Window rows and features. */
  shape: pairOf(z.int().positive(), z.int().positive()),
  /** Little-endian numbers in base64, row-major. */
  data: z.string(),
});

/** A forecast with what it takes to make it again. */
export const recordedForecastSchema = keptForecastSchema.extend({ inputs: recordedInputsSchema });

/** What became of a forecast; without an outcome there is nothing that it could be compared with. */
export const resolutionSchema = z.object({
  version: z.int().positive(),
  asOfMs: timeMs,
  settledAtMs: timeMs,
  outcome: orNull(outcomeSchema),
});

export type LedgerEntryAnswer = Readonly<z.infer<typeof ledgerEntrySchema>>;
export type LedgerPage = Readonly<z.infer<typeof ledgerPageSchema>>;
export type LedgerForecast = Readonly<z.infer<typeof keptForecastSchema>>;
export type LedgerOutcome = Readonly<z.infer<typeof outcomeSchema>>;
export type LedgerResolution = Readonly<z.infer<typeof resolutionSchema>>;
export type RecordedInputs = Readonly<z.infer<typeof recordedInputsSchema>>;
export type RecordedForecast = Readonly<z.infer<typeof recordedForecastSchema>>;
