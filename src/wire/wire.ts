/**
 * What goes over the wire: the one description of every answer of the HTTP API. The server validates with it and makes
 * OpenAPI from it; the client and the dashboard take its types. Times are UTC epoch milliseconds, changes are fractions
 * (0.012 = +1.2 %), what is unknown is `null`.
 */

import { z } from 'zod';

const timeMs = z.int().describe('UTC epoch milliseconds');
const share = z.number().min(0).max(1);
const orNull = <Schema extends z.ZodType>(schema: Schema) => schema.nullable();

export const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: orNull(z.string()),
    requestId: z.string().optional(),
  }),
});

export const signalSchema = z.enum(['BUY', 'SELL', 'HOLD']);
export const verdictSchema = z.enum(['skill', 'no-demonstrated-skill']);

/** The JSON of `tradeai predict --json`. */
export const predictionSchema = z.object({
  name: z.string(),
  symbol: z.string(),
  interval: z.string(),
  version: z.int(),
  asOfMs: timeMs.describe('close time of the last closed candle'),
  targetTimeMs: timeMs,
  lastClose: z.number(),
  predictedChange: z.number(),
  predictedPrice: z.number(),
  signal: signalSchema,
  confidence: z.number().min(0.5).max(1).describe('probability that the direction is right'),
  interval80: z.tuple([z.number(), z.number()]),
  reasons: z.array(z.string()),
  warnings: z.array(z.string()),
});

/** What the served forecasts were worth, over the newest ones that are scored. */
export const forwardRecordSchema = z.object({
  name: z.string(),
  version: z.int(),
  role: z.enum(['champion', 'shadow']),
  forecasts: z.int(),
  scored: z.int(),
  fromMs: orNull(timeMs),
  toMs: orNull(timeMs),
  hitRate: orNull(share),
  hitRateCi95: orNull(z.tuple([z.number(), z.number()])),
  brier: orNull(z.number()),
  intervalCoverage: orNull(share),
  ic: orNull(z.number()),
  netReturn: orNull(z.number()).describe('sum of the returns of the signals followed, after costs'),
  signals: z.int().describe('how many forecasts were BUY or SELL'),
  /** The same figures as the report of the version promised them. */
  promised: z.object({
    hitRate: orNull(z.number()),
    ic: orNull(z.number()),
    brier: orNull(z.number()),
    intervalCoverage: orNull(z.number()),
  }),
  drift: z.object({
    isDrifting: z.boolean(),
    pValue: orNull(z.number()).describe('valid at every look; small: the record is below the report'),
    reasons: z.array(z.string()),
  }),
  reliability: z.array(z.object({ confidence: z.number(), hitRate: z.number(), count: z.int() })),
});

export const modelHealthSchema = z.enum([
  'ok',
  'stale-data',
  'stale-model',
  'drifting',
  'held',
  'no-champion',
  'error',
]);

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
      reasons: z.array(z.string()),
    }),
  ),
  shadowVersion: orNull(z.int()),
  versionCount: z.int(),
  prediction: orNull(predictionSchema),
  lastCandle: orNull(
    z.object({ openTimeMs: timeMs, closeTimeMs: timeMs, close: z.number(), change24h: orNull(z.number()) }),
  ),
  /** Closes of the newest candles, oldest first, at most 48. */
  recentCloses: z.array(z.number()),
  record: orNull(
    forwardRecordSchema.pick({
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

export const versionSummarySchema = z.object({
  version: z.int(),
  createdAtMs: timeMs,
  verdict: verdictSchema,
  isChampion: z.boolean(),
  isPrevious: z.boolean().describe('the champion before this one: the target of a rollback'),
  isShadow: z.boolean(),
  isIntact: z.boolean(),
  problem: orNull(z.string()),
  engine: z.string(),
  seed: z.int(),
  featureNames: z.array(z.string()),
  data: z.object({
    source: z.string(),
    rows: z.int(),
    firstOpenTimeMs: timeMs,
    lastOpenTimeMs: timeMs,
    sha256: z.string(),
  }),
  test: orNull(
    z.object({
      rows: z.int(),
      r2: orNull(z.number()),
      ic: orNull(z.number()),
      directionalAccuracy: orNull(z.number()),
      pValue: orNull(z.number()),
      brier: orNull(z.number()),
      ece: orNull(z.number()),
      intervalCoverage: orNull(z.number()),
      netReturn: orNull(z.number()),
      sharpe: orNull(z.number()),
    }),
  ),
});

export const modelDetailSchema = z.object({ summary: modelSummarySchema, versions: z.array(versionSummarySchema) });

/** A version with its whole report (`report.json`, the JSON of `tradeai train --json`). */
export const versionDetailSchema = z.object({
  summary: versionSummarySchema,
  report: z.record(z.string(), z.unknown()),
});

/** Columns of equal length, oldest first. */
export const candlesSchema = z.object({
  symbol: z.string(),
  interval: z.string(),
  source: z.string(),
  openTimeMs: z.array(timeMs),
  open: z.array(z.number()),
  high: z.array(z.number()),
  low: z.array(z.number()),
  close: z.array(z.number()),
  volume: z.array(z.number()),
});

/** One served forecast; `outcome` is null until its candle closes. */
export const ledgerEntrySchema = z.object({
  name: z.string(),
  version: z.int(),
  role: z.enum(['champion', 'shadow']),
  asOfMs: timeMs,
  targetTimeMs: timeMs,
  servedAtMs: timeMs,
  lastClose: z.number(),
  predictedChange: z.number(),
  interval80: z.tuple([z.number(), z.number()]),
  confidence: z.number(),
  signal: signalSchema,
  outcome: orNull(
    z.object({
      close: z.number(),
      change: z.number(),
      isHit: orNull(z.boolean()),
      isInside: z.boolean(),
      scoredAtMs: timeMs,
    }),
  ),
});

export const ledgerPageSchema = z.object({
  entries: z.array(ledgerEntrySchema).describe('newest first'),
  nextBeforeMs: orNull(timeMs).describe('the `beforeMs` of the next page'),
});

export const findingSchema = z.object({
  code: z.string(),
  severity: z.enum(['info', 'warning', 'error']),
  message: z.string(),
  timesMs: z.array(timeMs),
});

export const dataHealthSchema = z.object({
  symbol: z.string(),
  interval: z.string(),
  source: z.string(),
  rowCount: orNull(z.int()).describe('null, as are the other figures, for a series that cannot be read: see findings'),
  firstOpenTimeMs: orNull(timeMs),
  lastOpenTimeMs: orNull(timeMs),
  sizeBytes: z.int(),
  ageIntervals: orNull(z.number()),
  missingShare: orNull(z.number()),
  gapCount: orNull(z.int()),
  findings: z.array(findingSchema),
  lastUpdate: orNull(z.object({ atMs: timeMs, addedRows: z.int(), revisedRows: z.int(), problem: orNull(z.string()) })),
});

export const jobStateSchema = z.enum(['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted']);

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(['retrain']),
  name: z.string(),
  state: jobStateSchema,
  /** Why it was started: `schedule`, `request`, `drift`. */
  trigger: z.string(),
  queuedAtMs: timeMs,
  startedAtMs: orNull(timeMs),
  endedAtMs: orNull(timeMs),
  progress: orNull(
    z.object({
      stage: z.string().describe('`collecting`, `fold 2/4`, `last fit`, `judging`'),
      stageIndex: z.int(),
      stageCount: z.int(),
      epoch: z.int(),
      epochs: z.int(),
      sequencesPerSecond: orNull(z.number()),
      secondsLeft: orNull(z.number()),
      /** Of the stage in progress, mean over the members, one entry an epoch. */
      trainLoss: z.array(z.number()),
      validationLoss: z.array(z.number()),
    }),
  ),
  result: orNull(
    z.object({ version: z.int(), promoted: z.boolean(), verdict: verdictSchema, reasons: z.array(z.string()) }),
  ),
  error: orNull(z.object({ code: z.string(), message: z.string(), hint: orNull(z.string()) })),
});

export const statusSchema = z.object({
  version: z.string(),
  startedAtMs: timeMs,
  nowMs: timeMs,
  needsToken: z.boolean(),
  modelCount: z.int(),
  isDemo: z.boolean(),
  schedule: orNull(z.object({ retrain: orNull(z.string()), nextMs: orNull(timeMs) })),
  clockOffsetMs: orNull(z.number()),
  refusedLoads: z
    .int()
    .describe('versions and pointers refused since the start because they do not match their hashes'),
});

/** A server-sent event; `event:` is its `kind`, `data:` the JSON of the whole. */
export const eventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('prediction'), atMs: timeMs, prediction: predictionSchema }),
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
    reasons: z.array(z.string()),
  }),
  z.object({ kind: z.literal('outcome'), atMs: timeMs, entry: ledgerEntrySchema }),
  z.object({
    kind: z.literal('drift'),
    atMs: timeMs,
    name: z.string(),
    version: z.int(),
    reasons: z.array(z.string()),
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

export const retrainRequestSchema = z.strictObject({
  names: z.array(z.string()).min(1).max(200).optional().describe('names of models; every model when absent'),
});
export const promoteRequestSchema = z.strictObject({
  version: z.int().min(1).max(1_000_000_000),
  expectedGeneration: z.int().min(0).optional().describe('refuse when the champion has changed meanwhile'),
});
export const rollbackRequestSchema = z.strictObject({ expectedGeneration: z.int().min(0).optional() });

export type ErrorAnswer = z.infer<typeof errorSchema>;
export type PredictionAnswer = z.infer<typeof predictionSchema>;
export type ForwardRecordAnswer = z.infer<typeof forwardRecordSchema>;
export type ModelSummary = z.infer<typeof modelSummarySchema>;
export type ModelHealth = z.infer<typeof modelHealthSchema>;
export type VersionSummary = z.infer<typeof versionSummarySchema>;
export type ModelDetail = z.infer<typeof modelDetailSchema>;
export type VersionDetail = z.infer<typeof versionDetailSchema>;
export type CandlesAnswer = z.infer<typeof candlesSchema>;
export type LedgerEntryAnswer = z.infer<typeof ledgerEntrySchema>;
export type LedgerPage = z.infer<typeof ledgerPageSchema>;
export type FindingAnswer = z.infer<typeof findingSchema>;
export type DataHealth = z.infer<typeof dataHealthSchema>;
export type Job = z.infer<typeof jobSchema>;
export type JobState = z.infer<typeof jobStateSchema>;
export type StatusAnswer = z.infer<typeof statusSchema>;
export type ServerEvent = z.infer<typeof eventSchema>;
export type RetrainRequest = z.infer<typeof retrainRequestSchema>;
export type PromoteRequest = z.infer<typeof promoteRequestSchema>;
export type RollbackRequest = z.infer<typeof rollbackRequestSchema>;
