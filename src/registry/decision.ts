/** What was decided about a version after it was published. */

import { z } from 'zod';
import { quantity, timeMs } from '../wire/parts.js';
import { verdictSchema } from '../wire/version.js';

/**
 * The decision over a version that could not be made when it was published: it was tested together with other names, or
 * the champion changed meanwhile. Stands beside the version, which never changes.
 */
export const versionDecisionSchema = z.object({
  version: z.int().positive(),
  /** Of the run whose names were decided together. */
  runId: z.string(),
  decidedAtMs: timeMs,
  verdict: verdictSchema,
  isPromoted: z.boolean(),
  /** Why this verdict, then why it was promoted or not. */
  reasons: z.array(z.string()),
  /** Of the test against no change, by itself and adjusted (Holm) over all names; `null` where it is undefined. */
  pValue: quantity.nullable(),
  adjustedPValue: quantity.nullable(),
  /** All that were tested together, this one among them. */
  names: z.array(z.string()),
});

export type VersionDecision = z.infer<typeof versionDecisionSchema>;
