/** One model that cannot be told of is one row with its reason, never the end of the list. */

import { z } from 'zod';
import { type ModelSummary, modelSummarySchema } from '../wire/model.js';
import { messageOf } from './trouble.js';

/**
 * The summary of a model as it can leave. One whose figures are none, or that cannot be made, is a row of health `error`
 * that says so.
 *
 * @param summarise makes it, or throws
 */
export function soundSummary(name: string, summarise: () => ModelSummary): ModelSummary {
  try {
    const summary = summarise();
    const { error } = modelSummarySchema.safeParse(summary);
    if (error === undefined) return summary;
    const { symbol, interval, source } = summary;
    return {
      ...UNTOLD,
      name,
      symbol,
      interval,
      source,
      problem: `its figures cannot be told: ${z.prettifyError(error)}`,
    };
  } catch (error) {
    return {
      ...UNTOLD,
      name,
      symbol: name,
      interval: '1h',
      source: '',
      problem: `it cannot be told of: ${messageOf(error)}`,
    };
  }
}

const UNTOLD = {
  champion: null,
  shadowVersion: null,
  versionCount: 0,
  missedForecasts: 0,
  prediction: null,
  isFresh: false,
  isForecastExpected: true,
  lastCandle: null,
  recentCloses: [],
  record: null,
  health: 'error',
  nextRetrainMs: null,
} as const satisfies Partial<ModelSummary>;
