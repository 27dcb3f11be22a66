/** The options of one model: those of its training, with what the candles decided. */

import { z } from 'zod';
import { isName } from '../core/names.js';
import type { CustomFeatureRecord } from '../features/custom-feature.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import { columnSchema } from './column-options.js';
import { parseTime, type TrainOptions, trainOptionsSchema } from './train-options.js';

/** Options in force, with what the data decided. */
export interface ModelConfig extends TrainOptions {
  readonly name: string;
  readonly interval: Interval;
  readonly source: string;
  /** The version whose weights a warm start went on from. */
  readonly warmStartVersion?: number;
}

const customFeatureSchema = z.object({
  name: z.string(),
  description: z.string(),
  warmUp: z.int().positive(),
  columns: z.array(z.string()),
  sourceSha256: z.string(),
}) satisfies z.ZodType<CustomFeatureRecord>;

const name = z.string().refine(isName, 'expected a name');

const time = z.union([z.string(), z.number()]).refine((value) => {
  try {
    return parseTime(value, 'time') !== undefined;
  } catch {
    return false;
  }
}, 'expected a UTC date');

/** `config.json` of a version. */
export const modelConfigSchema = trainOptionsSchema.extend({
  name,
  symbol: name,
  interval: z.enum(Object.keys(INTERVAL_MS) as [Interval, ...Interval[]]),
  source: name,
  from: time.optional(),
  to: time.optional(),
  columns: z.array(columnSchema).optional(),
  customFeatures: z.array(customFeatureSchema).optional(),
  warmStartVersion: z.int().positive().optional(),
});
