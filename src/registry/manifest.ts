import { z } from 'zod';

const fileEntry = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), sizeBytes: z.int().nonnegative() });

/** What a version says of itself. Written last, read first. */
export const modelManifestSchema = z.object({
  formatVersion: z.literal(1),
  name: z.string(),
  symbol: z.string(),
  interval: z.string(),
  version: z.int().positive(),
  createdAtMs: z.number(),
  codeVersion: z.string(),
  engine: z.string(),
  seed: z.int().nonnegative(),
  featureNames: z.array(z.string()),
  data: z.object({
    source: z.string(),
    rows: z.int(),
    firstOpenTimeMs: z.number(),
    lastOpenTimeMs: z.number(),
    sha256: z.string(),
  }),
  weightsSha256: z.string(),
  verdict: z.enum(['skill', 'no-demonstrated-skill']),
  files: z.record(z.string(), fileEntry),
});

export type ModelManifest = z.infer<typeof modelManifestSchema>;
