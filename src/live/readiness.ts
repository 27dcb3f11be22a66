/** Whether the server can answer: one model that cannot be told of is one row with its reason, never the end of the list. */

import type { Readiness } from '../ports/forecast-service.js';
import type { ServedModel } from './served-model.js';
import { messageOf } from './trouble.js';

/** Ready where any model has a fresh forecast, and where none is to be expected of any; after the start. */
export function examineReadiness(
  models: readonly Pick<ServedModel, 'name' | 'unready' | 'isForecastExpected'>[],
): Readiness {
  const looks = models.map((model) => {
    try {
      return { unready: model.unready(), isExpected: model.isForecastExpected };
    } catch (error) {
      return { unready: { name: model.name, problem: `it cannot be told of: ${messageOf(error)}` }, isExpected: true };
    }
  });
  return {
    isReady: looks.some(({ unready }) => unready === undefined) || !looks.some(({ isExpected }) => isExpected),
    unready: looks.flatMap(({ unready }) => unready ?? []),
  };
}
