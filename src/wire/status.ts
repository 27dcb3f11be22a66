import { z } from 'zod';
import { figure, listOf, orNull, timeMs } from './parts.js';

export const statusSchema = z.object({
  version: z.string(),
  startedAtMs: timeMs,
  nowMs: timeMs,
  needsToken: z.boolean(),
  modelCount: z.int(),
  isDemo: z.boolean(),
  schedule: orNull(z.object({ retrain: orNull(z.string()), nextMs: orNull(timeMs) })),
  clockOffsetMs: figure,
  refusedLoads: z
    .int()
    .describe('versions and pointers refused since the start because they do not match their hashes'),
});

/** The answer of `/readyz`. */
export const readinessSchema = z.object({
  status: z.enum(['ready', 'not-ready']),
  unready: listOf(z.object({ name: z.string(), problem: z.string() }))
    .optional()
    .describe('models without a fresh forecast, and why; only for whoever may read the rest of the API'),
});

export type ReadinessAnswer = Readonly<z.infer<typeof readinessSchema>>;
export type StatusAnswer = Readonly<z.infer<typeof statusSchema>>;
