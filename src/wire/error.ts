import { z } from 'zod';
import { orNull } from './parts.js';

/** What went wrong, for people and programs: what was expected and found, and what to do next. */
export const problemSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: orNull(z.string()),
});

/** Every answer of a status of 400 and above. */
export const errorSchema = z.object({
  error: problemSchema.extend({ requestId: z.string().optional() }),
});

export type ErrorAnswer = z.infer<typeof errorSchema>;
