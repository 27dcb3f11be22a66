/** What the checks read of a version's `report.json`. Every part may be absent: an older program may have written it. */

import { z } from 'zod';
import type { VersionFiles } from '../ports/registry.js';

const losses = z.array(z.number().nullable());

const memberSchema = z.object({
  seed: z.number(),
  epochsRun: z.number(),
  bestEpoch: z.number(),
  trainLoss: losses,
  validationLoss: losses,
});

const skillSchema = z.object({
  ic: z.number().nullish(),
  r2Scaled: z.number().nullish(),
});

const storedReportSchema = z.object({
  verdict: z.string().optional().catch(undefined),
  training: z
    .object({ members: z.array(memberSchema), rows: z.object({ train: z.number(), validation: z.number() }) })
    .optional()
    .catch(undefined),
  test: skillSchema
    .extend({
      rows: z.number(),
      detectableEdge: z.object({ independentLabels: z.number(), smallestIc: z.number() }).optional().catch(undefined),
      baselines: z.record(z.string(), skillSchema).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

export type StoredReport = z.infer<typeof storedReportSchema>;
export type StoredMember = z.infer<typeof memberSchema>;

/** @returns `undefined` when there is no report, or none that is JSON */
export function readStoredReport(files: VersionFiles): StoredReport | undefined {
  const bytes = files.get('report.json');
  if (bytes === undefined) return undefined;
  try {
    return storedReportSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined;
  }
}
