import { z } from 'zod';
import { intervalStateSchema } from './conformal.js';
import { confidenceModelSchema } from './probability.js';

/** What turns a score into a confidence and an interval. Plain JSON: `calibration.json` of a version. */
export const calibrationSchema = z.object({
  confidence: confidenceModelSchema,
  interval: intervalStateSchema,
});
export type Calibration = z.infer<typeof calibrationSchema>;
