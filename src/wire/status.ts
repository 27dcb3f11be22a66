import { z } from 'zod';
import { figure, orNull, timeMs } from './parts.js';

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

export type StatusAnswer = Readonly<z.infer<typeof statusSchema>>;
