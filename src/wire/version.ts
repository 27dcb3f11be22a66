import { z } from 'zod';
import { figure, listOf, orNull, timeMs } from './parts.js';
import { VERDICTS } from './vocabulary.js';

export const verdictSchema = z.enum(VERDICTS);

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
  featureNames: listOf(z.string()),
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
      r2: figure,
      ic: figure,
      directionalAccuracy: figure,
      pValue: figure,
      brier: figure,
      ece: figure,
      intervalCoverage: figure,
      netReturn: figure,
      sharpe: figure,
    }),
  ),
});

/** A version with its whole report (`report.json`, the JSON of `tradeai train --json`). */
export const versionDetailSchema = z.object({
  summary: versionSummarySchema,
  report: z.record(z.string(), z.unknown()),
});

export type VersionSummary = Readonly<z.infer<typeof versionSummarySchema>>;
export type VersionDetail = Readonly<z.infer<typeof versionDetailSchema>>;
