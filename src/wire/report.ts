import { z } from 'zod';
import { figure, listOf, orNull } from './parts.js';
import { verdictSchema } from './version.js';

/** Infinite losses are `null` in JSON. */
const losses = listOf(z.number().nullable());

const metricsSchema = z.object({
  rows: z.int(),
  r2: figure,
  r2Scaled: figure,
  ic: figure,
  directionalAccuracy: figure,
});

const calibrationSchema = z.object({
  brier: figure,
  ece: figure,
  bins: listOf(z.object({ confidence: z.number(), accuracy: z.number(), count: z.int() })),
  intervalLevel: z.number(),
  intervalCoverage: figure,
  intervalWidth: figure,
});

/**
 * `report.json` of a version: what this program reads of it, which every program has written unless it is optional here.
 * All of it is `TrainReport` (versions/train-report.ts); what cannot be computed is `null`.
 */
export const reportSchema = z.object({
  name: z.string(),
  verdict: verdictSchema,
  reasons: listOf(z.string()),
  warnings: listOf(z.string()),
  training: z.object({
    members: listOf(
      z.object({
        seed: z.number(),
        epochsRun: z.int(),
        bestEpoch: z.int(),
        trainLoss: losses,
        validationLoss: losses,
      }),
    ),
    rows: z.object({ train: z.int(), validation: z.int() }),
  }),
  test: metricsSchema.extend({
    dieboldMariano: orNull(z.object({ pValue: z.number() })),
    calibration: calibrationSchema,
    detectableEdge: z.object({ independentLabels: z.number(), smallestIc: z.number() }).optional(),
    baselines: z.record(z.string(), metricsSchema).optional(),
  }),
  backtest: z.object({ netReturn: figure, sharpe: figure }),
});

export type StoredReport = Readonly<z.infer<typeof reportSchema>>;
