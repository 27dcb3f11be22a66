import { z } from 'zod';
import { listOf, timeMs } from './parts.js';

const column = listOf(z.number());

/** Columns of equal length, oldest first. */
export const candlesSchema = z.object({
  symbol: z.string(),
  interval: z.string(),
  source: z.string(),
  openTimeMs: listOf(timeMs),
  open: column,
  high: column,
  low: column,
  close: column,
  volume: column,
});

export type CandlesAnswer = Readonly<z.infer<typeof candlesSchema>>;
