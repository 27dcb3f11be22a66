import { z } from 'zod';
import { isName } from '../core/names.js';
import { quantity, timeMs } from '../wire/parts.js';
import { verdictSchema } from '../wire/version.js';

/** The files a version is made of, by their name inside it, without `manifest.json`, which the registry writes. */
export const VERSION_FILE_NAMES = [
  'model.onnx',
  'weights.safetensors',
  'scaler.json',
  'calibration.json',
  'forecasts.safetensors',
  'config.json',
  'report.json',
  'report.html',
] as const;
export type VersionFileName = (typeof VERSION_FILE_NAMES)[number];

/** The files without which a version cannot predict or be exported. */
export const REQUIRED_VERSION_FILE_NAMES = [
  'model.onnx',
  'weights.safetensors',
  'scaler.json',
  'calibration.json',
  'config.json',
] as const satisfies readonly VersionFileName[];

const name = z.string().refine(isName, 'expected a name');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A test as far as a verdict needs it. */
const skillTest = z.union([
  z.object({ value: z.object({ statistic: quantity, pValue: quantity }) }),
  z.object({ value: z.null(), reason: z.string() }),
]);

const fileEntry = z.object({ sha256, sizeBytes: z.int().nonnegative() });

export type FileEntry = z.infer<typeof fileEntry>;

/** What a version says of itself. Written last, read first. */
export const modelManifestSchema = z.object({
  formatVersion: z.literal(1),
  name,
  symbol: name,
  interval: z.string(),
  version: z.int().positive(),
  createdAtMs: timeMs,
  codeVersion: z.string(),
  /** What kind of model its files hold; absent in versions of older programs, which are LSTMs. */
  kind: z.string().optional(),
  engine: z.string(),
  seed: z.int().nonnegative(),
  featureNames: z.array(z.string()),
  data: z.object({
    source: z.string(),
    rows: z.int(),
    firstOpenTimeMs: timeMs,
    lastOpenTimeMs: timeMs,
    sha256: z.string(),
    /** Limits for training data that were exceeded, and the options by which they were allowed; absent for none. */
    overrides: z
      .array(z.object({ override: z.string(), finding: z.string() }))
      .readonly()
      .optional(),
  }),
  /** Closes of the first and last row judged, and how many trainings of this name were judged on them. */
  test: z.object({ fromMs: timeMs, toMs: timeMs, trials: z.int().positive() }),
  weightsSha256: z.string(),
  /** As it was decided: alone when it was published, or later together with others (`VersionDecision`). */
  verdict: verdictSchema,
  /** The tests the verdict rests on, before any adjustment; absent in versions of older programs. */
  skill: z.object({ againstZero: skillTest, baselines: z.record(z.string(), skillTest) }).optional(),
  /** The run that trained it, and how many names it was tested together with, itself among them; absent in versions of older programs and in imported ones. */
  run: z.object({ id: z.string(), optionsSha256: sha256, nameCount: z.int().positive() }).optional(),
  /** Every file of the version, and no other: a name that is not in VERSION_FILE_NAMES makes the manifest invalid. */
  files: z
    .partialRecord(z.enum(VERSION_FILE_NAMES), fileEntry)
    .refine((files) => REQUIRED_VERSION_FILE_NAMES.every((name) => files[name] !== undefined), {
      message: `expected entries for ${REQUIRED_VERSION_FILE_NAMES.join(', ')}`,
    }),
});

export type ModelManifest = z.infer<typeof modelManifestSchema>;
