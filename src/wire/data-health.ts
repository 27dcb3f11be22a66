import { z } from 'zod';
import { figure, listOf, orNull, timeMs } from './parts.js';
import { FINDING_SEVERITIES } from './vocabulary.js';

export const findingSchema = z.object({
  code: z.string(),
  severity: z.enum(FINDING_SEVERITIES),
  message: z.string(),
  timesMs: listOf(timeMs),
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
  findings: listOf(findingSchema),
  lastUpdate: orNull(z.object({ atMs: timeMs, addedRows: z.int(), revisedRows: z.int(), problem: orNull(z.string()) })),
});

export type FindingAnswer = Readonly<z.infer<typeof findingSchema>>;
export type DataHealth = Readonly<z.infer<typeof dataHealthSchema>>;
