/** What an event changes in the list of models. What it cannot know (ages, records, health) comes with the next list. */

import type { ModelSummary, ServerEvent } from '../../wire/wire.js';

const CLOSES = 48;

/** The models after the event; the same array when nothing changes. */
export function applyToModels(models: readonly ModelSummary[], event: ServerEvent): readonly ModelSummary[] {
  switch (event.kind) {
    case 'prediction':
      return change(
        models,
        (model) => model.name === event.prediction.name,
        (model) => ({ ...model, prediction: event.prediction, isFresh: event.isFresh }),
      );
    case 'candle':
      return change(
        models,
        ({ symbol, interval, source }) =>
          symbol === event.symbol && interval === event.interval && source === event.source,
        (model) => addCandle(model, event.openTimeMs, event.close),
      );
    default:
      return models;
  }
}

/**
 * Events after which the list is asked for anew.
 *
 * @param models before the event: one that becomes stale, or ceases to be, has another health
 */
export function needsReload(event: ServerEvent, models: readonly ModelSummary[]): boolean {
  if (event.kind === 'prediction') {
    const { prediction, isFresh } = event;
    return models.some((model) => model.name === prediction.name && model.isFresh !== isFresh);
  }
  return event.kind === 'promotion' || event.kind === 'drift' || event.kind === 'data-gap';
}

/** Events after which figures of the list have moved a little: the records, the health. */
export function movesFigures(event: ServerEvent): boolean {
  return event.kind === 'outcome';
}

function addCandle(model: ModelSummary, openTimeMs: number, close: number): ModelSummary {
  const last = model.lastCandle;
  if (last === null || openTimeMs < last.openTimeMs) return model;
  const isSame = openTimeMs === last.openTimeMs;
  const reference = last.change24h === null ? null : last.close / (1 + last.change24h);
  return {
    ...model,
    lastCandle: {
      openTimeMs,
      closeTimeMs: openTimeMs + (last.closeTimeMs - last.openTimeMs),
      close,
      // The close of a day ago moved by one candle at most; the next list brings the exact one.
      change24h: reference === null ? null : close / reference - 1,
    },
    recentCloses: [...(isSame ? model.recentCloses.slice(0, -1) : model.recentCloses), close].slice(-CLOSES),
  };
}

function change(
  models: readonly ModelSummary[],
  isMeant: (model: ModelSummary) => boolean,
  changed: (model: ModelSummary) => ModelSummary,
): readonly ModelSummary[] {
  return models.some(isMeant) ? models.map((model) => (isMeant(model) ? changed(model) : model)) : models;
}
