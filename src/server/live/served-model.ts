/**
 * One model as it is served: its champion, the challenger that forecasts beside it, and the answer that is ready to leave.
 * Whatever changes it (a candle, a promotion, a version found corrupt) goes through one queue, and an answer is made whole
 * before it takes the place of the last one: no request ever sees two versions in one answer.
 */

import { TradeAiError } from '../../core/errors.js';
import type { LedgerEntry } from '../../evaluation/ledger.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { INTERVAL_MS } from '../../market/interval.js';
import type { Prediction } from '../../pipeline/live/prediction.js';
import { scoreDueForecasts, serveForecast } from '../../pipeline/live/serve-forecast.js';
import { decideShadow, type ShadowDecision } from '../../pipeline/live/shadow.js';
import type { StoredSeriesKey } from '../../pipeline/ports.js';
import type { ServeOptions } from '../../pipeline/serve-options.js';
import type { ChampionPointer } from '../../registry/registry.js';
import type { ServedPrediction } from '../desk.js';
import type { LedgerEntryAnswer, ModelHealth, ModelSummary, PredictionAnswer, ServerEvent } from '../wire.js';
import { RecentCandles } from './recent-candles.js';
import { openVoice, type Voice, type VoiceContext } from './voice.js';

export interface ServedModelContext extends VoiceContext {
  readonly serve: Pick<ServeOptions, 'shadow' | 'demoteOnDrift'>;
  readonly tell: (event: ServerEvent) => void;
  /** A champion has fallen below its report. */
  readonly onDrift: (name: string) => void;
  readonly onProblem: (name: string, error: unknown) => void;
}

/** A forecast is late when its candle closed more than so many intervals ago, and at least so long. */
const STALE_INTERVALS = 2;
const STALE_MS = 10_000;
const DAY_MS = INTERVAL_MS['1d'];

export class ServedModel {
  readonly name: string;
  readonly #context: ServedModelContext;
  #pointer: ChampionPointer | undefined;
  #champion: Voice | undefined;
  #shadow: Voice | undefined;
  /** Challengers the rule has decided against, and versions that cannot be loaded. */
  readonly #dismissed = new Set<number>();
  #recent: RecentCandles | undefined;
  #served: ServedPrediction | undefined;
  /** The generation of the pointer that could not be followed. */
  #refusedGeneration = 0;
  #refusedLoads = 0;
  /** Why the pointer cannot be followed. */
  #loadProblem: unknown;
  /** Why there is no newer forecast. */
  #forecastProblem: unknown;
  #versionCount = 0;
  #newestVersion = 0;
  #trainedUpToMs: number | undefined;
  #isDrifting = false;
  #work: Promise<void> = Promise.resolve();

  constructor(name: string, context: ServedModelContext) {
    this.name = name;
    this.#context = context;
  }

  get pointer(): ChampionPointer | undefined {
    return this.#pointer;
  }

  get champion(): Voice | undefined {
    return this.#champion;
  }

  get shadowVersion(): number | null {
    return this.#shadow?.version ?? null;
  }

  get refusedLoads(): number {
    return this.#refusedLoads;
  }

  /** The stored series it is forecast from; `undefined` while it has no champion. */
  get seriesKey(): StoredSeriesKey | undefined {
    if (this.#champion === undefined) return undefined;
    const { source, symbol, interval } = this.#champion.model.config;
    return { source, symbol, interval };
  }

  /** Open time of the newest candle that any version has been trained on, champion or not. */
  get trainedUpToMs(): number | undefined {
    return this.#trainedUpToMs;
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
    const problem = this.#loadProblem ?? this.#forecastProblem;
    if (problem instanceof TradeAiError) throw problem;
    throw new TradeAiError('FORECAST_NOT_READY', `${this.name} has no forecast yet`, {
      hint: 'it is warming up, or its newest candles have not come: /readyz and /v1/models tell',
    });
  }

  /** Follows the pointer and the newest version, when either has changed. */
  refresh(): Promise<void> {
    return this.#enqueue(() => this.#follow());
  }

  /** Takes candles that have been stored: the new ones, and copies of the newest known ones. */
  takeCandles(candles: CandleSeries): Promise<void> {
    return this.#enqueue(() => this.#advance(candles));
  }

  /** Forecasts anew because another symbol's candles have come. */
  takeInputs(): Promise<void> {
    return this.#enqueue(() => this.#warmUpAgain());
  }

  /** Resolves when nothing is being done for the model. */
  async settle(): Promise<void> {
    await this.#work;
  }

  summary(nextRetrainMs: number | null): ModelSummary {
    const record = this.#champion?.keeper.record();
    const health = this.#health();
    return {
      name: this.name,
      symbol: this.#champion?.model.config.symbol ?? this.name,
      interval: this.#champion?.model.config.interval ?? '1h',
      source: this.#champion?.model.config.source ?? '',
      champion: this.#championFacts(),
      shadowVersion: this.shadowVersion,
      versionCount: this.#versionCount,
      prediction: this.#served?.prediction ?? null,
      lastCandle: this.#recent?.last() ?? null,
      recentCloses: this.#recent?.closes() ?? [],
      record:
        record === undefined
          ? null
          : {
              scored: record.scored,
              hitRate: record.hitRate,
              hitRateCi95: record.hitRateCi95,
              ic: record.ic,
              intervalCoverage: record.intervalCoverage,
              drift: record.drift,
            },
      ...health,
      nextRetrainMs,
    };
  }

  #championFacts(): ModelSummary['champion'] {
    if (this.#champion === undefined || this.#pointer === undefined) return null;
    const { version, model } = this.#champion;
    const { createdAtMs, verdict } = model.manifest;
    const { generation, promotedAtMs, reasons } = this.#pointer;
    return { version, generation, promotedAtMs, createdAtMs, verdict, reasons: [...reasons] };
  }

  #health(): { health: ModelHealth; problem: string | null } {
    const nowMs = this.#context.ports.now();
    const problem = this.#loadProblem ?? this.#forecastProblem;
    if (problem !== undefined) return { health: 'error', problem: messageOf(problem) };
    if (this.#champion === undefined) return { health: 'no-champion', problem: 'no version has been promoted yet' };
    const { config, manifest } = this.#champion.model;
    const ageMs = nowMs - (this.#recent?.closedMs ?? 0);
    if (ageMs > Math.max(STALE_MS, STALE_INTERVALS * INTERVAL_MS[config.interval])) {
      const intervals = Math.floor(ageMs / INTERVAL_MS[config.interval]);
      return { health: 'stale-data', problem: `the newest candle closed ${intervals} intervals ago` };
    }
    if (this.#isDrifting) {
      const [reason = 'its record is below its report'] = this.#champion.keeper.record().drift.reasons;
      return { health: this.#context.serve.demoteOnDrift ? 'held' : 'drifting', problem: reason };
    }
    if (nowMs - manifest.createdAtMs > config.expires * DAY_MS) {
      return { health: 'stale-model', problem: `trained more than ${config.expires} days ago` };
    }
    return { health: 'ok', problem: null };
  }

  async #follow(): Promise<void> {
    const { ports, serve } = this.#context;
    const pointer = await ports.registry.champion(this.name);
    const versions = await ports.registry.listVersions(this.name);
    this.#versionCount = versions.length;
    await this.#noteTraining(versions.at(-1) ?? 0);
    if (pointer === undefined) return;
    const isNew = pointer.generation !== this.#pointer?.generation && pointer.generation !== this.#refusedGeneration;
    if (isNew) await this.#seat(pointer);
    if (!serve.shadow || this.#champion === undefined) return;
    const challenger = this.#challengerOf(versions);
    if (challenger === this.shadowVersion) return;
    this.#shadow = challenger === null ? undefined : await this.#openShadow(challenger);
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

  async #openShadow(version: number): Promise<Voice | undefined> {
    try {
      const { voice } = await openVoice(this.name, version, this.#context);
      await this.#speak(voice, 'shadow');
      return voice;
    } catch (error) {
      if (error instanceof TradeAiError && error.kind === 'interrupted') throw error;
      this.#refuse(version, error);
      return undefined;
    }
  }

  /** Puts the version of the pointer in charge; one that cannot be loaded leaves everything as it is. */
  async #seat(pointer: ChampionPointer): Promise<void> {
    const { version, reasons } = pointer;
    const previous = this.#champion;
    try {
      const known = this.voiceOf(version);
      const opened = known === undefined ? await openVoice(this.name, version, this.#context) : undefined;
      const voice = known ?? opened!.voice;
      if (opened !== undefined) {
        this.#recent = new RecentCandles(opened.series);
        // Outcomes first: the interval of the next forecast follows them.
        await this.#settleOutcomes(opened.series, voice);
      }
      this.#isDrifting = voice.keeper.record().drift.isDrifting;
      const prediction = await this.#speak(voice, 'champion');
      this.#champion = voice;
      this.#pointer = pointer;
      if (this.#shadow?.version === version) this.#shadow = undefined;
      this.#loadProblem = undefined;
      if (prediction !== undefined) this.#publish(prediction);
    } catch (error) {
      if (error instanceof TradeAiError && error.kind === 'interrupted') throw error;
      this.#refusedGeneration = pointer.generation;
      this.#refuse(version, error);
      this.#loadProblem = error;
      return;
    }
    if (previous === undefined || previous.version === version) return;
    const atMs = this.#context.ports.now();
    this.#context.tell({
      kind: 'promotion',
      atMs,
      name: this.name,
      version,
      previousVersion: previous.version,
      reasons: [...reasons],
    });
  }

  #refuse(version: number, error: unknown): void {
    this.#dismissed.add(version);
    this.#refusedLoads += 1;
    this.#context.onProblem(this.name, error);
  }

  async #advance(candles: CandleSeries): Promise<void> {
    const champion = this.#champion;
    if (champion === undefined || this.#recent === undefined) return;
    const before = this.#recent.closedMs;
    this.#recent.push(candles);
    const voices = [champion, this.#shadow].filter((voice) => voice !== undefined);
    const isRevised = voices.some((voice) => voice.needsInputs || voice.forecaster.advance(candles).isRevised);
    await this.#settleOutcomes(this.#recent.series);
    if (isRevised) await this.#warmUpAgain();
    else if (this.#recent.closedMs !== before || this.#served === undefined) await this.#speakAll();
    await this.#decideShadow();
  }

  /** Every voice anew, from what is stored. */
  async #warmUpAgain(): Promise<void> {
    if (this.#champion === undefined) return;
    const { voice, series } = await openVoice(this.name, this.#champion.version, this.#context);
    this.#champion = voice;
    this.#recent = new RecentCandles(series);
    if (this.#shadow !== undefined) {
      this.#shadow = (await openVoice(this.name, this.#shadow.version, this.#context)).voice;
    }
    await this.#speakAll();
  }

  async #speakAll(): Promise<void> {
    const prediction = await this.#speak(this.#champion!, 'champion');
    if (prediction !== undefined) this.#publish(prediction);
    if (this.#shadow !== undefined) await this.#speak(this.#shadow, 'shadow');
  }

  /** Forecasts and freezes; `undefined` where the candles do not allow a forecast now. */
  async #speak(voice: Voice, role: 'champion' | 'shadow'): Promise<Prediction | undefined> {
    try {
      const { prediction, entry } = await serveForecast(voice.forecaster, role, this.#context.ports, {
        interval: voice.keeper.interval(),
        holdReason: role === 'champion' ? this.#holdReason() : undefined,
      });
      voice.keeper.take([entry]);
      if (role === 'champion') this.#forecastProblem = undefined;
      return prediction;
    } catch (error) {
      if (!(error instanceof TradeAiError) || error.code !== 'CANDLES_TOO_FEW') throw error;
      if (role === 'champion') this.#forecastProblem = error;
      return undefined;
    }
  }

  #holdReason(): string | undefined {
    if (!this.#isDrifting || !this.#context.serve.demoteOnDrift) return undefined;
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
    this.#served = { prediction: answer, json: Buffer.from(JSON.stringify(answer)) };
    this.#context.tell({ kind: 'prediction', atMs: this.#context.ports.now(), prediction: answer });
  }

  /** @param newcomer a version that is about to speak */
  async #settleOutcomes(series: CandleSeries, newcomer?: Voice): Promise<void> {
    const settled = await scoreDueForecasts(this.name, series, this.#context.ports);
    if (settled.length === 0) return;
    for (const voice of [this.#champion, this.#shadow, newcomer]) voice?.keeper.take(settled);
    const atMs = this.#context.ports.now();
    for (const entry of settled) this.#context.tell({ kind: 'outcome', atMs, entry: toEntryAnswer(entry) });
    this.#noticeDrift();
  }

  #noticeDrift(): void {
    if (this.#champion === undefined || this.#isDrifting) return;
    const { drift, version } = this.#champion.keeper.record();
    if (!drift.isDrifting) return;
    this.#isDrifting = true;
    this.#context.tell({
      kind: 'drift',
      atMs: this.#context.ports.now(),
      name: this.name,
      version,
      reasons: drift.reasons,
    });
    this.#context.onDrift(this.name);
  }

  async #decideShadow(): Promise<void> {
    const shadow = this.#shadow;
    if (shadow === undefined || this.#champion === undefined || this.#pointer === undefined) return;
    const decision: ShadowDecision = decideShadow(this.#champion.keeper.scored(), shadow.keeper.scored(), {
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
    const { registry } = this.#context.ports;
    await registry.promote(this.name, shadow.version, decision.reasons, this.#pointer.generation);
    await this.#follow();
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    const done = this.#work.then(task);
    this.#work = done.catch((error) => {
      if (error instanceof TradeAiError && error.kind === 'interrupted') return;
      this.#forecastProblem = error;
      this.#context.onProblem(this.name, error);
    });
    return this.#work;
  }
}

/** An entry as the API tells of it. */
export function toEntryAnswer(entry: LedgerEntry): LedgerEntryAnswer {
  const { name, version, role, asOfMs, targetTimeMs, servedAtMs, lastClose, predictedChange, confidence, signal } =
    entry;
  return {
    name,
    version,
    role,
    asOfMs,
    targetTimeMs,
    servedAtMs,
    lastClose,
    predictedChange,
    interval80: [...entry.interval80],
    confidence,
    signal,
    outcome: entry.outcome === null ? null : { ...entry.outcome },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
