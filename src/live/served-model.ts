/**
 * One model as it is served: its champion, the challenger that forecasts beside it, and the answer that is ready to leave.
 * Whatever changes it (a candle, a promotion, a version found corrupt) goes through one queue, and an answer is made whole
 * before it takes the place of the last one: no request ever sees two versions in one answer.
 *
 * What fails leaves everything as it was and is tried again at the next looks (`refresh`), less and less often: a pointer
 * that cannot be followed, candles that could not be forecast. A challenger in trouble is never the champion's trouble.
 */

import { originOf } from '../market/candle-origin.js';
import type { CandleSeries } from '../market/candle-series.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { ServedPrediction, UnreadyModel } from '../ports/forecast-service.js';
import type { ModelSummary } from '../wire/wire.js';
import { describeStaleness } from './freshness.js';
import { toRecordFigures } from './ledger-answers.js';
import { type LiveModel, seriesKeyOf } from './live-model.js';
import type { ModelContext } from './model-context.js';
import { ModelForecasts } from './model-forecasts.js';
import { examineHealth } from './model-health.js';
import { RegistryFollower } from './registry-follower.js';
import type { Champion } from './shadow-contest.js';
import { isCorrupt, isInterruption, messageOf } from './trouble.js';

export interface ServedModelContext extends Omit<ModelContext, 'name' | 'report' | 'onDrift'> {
  /** A champion has fallen below its report. */
  readonly onDrift: (name: string) => void;
  readonly onProblem: (name: string, error: unknown) => void;
}

export class ServedModel {
  readonly name: string;
  readonly #context: ServedModelContext;
  readonly #forecasts: ModelForecasts;
  readonly #registry: RegistryFollower;
  #refusedLoads = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(name: string, context: ServedModelContext) {
    this.name = name;
    this.#context = context;
    const shared: ModelContext = {
      ...context,
      name,
      onDrift: () => context.onDrift(name),
      report: (error) => {
        if (isCorrupt(error)) this.#refusedLoads += 1;
        context.onProblem(name, error);
      },
    };
    this.#forecasts = new ModelForecasts(shared);
    this.#registry = new RegistryFollower(shared, this.#forecasts);
  }

  get shadowVersion(): number | null {
    return this.#forecasts.shadow.challenger?.version ?? null;
  }

  get refusedLoads(): number {
    return this.#refusedLoads;
  }

  /** The stored series it is forecast from; `undefined` while that is not known. */
  get seriesKey(): StoredSeriesKey | undefined {
    const { champion } = this.#forecasts;
    return champion === undefined ? this.#registry.awaitedSeries : seriesKeyOf(champion.live.model);
  }

  /** Open time of the newest candle that any version has been trained on, champion or not. */
  get trainedUpToMs(): number | undefined {
    return this.#registry.trainedUpToMs;
  }

  /** Close time of the newest candle it has. */
  get closedMs(): number | undefined {
    return this.#forecasts.recent?.closedMs;
  }

  /** Open time from which on `takeStored` needs its series. */
  get neededFromMs(): number {
    return this.#forecasts.neededFromMs;
  }

  /** Symbols whose candles it needs beside its own. */
  get otherSymbols(): readonly string[] {
    return this.#forecasts.champion?.live.otherSymbols ?? [];
  }

  /** The live model of a version, the champion when none is named. */
  liveModelOf(version?: number): LiveModel | undefined {
    return this.#forecasts.liveModelOf(version);
  }

  /**
   * The answer that is ready.
   *
   * @throws TradeAiError what keeps the model from having one
   */
  prediction(): ServedPrediction {
    return this.#forecasts.answer.servedOrThrow(this.#problem());
  }

  /**
   * Follows the pointer and the newest version, when either has changed, and tries again what has failed.
   *
   * @param stamp the registry's of this model, where the caller has it: nothing is read where it has not changed
   */
  refresh(stamp?: string): Promise<void> {
    return this.#enqueue(async () => {
      await this.#registry.follow(stamp);
      if (await this.#forecasts.catchUp()) await this.#decideShadow();
    });
  }

  /**
   * Takes its series as it is stored now: costs next to nothing where every candle is known.
   *
   * @param series from `neededFromMs` on; nobody changes its arrays
   */
  takeStored(series: CandleSeries): Promise<void> {
    return this.#enqueue(async () => {
      if (await this.#forecasts.takeStored(series)) await this.#decideShadow();
    });
  }

  /** Forecasts anew because another symbol's candles have come. */
  takeInputs(): Promise<void> {
    return this.#enqueue(async () => {
      if (await this.#forecasts.warmUpAgain()) await this.#decideShadow();
    });
  }

  /** Resolves when nothing is being done for the model. */
  async settle(): Promise<void> {
    await this.#work;
  }

  /** Tells those who only listen when the answer has become stale. */
  tellAge(): void {
    this.#forecasts.answer.tell();
  }

  /** Whether the newest forecast of a version that is served may pass for one of now: the champion's when none is named. */
  isFresh(version?: number): boolean {
    const { champion, answer } = this.#forecasts;
    const live = this.liveModelOf(version);
    if (live === champion?.live) return answer.served?.isStale === false;
    const asOfMs = live?.trackRecord.lastMs;
    if (live === undefined || asOfMs === undefined) return false;
    const { interval } = live.model.config;
    return describeStaleness({ asOfMs, interval }, this.#context.ports.now()) === undefined;
  }

  /** Whether a fresh forecast is to be expected: it has a champion, and candles that somebody brings as they close. */
  get isForecastExpected(): boolean {
    const { seriesKey } = this;
    const isImported = seriesKey !== undefined && originOf(seriesKey.source).isImported === true;
    return !isImported && this.#health().health !== 'no-champion';
  }

  /** What keeps it from having a fresh forecast; `undefined` where it has one. */
  unready(): UnreadyModel | undefined {
    if (this.isFresh()) return undefined;
    return { name: this.name, problem: this.#health().problem ?? 'it is being warmed up' };
  }

  summary(nextRetrainMs: number | null): ModelSummary {
    const { champion, recent, answer } = this.#forecasts;
    const config = champion?.live.model.config;
    return {
      name: this.name,
      symbol: config?.symbol ?? this.name,
      interval: config?.interval ?? '1h',
      source: config?.source ?? '',
      champion: champion === undefined ? null : describeChampion(champion),
      shadowVersion: this.shadowVersion,
      versionCount: this.#registry.versionCount,
      missedForecasts: this.#forecasts.missedCount,
      prediction: answer.shown,
      isFresh: this.isFresh(),
      isForecastExpected: this.isForecastExpected,
      lastCandle: recent?.last() ?? null,
      recentCloses: recent?.closes() ?? [],
      record: champion === undefined ? null : toRecordFigures(champion.live.trackRecord.record()),
      ...this.#health(),
      nextRetrainMs,
    };
  }

  #health(): ReturnType<typeof examineHealth> {
    const { ports, serve, outageOf } = this.#context;
    const { champion, answer, drift } = this.#forecasts;
    const { seriesKey } = this;
    return examineHealth({
      nowMs: ports.now(),
      problem: this.#problem(),
      champion: champion?.live,
      forecast: answer.served?.prediction,
      outage: seriesKey === undefined ? undefined : outageOf(seriesKey),
      isDrifting: drift.isDrifting,
      demoteOnDrift: serve.demoteOnDrift,
    });
  }

  #problem(): unknown {
    return this.#registry.problem ?? this.#forecasts.answer.problem;
  }

  async #decideShadow(): Promise<void> {
    const { champion, shadow } = this.#forecasts;
    if (champion !== undefined && (await shadow.decide(champion))) await this.#registry.follow();
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(task).catch((error) => {
      if (isInterruption(error)) return;
      // The first failure is told; the same one again and again is not.
      if (messageOf(error) !== messageOf(this.#forecasts.answer.problem)) this.#context.onProblem(this.name, error);
      this.#forecasts.noteFailure(error);
    });
    return this.#work;
  }
}

function describeChampion({ pointer, live }: Champion): ModelSummary['champion'] {
  const { createdAtMs, verdict } = live.model.manifest;
  const { version, generation, promotedAtMs, reasons } = pointer;
  return { version, generation, promotedAtMs, createdAtMs, verdict, reasons: [...reasons] };
}
