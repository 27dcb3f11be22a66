/**
 * Puts in charge what the registry says. What fails leaves everything as it was and is tried again at the next looks, less
 * and less often.
 */

import { TradeAiError } from '../core/errors.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { ChampionPointer } from '../ports/registry.js';
import { loadModel } from '../versions/load-model.js';
import { seriesKeyOf } from './live-model.js';
import type { ModelContext } from './model-context.js';
import type { ModelForecasts } from './model-forecasts.js';
import { RegistryWatch } from './registry-watch.js';
import { RetryPace } from './retry-pace.js';
import { isRefusal, messageOf, rethrowInterruption } from './trouble.js';

export class RegistryFollower {
  readonly #context: ModelContext;
  readonly #forecasts: ModelForecasts;
  readonly #watch: RegistryWatch;
  readonly #pace = new RetryPace();
  /** The pointer that could not be followed, and why. */
  #refused: { readonly pointer: ChampionPointer; readonly error: unknown } | undefined;
  /** The series of a champion that waits for its first candles. */
  #awaitedSeries: StoredSeriesKey | undefined;

  constructor(context: ModelContext, forecasts: ModelForecasts) {
    this.#context = context;
    this.#forecasts = forecasts;
    this.#watch = new RegistryWatch(context.name, context.ports.registry);
  }

  /** What keeps the model from following the registry. */
  get problem(): unknown {
    return this.#watch.problem ?? this.#refused?.error;
  }

  get awaitedSeries(): StoredSeriesKey | undefined {
    return this.#awaitedSeries;
  }

  get versionCount(): number {
    return this.#watch.versions.length;
  }

  /** Open time of the newest candle that any version has been trained on. */
  get trainedUpToMs(): number | undefined {
    return this.#watch.trainedUpToMs;
  }

  /** @param stamp the registry's of this model: nothing is read where it is the one of the last look */
  async follow(stamp?: string): Promise<void> {
    const before = this.#watch.problem;
    await this.#watch.look(stamp);
    const { pointer, versions, problem } = this.#watch;
    if (problem !== undefined) {
      if (messageOf(problem) !== messageOf(before)) this.#context.report(problem);
      return;
    }
    const { shadow } = this.#forecasts;
    shadow.forgetAllBut(versions);
    if (pointer === undefined) return;
    if (!isSamePointer(pointer, this.#forecasts.champion?.pointer)) await this.#tryToFollow(pointer);
    const { champion } = this.#forecasts;
    if (champion !== undefined) await shadow.follow(champion, versions);
  }

  async #tryToFollow(pointer: ChampionPointer): Promise<void> {
    // A forecast of half a history would be one of an old candle.
    if (this.#awaitedSeries !== undefined && this.#context.isFilling(this.#awaitedSeries)) return;
    const isKnown = isSamePointer(pointer, this.#refused?.pointer);
    if (!isKnown) this.#pace.noteSuccess();
    if (!this.#pace.takeChance()) return;
    try {
      await this.#forecasts.putInCharge(pointer);
      this.#refused = undefined;
      this.#awaitedSeries = undefined;
    } catch (error) {
      rethrowInterruption(error);
      this.#pace.noteFailure();
      this.#refused = { pointer, error };
      if (!isKnown) {
        if (isRefusal(error)) this.#forecasts.shadow.dismiss(pointer.version);
        this.#context.report(error);
      }
      if (this.#forecasts.champion === undefined) this.#awaitedSeries = await this.#seriesAwaitedBy(pointer, error);
    }
  }

  async #seriesAwaitedBy({ version }: ChampionPointer, error: unknown): Promise<StoredSeriesKey | undefined> {
    if (!(error instanceof TradeAiError) || error.code !== 'CANDLES_NOT_FOUND') return undefined;
    return seriesKeyOf(await loadModel(this.#context.ports, this.#context.name, version));
  }
}

/** Generations begin anew when somebody removes the pointer. */
function isSamePointer(a: ChampionPointer, b: ChampionPointer | undefined): boolean {
  return a.generation === b?.generation && a.version === b.version && a.promotedAtMs === b.promotedAtMs;
}
