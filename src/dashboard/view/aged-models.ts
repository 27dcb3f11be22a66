/** What time does to the models that a page holds: the server decides what is stale, but while it is away nobody tells. */

import type { ModelHealth, ModelSummary } from '../../wire/wire.js';

/** What the server says of a model before it looks at the age of its forecast; a staleness that it told stays as it told it. */
const WORSE: ReadonlySet<ModelHealth> = new Set(['error', 'no-champion', 'stale-data']);
const OVERDUE = 'this forecast is about the past: the next one is overdue';

/** The models as they are now; the same array while none has aged. */
export function ageModels(models: readonly ModelSummary[], nowMs: number): readonly ModelSummary[] {
  return models.some((model) => hasExpired(model, nowMs))
    ? models.map((model) => (hasExpired(model, nowMs) ? expire(model) : model))
    : models;
}

/** Models of which a forecast is to be expected, and that have no fresh one. */
export function findStale(models: readonly ModelSummary[]): ModelSummary[] {
  return models.filter(({ isFresh, isForecastExpected }) => !isFresh && isForecastExpected);
}

function hasExpired({ isFresh, prediction }: ModelSummary, nowMs: number): boolean {
  return isFresh && prediction !== null && nowMs >= prediction.expiresAtMs;
}

/** As the server says it of a stale one. */
function expire(model: ModelSummary): ModelSummary {
  const prediction = model.prediction!;
  const { reasons, signal, warnings } = prediction;
  return {
    ...model,
    isFresh: false,
    prediction: {
      ...prediction,
      signal: 'HOLD',
      reasons: [OVERDUE, ...(signal === 'HOLD' ? reasons : [])],
      warnings: [OVERDUE, ...warnings],
    },
    ...(WORSE.has(model.health) ? {} : { health: 'stale-data' as const, problem: OVERDUE }),
  };
}
