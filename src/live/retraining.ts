/**
 * Trainings that nobody asked for: the clock begins them, candles that have closed since the last one, and drift. And what
 * is done after each training, whoever asked: its version is followed at once, and versions too many are removed.
 */

import { INTERVAL_MS } from '../market/interval.js';
import type { ScheduleOptions, ServeOptions } from '../options/serve-options.js';
import type { ModelRegistry } from '../ports/registry.js';
import type { JobQueue } from '../training/job-queue.js';
import { pruneVersions } from '../versions/lifecycle.js';
import type { StatusAnswer } from '../wire/wire.js';
import { type RetrainSchedule, startRetrainSchedule } from './retrain-schedule.js';
import type { ServedModel } from './served-model.js';
import type { ServedModels } from './served-models.js';
import type { ServiceLog } from './service-log.js';

export interface RetrainingOptions {
  readonly schedule: ScheduleOptions;
  readonly serve: Pick<ServeOptions, 'keepVersions'>;
  readonly models: ServedModels;
  readonly jobs: JobQueue;
  readonly registry: ModelRegistry;
  readonly log: ServiceLog;
  /** Nothing is begun after its end. */
  readonly signal: AbortSignal;
}

export class Retraining {
  readonly #options: RetrainingOptions;
  readonly #schedule: RetrainSchedule;
  /** Close of the newest candle when a training of a name was last begun here. */
  readonly #triggeredMs = new Map<string, number>();
  /** What is done after trainings. */
  #tidying: Promise<void> = Promise.resolve();

  /** @throws TradeAiError `CONFIG_INVALID` for a schedule that is none */
  constructor(options: RetrainingOptions) {
    this.#options = options;
    this.#schedule = startRetrainSchedule(options.schedule, () => this.#begin(options.models.list(), 'schedule'));
  }

  /** The schedule for people; `null` without one. */
  get schedule(): StatusAnswer['schedule'] {
    const { description } = this.#schedule;
    return description === null ? null : { retrain: description, nextMs: this.#schedule.nextMs() };
  }

  nextMs({ seriesKey, trainedUpToMs }: ServedModel): number | null {
    const { retrain } = this.#options.schedule;
    if (typeof retrain !== 'object') return this.#schedule.nextMs();
    if (seriesKey === undefined || trainedUpToMs === undefined) return null;
    return trainedUpToMs + (retrain.everyCandles + 1) * INTERVAL_MS[seriesKey.interval];
  }

  /** Resolves when nothing is being done after a training. */
  async stop(): Promise<void> {
    this.#schedule.stop();
    await this.#tidying;
  }

  noteDrift(model: ServedModel): void {
    if (this.#options.schedule.onDrift) this.#begin([model], 'drift');
  }

  /** A model has taken candles: so many may have closed that it is due. */
  noteCandles(model: ServedModel): void {
    const { seriesKey, trainedUpToMs, closedMs } = model;
    if (seriesKey === undefined || trainedUpToMs === undefined || closedMs === undefined) return;
    const intervalMs = INTERVAL_MS[seriesKey.interval];
    const sinceMs = Math.max(trainedUpToMs + intervalMs, this.#triggeredMs.get(model.name) ?? 0);
    if (this.#schedule.isDue((closedMs - sinceMs) / intervalMs)) this.#begin([model], 'schedule');
  }

  /** A training of a name is done. */
  noteTraining(name: string): void {
    const { models, serve, registry, log } = this.#options;
    this.#tidying = this.#tidying
      .then(async () => {
        await models.find(name)?.refresh();
        await pruneVersions(name, serve.keepVersions, registry);
      })
      .catch((error) => log.warn({ err: error, model: name }, 'old versions could not be removed'));
  }

  #begin(models: readonly ServedModel[], trigger: string): void {
    const { jobs, log, signal } = this.#options;
    if (models.length === 0 || signal.aborted) return;
    for (const { name, closedMs } of models) this.#triggeredMs.set(name, closedMs ?? 0);
    const names = models.map(({ name }) => name);
    try {
      jobs.add(names, trigger);
    } catch (error) {
      log.warn({ err: error }, 'a training could not be queued');
    }
  }
}
