/** What goes on without requests: the registry is looked at again and again, and candles are taken as they come. */

import type { CandleFeed } from './candle-feed.js';
import type { ServedModels } from './served-models.js';
import type { ServiceLog } from './service-log.js';

export interface ServingLoopOptions {
  readonly models: ServedModels;
  readonly feed: CandleFeed;
  readonly log: ServiceLog;
  /** Aborted by the stop, or by somebody who breaks off the start. */
  readonly stopping: AbortController;
}

/** The registry is looked at so often, for what other programs promote, train or remove. */
const POLL_MS = 1_000;

export class ServingLoop {
  readonly #options: ServingLoopOptions;
  #timer: NodeJS.Timeout | undefined;
  #ageTimer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isStarted = false;

  constructor(options: ServingLoopOptions) {
    this.#options = options;
  }

  /** Whether every champion that can has a forecast. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  async start(): Promise<void> {
    this.#tellAges();
    await this.#look();
    this.#isStarted = true;
    if (!this.#options.stopping.signal.aborted) this.#schedule();
  }

  /** No look begins any more. */
  halt(): void {
    this.#options.stopping.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#ageTimer);
  }

  /** Resolves when nothing is being done for any model. */
  async settle(): Promise<void> {
    await this.#looking;
    await this.#options.feed.stop();
    await this.#options.models.settle();
  }

  async #look(): Promise<void> {
    await this.#options.models.follow();
    await this.#options.feed.follow(this.#options.models.list());
  }

  /** By a timer of its own: a look may wait for a disk, or for a model that is warmed up. */
  #tellAges(): void {
    const { models, log, stopping } = this.#options;
    if (stopping.signal.aborted) return;
    for (const model of models.list()) {
      try {
        model.tellAge();
      } catch (error) {
        log.warn({ err: error, model: model.name }, 'the age of forecasts cannot be told');
      }
    }
    this.#ageTimer = setTimeout(() => this.#tellAges(), POLL_MS);
    this.#ageTimer.unref();
  }

  #schedule(): void {
    const { log, stopping } = this.#options;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
        .catch((error) => {
          if (!stopping.signal.aborted) log.warn({ err: error }, 'the registry cannot be followed');
        })
        .then(() => {
          if (!stopping.signal.aborted) this.#schedule();
        });
    }, POLL_MS);
    this.#timer.unref();
  }
}
