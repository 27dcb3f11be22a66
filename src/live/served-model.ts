/**
 * One model as it is served: its champion, the challenger that forecasts beside it, and the answer that is ready to leave.
 * Whatever changes it (a candle, a promotion, a version found corrupt) goes through one queue, and an answer is made whole
 * before it takes the place of the last one: no request ever sees two versions in one answer.
 *
 * What fails leaves everything as it was and is tried again at the next looks (`refresh`), less and less often: a pointer
 * that cannot be followed, candles that could not be forecast. A challenger in trouble is never the champion's trouble.
 */

import { TradeAiError } from '../core/errors.js';
import type { CandleSeries } from '../market/candle-series.js';
import type { ServeOptions } from '../options/serve-options.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { ServedPrediction } from '../ports/forecast-service.js';
import type { ChampionPointer } from '../ports/registry.js';
import { loadModel } from '../versions/load-model.js';
import type { ModelSummary, PredictionAnswer, ServerEvent } from '../wire/wire.js';
import { toEntryAnswer, toRecordFigures } from './ledger-answers.js';
import { examineHealth } from './model-health.js';
import type { Prediction } from './prediction.js';
import { RecentCandles } from './recent-candles.js';
import { RetryPace } from './retry-pace.js';
import { resolveDueForecasts, serveForecast } from './serve-forecast.js';
import { decideShadow } from './shadow.js';
import { isCorrupt, isInterruption, messageOf, rethrowInterruption } from './trouble.js';
import { isSameSeries, openVoice, seriesKeyOf, tailOf, type Voice, type VoiceContext, warmUpAgain } from './voice.js';

export interface ServedModelContext extends VoiceContext {
  readonly serve: Pick<ServeOptions, 'shadow' | 'demoteOnDrift'>;
  readonly tell: (event: ServerEvent) => void;
  /** A champion has fallen below its report. */
  readonly onDrift: (name: string) => void;
  readonly onProblem: (name: string, error: unknown) => void;
}

/** Candles that do not allow a forecast yet: the next ones may. */
const NOT_NOW_CODES: readonly string[] = ['CANDLES_TOO_FEW', 'COLUMN_INVALID'];

export class ServedModel {
  readonly name: string;
  readonly #context: ServedModelContext;
  #pointer: ChampionPointer | undefined;
  #champion: Voice | undefined;
  #shadow: Voice | undefined;
  /** Challengers the rule has decided against, and versions that are not what was published. */
  readonly #dismissed = new Set<number>();
  #recent: RecentCandles | undefined;
  #served: ServedPrediction | undefined;
  /** The pointer that could not be followed. */
  #refusedPointer = '';
  readonly #pointerPace = new RetryPace();
  readonly #shadowPace = new RetryPace();
  readonly #candlesPace = new RetryPace();
  #refusedLoads = 0;
  /** Why the registry cannot be read. */
  #registryProblem: unknown;
  /** Why the pointer cannot be followed. */
  #loadProblem: unknown;
  /** Why there is no newer forecast. */
  #forecastProblem: unknown;
  /** Candles were taken and not forecast: voices may have lost their thread, and are warmed up anew. */
  #isBehind = false;
  /** The series of a champion that waits for its first candles. */
  #awaitedSeries: StoredSeriesKey | undefined;
  #versionCount = 0;
  #newestVersion = 0;
  #trainedUpToMs: number | undefined;
  #isDrifting = false;
  #work: Promise<void> = Promise.resolve();

  constructor(name: string, context: ServedModelContext) {
    this.name = name;
    this.#context = context;
  }

  get shadowVersion(): number | null {
    return this.#shadow?.version ?? null;
  }

  get refusedLoads(): number {
    return this.#refusedLoads;
  }

  /** The stored series it is forecast from; `undefined` while that is not known, and for a model of a file. */
  get seriesKey(): StoredSeriesKey | undefined {
    if (this.#champion === undefined) return this.#awaitedSeries;
    return this.#champion.model.config.data === undefined ? seriesKeyOf(this.#champion.model) : undefined;
  }

  /** Open time of the newest candle that any version has been trained on, champion or not. */
  get trainedUpToMs(): number | undefined {
    return this.#trainedUpToMs;
  }

  /** Close time of the newest candle it has. */
  get closedMs(): number | undefined {
    return this.#recent?.closedMs;
  }

  /** Symbols whose candles it needs beside its own. */
  get otherSymbols(): readonly string[] {
    return this.#champion?.otherSymbols ?? [];
  }

  /** The voice of a version that is speaking. */
  voiceOf(version: number | undefined): Voice | undefined {
    if (version === undefined) return this.#champion;
    return [this.#champion, this.#shadow].find((voice) => voice?.version === version);
  }

  /**
   * The answer that is ready.
   *
   * @throws TradeAiError what keeps the model from having one
   */
  prediction(): ServedPrediction {
    if (this.#served !== undefined) return this.#served;
    const problem = this.#problem();
    if (problem instanceof TradeAiError) throw problem;
    throw new TradeAiError('FORECAST_NOT_READY', `${this.name} has no forecast yet`, {
      hint: 'it is warming up, or its newest candles have not come: /readyz and /v1/models tell',
    });
  }

  /** Follows the pointer and the newest version, when either has changed, and tries again what has failed. */
  refresh(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#follow();
      if (!this.#isBehind || this.#champion === undefined || !this.#candlesPace.takeChance()) return;
      await this.#warmUpAgain();
    });
  }

  /** Takes its series as it is stored now: costs next to nothing where every candle is known. */
  takeStored(series: CandleSeries): Promise<void> {
    return this.#enqueue(() => this.#advance(series));
  }

  /** Forecasts anew because another symbol's candles have come. */
  takeInputs(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#champion !== undefined) await this.#warmUpAgain();
    });
  }

  /** Resolves when nothing is being done for the model. */
  async settle(): Promise<void> {
    await this.#work;
  }

  summary(nextRetrainMs: number | null): ModelSummary {
    const champion = this.#champion;
    const config = champion?.model.config;
    return {
      name: this.name,
      symbol: config?.symbol ?? this.name,
      interval: config?.interval ?? '1h',
      source: config?.source ?? '',
      champion: this.#championFacts(),
      shadowVersion: this.shadowVersion,
      versionCount: this.#versionCount,
      prediction: this.#served?.prediction ?? null,
      lastCandle: this.#recent?.last() ?? null,
      recentCloses: this.#recent?.closes() ?? [],
      record: champion === undefined ? null : toRecordFigures(champion.keeper.record()),
      ...examineHealth({
        nowMs: this.#context.ports.now(),
        problem: this.#problem(),
        champion,
        closedMs: this.closedMs,
        isDrifting: this.#isDrifting,
        demoteOnDrift: this.#context.serve.demoteOnDrift,
      }),
      nextRetrainMs,
    };
  }

  #problem(): unknown {
    return this.#registryProblem ?? this.#loadProblem ?? this.#forecastProblem;
  }

  #championFacts(): ModelSummary['champion'] {
    if (this.#champion === undefined || this.#pointer === undefined) return null;
    const { version, model } = this.#champion;
    const { createdAtMs, verdict } = model.manifest;
    const { generation, promotedAtMs, reasons } = this.#pointer;
    return { version, generation, promotedAtMs, createdAtMs, verdict, reasons: [...reasons] };
  }

  async #follow(): Promise<void> {
    const { ports, serve } = this.#context;
    let pointer: ChampionPointer | undefined;
    let versions: number[];
    try {
      pointer = await ports.registry.champion(this.name);
      versions = await ports.registry.listVersions(this.name);
    } catch (error) {
      this.#noteRegistryProblem(error);
      return;
    }
    this.#registryProblem = undefined;
    this.#versionCount = versions.length;
    for (const version of this.#dismissed) if (!versions.includes(version)) this.#dismissed.delete(version);
    await this.#noteTraining(versions.at(-1) ?? 0);
    if (pointer === undefined) return;
    if (!isSamePointer(pointer, this.#pointer)) await this.#tryToSeat(pointer);
    if (!serve.shadow || this.#champion === undefined) return;
    const challenger = this.#challengerOf(versions);
    if (challenger === this.shadowVersion) return;
    if (challenger === null) this.#shadow = undefined;
    else if (this.#shadowPace.takeChance()) await this.#openShadow(challenger);
  }

  #noteRegistryProblem(error: unknown): void {
    const isKnown = messageOf(error) === messageOf(this.#registryProblem);
    this.#registryProblem = error;
    if (isKnown) return;
    if (isCorrupt(error)) this.#refusedLoads += 1;
    this.#context.onProblem(this.name, error);
  }

  async #noteTraining(newest: number): Promise<void> {
    if (newest === this.#newestVersion) return;
    this.#newestVersion = newest;
    const manifest = await this.#context.ports.registry.readManifest(this.name, newest).catch(() => undefined);
    this.#trainedUpToMs = manifest?.data.lastOpenTimeMs ?? this.#trainedUpToMs;
  }

  /** The newest version behind the champion that has never been in charge since, and has not been decided against. */
  #challengerOf(versions: readonly number[]): number | null {
    const { version, previousVersion } = this.#pointer!;
    const newest = versions.at(-1);
    if (newest === undefined || newest <= version || newest === previousVersion) return null;
    return this.#dismissed.has(newest) ? null : newest;
  }

  async #openShadow(version: number): Promise<void> {
    this.#shadow = undefined;
    try {
      const { voice } = await openVoice(this.name, version, this.#context);
      if (!isSameSeries(voice, this.#champion!)) {
        // Other candles than the champion's: there is nothing to compare them by.
        this.#dismissed.add(version);
        return;
      }
      await this.#speak(voice, 'shadow');
      this.#shadow = voice;
      this.#shadowPace.noteSuccess();
    } catch (error) {
      this.#dropShadow(version, error);
    }
  }

  #dropShadow(version: number, error: unknown): void {
    rethrowInterruption(error);
    this.#shadow = undefined;
    this.#shadowPace.noteFailure();
    this.#refuse(version, error);
  }

  /** Puts the version of a pointer in charge; where that fails everything stays as it is. */
  async #tryToSeat(pointer: ChampionPointer): Promise<void> {
    const key = describePointer(pointer);
    if (key !== this.#refusedPointer) this.#pointerPace.noteSuccess();
    if (!this.#pointerPace.takeChance()) return;
    try {
      await this.#seat(pointer);
      this.#loadProblem = undefined;
      this.#refusedPointer = '';
      this.#awaitedSeries = undefined;
    } catch (error) {
      rethrowInterruption(error);
      this.#loadProblem = error;
      this.#pointerPace.noteFailure();
      if (key !== this.#refusedPointer) this.#refuse(pointer.version, error);
      this.#refusedPointer = key;
      if (this.#champion === undefined) this.#awaitedSeries = await this.#seriesAwaitedBy(pointer.version, error);
    }
  }

  async #seriesAwaitedBy(version: number, error: unknown): Promise<StoredSeriesKey | undefined> {
    if (!(error instanceof TradeAiError) || error.code !== 'CANDLES_NOT_FOUND') return undefined;
    return seriesKeyOf(await loadModel(this.#context.ports, this.name, version));
  }

  async #seat(pointer: ChampionPointer): Promise<void> {
    const { version, reasons } = pointer;
    const previous = this.#champion;
    const known = this.voiceOf(version);
    const opened = known === undefined ? await openVoice(this.name, version, this.#context) : undefined;
    const voice = known ?? opened!.voice;
    const wasDrifting = voice.keeper.record().drift.isDrifting;
    // Outcomes first: the interval of the next forecast follows them.
    if (opened !== undefined) await this.#settleOutcomes(opened.series, voice);
    const { isDrifting } = voice.keeper.record().drift;
    const { prediction, problem } = await this.#speak(voice, 'champion', this.#holdReason(isDrifting));
    // A champion that cannot speak yet does not silence the one that can.
    if (problem !== undefined && previous !== undefined && this.#served !== undefined) throw problem;
    this.#champion = voice;
    this.#pointer = pointer;
    this.#isDrifting = isDrifting;
    if (opened !== undefined) this.#recent = new RecentCandles(opened.series);
    if (this.#shadow?.version === version) this.#shadow = undefined;
    this.#forecastProblem = problem;
    if (isDrifting && !wasDrifting) this.#tellDrift();
    if (prediction !== undefined) this.#publish(prediction);
    if (previous === undefined || previous.version === version) return;
    this.#context.tell({
      kind: 'promotion',
      atMs: this.#context.ports.now(),
      name: this.name,
      version,
      previousVersion: previous.version,
      reasons: [...reasons],
    });
  }

  #refuse(version: number, error: unknown): void {
    if (error instanceof TradeAiError && error.kind === 'model') this.#dismissed.add(version);
    if (isCorrupt(error)) this.#refusedLoads += 1;
    this.#context.onProblem(this.name, error);
  }

  async #advance(series: CandleSeries): Promise<void> {
    const champion = this.#champion;
    if (champion === undefined) return;
    if (this.#isBehind) return this.#warmUpAgain();
    const newest = new RecentCandles(series);
    const hasNew = newest.closedMs !== this.closedMs;
    this.#isBehind = true;
    const voices = [champion, this.#shadow].filter((voice) => voice !== undefined);
    const isRevised = voices
      .map((voice) => (voice.needsInputs ? hasNew : voice.forecaster.advance(tailOf(series, voice)).isRevised))
      .some(Boolean);
    this.#recent = newest;
    if (isRevised) return this.#warmUpAgain();
    if (hasNew || this.#served === undefined) {
      await this.#settleOutcomes(series);
      await this.#speakAll();
      await this.#decideShadow();
    }
    this.#isBehind = false;
  }

  /** Every voice anew, from what is stored. */
  async #warmUpAgain(): Promise<void> {
    this.#isBehind = true;
    const { voice, series } = await warmUpAgain(this.#champion!, this.#context);
    this.#champion = voice;
    this.#recent = new RecentCandles(series);
    const shadow = this.#shadow;
    if (shadow !== undefined) {
      try {
        this.#shadow = (await warmUpAgain(shadow, this.#context)).voice;
      } catch (error) {
        this.#dropShadow(shadow.version, error);
      }
    }
    await this.#settleOutcomes(series);
    await this.#speakAll();
    this.#isBehind = false;
    this.#candlesPace.noteSuccess();
    await this.#decideShadow();
  }

  async #speakAll(): Promise<void> {
    const { prediction, problem } = await this.#speak(this.#champion!, 'champion', this.#holdReason(this.#isDrifting));
    this.#forecastProblem = problem;
    if (prediction !== undefined) this.#publish(prediction);
    const shadow = this.#shadow;
    if (shadow === undefined) return;
    try {
      await this.#speak(shadow, 'shadow');
    } catch (error) {
      this.#dropShadow(shadow.version, error);
    }
  }

  /** Forecasts and freezes; a problem where the candles do not allow a forecast now. */
  async #speak(
    voice: Voice,
    role: 'champion' | 'shadow',
    holdReason?: string,
  ): Promise<{ prediction?: Prediction; problem?: TradeAiError }> {
    try {
      const { prediction, entry } = await serveForecast(voice.forecaster, role, this.#context.ports, {
        interval: voice.keeper.interval(),
        holdReason,
      });
      voice.keeper.take([entry]);
      return { prediction };
    } catch (error) {
      if (error instanceof TradeAiError && NOT_NOW_CODES.includes(error.code)) return { problem: error };
      throw error;
    }
  }

  #holdReason(isDrifting: boolean): string | undefined {
    if (!isDrifting || !this.#context.serve.demoteOnDrift) return undefined;
    return 'the record of this model has fallen below its report';
  }

  #publish(prediction: Prediction): void {
    const { interval80, reasons, warnings } = prediction;
    const answer: PredictionAnswer = {
      ...prediction,
      interval80: [...interval80],
      reasons: [...reasons],
      warnings: [...warnings],
    };
    const json = Buffer.from(JSON.stringify(answer));
    if (this.#served?.json.equals(json)) return;
    this.#served = { prediction: answer, json };
    this.#context.tell({ kind: 'prediction', atMs: this.#context.ports.now(), prediction: answer });
  }

  /** @param newcomer a version that is about to speak */
  async #settleOutcomes(series: CandleSeries, newcomer?: Voice): Promise<void> {
    const settled = await resolveDueForecasts(this.name, series, this.#context.ports);
    if (settled.length === 0) return;
    for (const voice of [this.#champion, this.#shadow, newcomer]) voice?.keeper.take(settled);
    const atMs = this.#context.ports.now();
    for (const entry of settled) this.#context.tell({ kind: 'outcome', atMs, entry: toEntryAnswer(entry) });
    this.#noticeDrift();
  }

  #noticeDrift(): void {
    if (this.#champion === undefined || this.#isDrifting) return;
    if (!this.#champion.keeper.record().drift.isDrifting) return;
    this.#isDrifting = true;
    this.#tellDrift();
  }

  #tellDrift(): void {
    const { keeper, version } = this.#champion!;
    this.#context.tell({
      kind: 'drift',
      atMs: this.#context.ports.now(),
      name: this.name,
      version,
      reasons: keeper.record().drift.reasons,
    });
    this.#context.onDrift(this.name);
  }

  async #decideShadow(): Promise<void> {
    const shadow = this.#shadow;
    if (shadow === undefined || this.#champion === undefined || this.#pointer === undefined) return;
    const decision = decideShadow(this.#champion.keeper.scored(shadow.keeper.firstMs), shadow.keeper.scored(), {
      championVersion: this.#champion.version,
      verdict: shadow.model.manifest.verdict,
      requiresSkill: shadow.model.config.requireSkill,
      horizonSteps: shadow.model.config.horizon,
    });
    if (decision.state === 'undecided') return;
    if (decision.state === 'dismiss') {
      this.#dismissed.add(shadow.version);
      this.#shadow = undefined;
      return;
    }
    try {
      await this.#context.ports.registry.promote({
        name: this.name,
        version: shadow.version,
        reasons: decision.reasons,
        expectedGeneration: this.#pointer.generation,
      });
    } catch (error) {
      // Somebody else was faster: what they chose is followed.
      if (!(error instanceof TradeAiError) || error.code !== 'VERSION_CONFLICT') {
        this.#dropShadow(shadow.version, error);
        return;
      }
    }
    await this.#follow();
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(task).catch((error) => {
      if (isInterruption(error)) return;
      // The first failure is told; the same one again and again is not.
      if (messageOf(error) !== messageOf(this.#forecastProblem)) this.#context.onProblem(this.name, error);
      this.#forecastProblem = error;
      this.#candlesPace.noteFailure();
    });
    return this.#work;
  }
}

function isSamePointer(a: ChampionPointer, b: ChampionPointer | undefined): boolean {
  return b !== undefined && describePointer(a) === describePointer(b);
}

/** Generations begin anew when somebody removes the pointer. */
function describePointer({ version, generation, promotedAtMs }: ChampionPointer): string {
  return `${generation} ${version} ${promotedAtMs}`;
}
