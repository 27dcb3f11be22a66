import { z } from 'zod';
import { figure, listOf, orNull, range, timeMs } from './parts.js';
import { FINDING_SEVERITIES } from './vocabulary.js';

export const findingSchema = z.object({
  code: z.string(),
  severity: z.enum(FINDING_SEVERITIES),
  message: z.string(),
  timesMs: listOf(timeMs),
});

const tickSizeSchema = z.object({
  size: z.number().positive().describe('the step that the newest prices move in, in quote units'),
  share: z.number().describe('of the price: 0.001 = 0.1 %'),
});

const effectiveSpreadSchema = z.object({
  share: z.number().min(0).describe('of the price: 0.001 = 0.1 %'),
  ci95: range,
  estimator: z.enum(['edge', 'abdi-ranaldo']),
  rows: z.int().describe('the newest candles that it was estimated from'),
});

export const dataHealthSchema = z.object({
  symbol: z.string(),
  interval: z.string(),
  source: z.string(),
  rowCount: orNull(z.int()).describe('null, as are the other figures, for a series that cannot be read: see findings'),
  firstOpenTimeMs: orNull(timeMs),
  lastOpenTimeMs: orNull(timeMs),
  sizeBytes: z.int(),
  ageIntervals: figure,
  missingShare: figure,
  gapCount: orNull(z.int()),
  tickSize: orNull(tickSizeSchema).describe('null where prices show none'),
  effectiveSpread: orNull(effectiveSpreadSchema).describe('null where there are too few candles'),
  findings: listOf(findingSchema),
  lastUpdate: orNull(z.object({ atMs: timeMs, addedRows: z.int(), revisedRows: z.int(), problem: orNull(z.string()) })),
});

export type FindingAnswer = Readonly<z.infer<typeof findingSchema>>;
export type DataHealth = Readonly<z.infer<typeof dataHealthSchema>>;
