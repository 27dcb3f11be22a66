/**
 * The answer of a model that is ready to leave: made whole, JSON and all, before it takes the place of the last one. Whether
 * it may still pass for one of now is looked at whenever it is asked for.
 */

import { TradeAiError } from '../core/errors.js';
import type { ServedPrediction } from '../ports/forecast-service.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import { answerAt, describeStaleness } from './freshness.js';
import type { ForecastOutcome } from './live-model.js';
import type { ModelContext } from './model-context.js';

export class ReadyAnswer {
  readonly #context: ModelContext;
  #made: ServedPrediction | undefined;
  /** What is answered instead of `made` once it is stale: made once, because it says the same from then on. */
  #stale:
    | { readonly made: ServedPrediction; readonly staleness: string; readonly served: ServedPrediction }
    | undefined;
  /** What was told last. */
  #told: Buffer | undefined;
  /** Why there is no newer forecast. */
  problem: unknown;

  constructor(context: ModelContext) {
    this.#context = context;
  }

  /** As it may be answered now. */
  get served(): ServedPrediction | undefined {
    const made = this.#made;
    if (made === undefined) return undefined;
    const nowMs = this.#context.ports.now();
    const staleness = describeStaleness(made.prediction, nowMs);
    if (staleness === undefined) return made;
    if (this.#stale?.made !== made || this.#stale.staleness !== staleness) {
      this.#stale = { made, staleness, served: toServed(answerAt(made.prediction, nowMs), true) };
    }
    return this.#stale.served;
  }

  /** The same for those who are told what the model says: nothing, where stale forecasts are refused. */
  get shown(): PredictionAnswer | null {
    const { served } = this;
    return served === undefined || this.#isRefused(served) ? null : served.prediction;
  }

  /** @param problem what keeps the model from having one, where that is known @throws TradeAiError where there is none */
  servedOrThrow(problem: unknown): ServedPrediction {
    const { served } = this;
    const { name } = this.#context;
    if (served !== undefined) {
      if (!this.#isRefused(served)) return served;
      throw new TradeAiError('FORECAST_STALE', `${name}: ${served.prediction.warnings[0]}`, {
        hint: 'what keeps a newer one from coming stands at /readyz and /v1/models',
      });
    }
    if (problem instanceof TradeAiError) throw problem;
    throw new TradeAiError('FORECAST_NOT_READY', `${name} has no forecast yet`, {
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
    const made = toServed(outcome.prediction, false);
    if (!this.#made?.json.equals(made.json)) this.#made = made;
    this.tell();
  }

  /** Tells what is answered now, unless that was told last: those who only listen learn so that it has become stale. */
  tell(): void {
    const { served } = this;
    if (served === undefined || this.#told?.equals(served.json)) return;
    this.#told = served.json;
    const { ports, tell } = this.#context;
    tell({ kind: 'prediction', atMs: ports.now(), prediction: served.prediction, isFresh: !served.isStale });
  }

  #isRefused({ isStale }: ServedPrediction): boolean {
    return isStale && this.#context.serve.staleAnswers === 'refuse';
  }
}

function toServed(prediction: PredictionAnswer, isStale: boolean): ServedPrediction {
  return { prediction, json: Buffer.from(JSON.stringify(prediction)), isStale };
}
