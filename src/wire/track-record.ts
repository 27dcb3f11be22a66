import { z } from 'zod';
import { figure, listOf, orNull, range, share, timeMs } from './parts.js';
import { LEDGER_ROLES } from './vocabulary.js';

/** What the report of a version says of the forecasts to come; `null` where it says nothing. */
export const promisedSchema = z.object({
  hitRate: figure,
  ic: figure,
  brier: figure,
  intervalCoverage: figure,
});

export const driftSchema = z.object({
  isDrifting: z.boolean(),
  pValue: figure.describe('valid at every look; small: the record is below the report'),
  /** What has fallen, in words. */
  reasons: listOf(z.string()),
});

/** What the served forecasts were worth, over the newest ones that are scored. */
export const trackRecordSchema = z.object({
  name: z.string(),
  version: z.int(),
  /** What the version was at its newest forecast. */
  role: z.enum(LEDGER_ROLES),
  forecasts: z.int(),
  scored: z.int(),
  /** Candles of the oldest and the newest scored forecast. */
  fromMs: orNull(timeMs),
  toMs: orNull(timeMs),
  /** Share of the forecasts whose direction was right, among those where forecast and price both moved. */
  hitRate: orNull(share),
  /** Wilson's interval; forecasts that overlap count once. */
  hitRateCi95: orNull(range),
  /** Mean of (confidence − right)²: 0.25 for a coin, lower is better. */
  brier: figure,
  intervalCoverage: orNull(share),
  /** Correlation of score and outcome, both in volatility units. */
  ic: figure,
  netReturn: figure.describe('sum of the returns of the signals followed, after costs'),
  signals: z.int().describe('how many forecasts were BUY or SELL'),
  /** The same figures as the report of the version has them. */
  promised: promisedSchema,
  drift: driftSchema,
  reliability: listOf(z.object({ confidence: z.number(), hitRate: z.number(), count: z.int() })),
});

export type Promised = Readonly<z.infer<typeof promisedSchema>>;
export type Drift = Readonly<z.infer<typeof driftSchema>>;
export type TrackRecordAnswer = Readonly<z.infer<typeof trackRecordSchema>>;
