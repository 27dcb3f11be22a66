/** The answer of a model that is ready to leave: made whole, JSON and all, before it takes the place of the last one. */

import { TradeAiError } from '../core/errors.js';
import type { ServedPrediction } from '../ports/forecast-service.js';
import type { ForecastOutcome } from './live-model.js';
import type { ModelContext } from './model-context.js';
import type { Prediction } from './prediction.js';

export class ReadyAnswer {
  readonly #context: ModelContext;
  #served: ServedPrediction | undefined;
  /** Why there is no newer forecast. */
  problem: unknown;

  constructor(context: ModelContext) {
    this.#context = context;
  }

  get served(): ServedPrediction | undefined {
    return this.#served;
  }

  /** @param problem what keeps the model from having one, where that is known @throws TradeAiError where there is none */
  servedOrThrow(problem: unknown): ServedPrediction {
    if (this.#served !== undefined) return this.#served;
    if (problem instanceof TradeAiError) throw problem;
    throw new TradeAiError('FORECAST_NOT_READY', `${this.#context.name} has no forecast yet`, {
      hint: 'it is warming up, or its newest candles have not come: /readyz and /v1/models tell',
    });
  }

  /** Takes what a forecast came to: the answer from now on, or the problem that keeps the last one. */
  take(outcome: ForecastOutcome): void {
    if ('problem' in outcome) {
      this.problem = outcome.problem;
      return;
    }
    this.problem = undefined;
    this.#publish(outcome.prediction);
  }

  /** Nothing is told of an answer that says the same as the last one. */
  #publish(forecast: Prediction): void {
    const { interval80, reasons, warnings } = forecast;
    const prediction = {
      ...forecast,
      interval80: [...interval80] as [number, number],
      reasons: [...reasons],
      warnings: [...warnings],
    };
    const json = Buffer.from(JSON.stringify(prediction));
    if (this.#served?.json.equals(json)) return;
    this.#served = { prediction, json };
    this.#context.tell({ kind: 'prediction', atMs: this.#context.ports.now(), prediction });
  }
}
