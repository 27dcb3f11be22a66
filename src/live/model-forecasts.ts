/**
 * What is done with the candles of a model: champion and challenger take them, the outcomes of earlier forecasts are
 * resolved, and both forecast; candles that closed meanwhile one after another, as if each had come by itself. Nothing here
 * may run beside itself: `ServedModel` has a queue.
 */

import type { CandleSeries } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import type { ChampionPointer } from '../ports/registry.js';
import { DriftWatch, isDrifting } from './drift-watch.js';
import { closedBy, countBetween, findDueCandles } from './due-candles.js';
import { toEntryAnswer } from './ledger-answers.js';
import {
  type ForecastOutcome,
  forecastNewest,
  type LiveModel,
  openLiveModel,
  takeCandles,
  warmUpAgain,
} from './live-model.js';
import type { ModelContext } from './model-context.js';
import { ReadyAnswer } from './ready-answer.js';
import { HELD_ROWS, RecentCandles } from './recent-candles.js';
import { RetryPace } from './retry-pace.js';
import { findDueOutcomes } from './serve-forecast.js';
import { type Champion, ShadowContest } from './shadow-contest.js';

/** Many fields: one for each of these parts, and what there is to know of the champion's candles. */
export class ModelForecasts {
  readonly #context: ModelContext;
  readonly answer: ReadyAnswer;
  readonly shadow: ShadowContest;
  readonly drift: DriftWatch;
  #champion: Champion | undefined;
  #recent: RecentCandles | undefined;
  /** Candles were taken and not forecast: live models may have lost their thread, and are warmed up anew. */
  #isBehind = false;
  #missedCount = 0;
  readonly #pace = new RetryPace();

  constructor(context: ModelContext) {
    this.#context = context;
    this.answer = new ReadyAnswer(context);
    this.shadow = new ShadowContest(context);
    this.drift = new DriftWatch(context);
  }

  get champion(): Champion | undefined {
    return this.#champion;
  }

  /** The newest candles of its series. */
  get recent(): RecentCandles | undefined {
    return this.#recent;
  }

  /** Candles since the start that came too late for a forecast, or too soon after a gap. */
  get missedCount(): number {
    return this.#missedCount;
  }

  /** Open time from which on its series is needed to take what is new: no older candle is looked at. */
  get neededFromMs(): number {
    const live = [this.#champion?.live, this.shadow.challenger].filter((one) => one !== undefined);
    const starts = live.map(({ forecaster, model: { config } }) => {
      // The overview's candles, and those that forecasts without an outcome were made at.
      return (forecaster.asOfMs ?? 0) - (HELD_ROWS + config.horizon) * INTERVAL_MS[config.interval];
    });
    return Math.max(0, Math.min(...starts));
  }

  /** The live model of a version, the champion when none is named. */
  liveModelOf(version?: number): LiveModel | undefined {
    if (version === undefined) return this.#champion?.live;
    return [this.#champion?.live, this.shadow.challenger].find((live) => live?.version === version);
  }

  /** Puts the version of a pointer in charge; where that fails everything stays as it is. */
  async putInCharge(pointer: ChampionPointer): Promise<void> {
    const { name } = this.#context;
    const { version, reasons } = pointer;
    const previous = this.#champion?.live;
    const known = this.liveModelOf(version);
    const opened = known === undefined ? await openLiveModel(name, version, this.#context) : undefined;
    const live = known ?? opened!.live;
    const wasDrifting = isDrifting(live);
    const outcome = await this.#forecastChampion(live, opened?.series);
    // A champion that cannot forecast yet does not silence the one that can.
    if ('problem' in outcome && previous !== undefined && this.answer.served?.isStale === false) throw outcome.problem;
    this.#champion = { pointer, live };
    if (opened !== undefined) this.#recent = new RecentCandles(opened.series);
    if (this.shadow.challenger?.version === version) this.shadow.end();
    this.drift.begin(live, wasDrifting);
    this.answer.take(outcome);
    if (previous === undefined || previous.version === version) return;
    const [previousVersion, atMs] = [previous.version, this.#context.ports.now()];
    this.#context.tell({ kind: 'promotion', atMs, name, version, previousVersion, reasons: [...reasons] });
  }

  /** Takes its series as it is stored now. @returns whether there are new forecasts */
  async takeStored(series: CandleSeries): Promise<boolean> {
    if (this.#champion === undefined) return false;
    if (this.#isBehind) return this.warmUpAgain();
    const newest = new RecentCandles(series);
    const isDue = newest.closedMs !== this.#recent?.closedMs || this.answer.served === undefined;
    this.#recent = newest;
    this.#isBehind = true;
    const isRevised = isDue ? await this.#forecastEach(series) : this.#take(series);
    if (isRevised) return this.warmUpAgain();
    this.#isBehind = false;
    return isDue;
  }

  /** Tries again what was not forecast, when it is time to. @returns whether there are new forecasts */
  async catchUp(): Promise<boolean> {
    return this.#isBehind && this.#pace.takeChance() ? this.warmUpAgain() : false;
  }

  /** Every live model anew, from what is stored. @returns whether there are new forecasts */
  async warmUpAgain(): Promise<boolean> {
    const champion = this.#champion;
    if (champion === undefined) return false;
    this.#isBehind = true;
    const { live, series } = await warmUpAgain(champion.live, this.#context);
    this.#champion = { ...champion, live };
    this.#recent = new RecentCandles(series);
    await this.shadow.warmUpAgain();
    // Changed again meanwhile: the next look has it.
    if (await this.#forecastEach(series)) return false;
    this.#isBehind = false;
    this.#pace.noteSuccess();
    return true;
  }

  /** Candles were taken and there is no forecast of them. */
  noteFailure(error: unknown): void {
    this.answer.problem = error;
    this.#pace.noteFailure();
  }

  /**
   * Takes the candles that a forecast is due of one after another, and forecasts each.
   *
   * @returns whether a live model has to be warmed up again first
   */
  async #forecastEach(series: CandleSeries): Promise<boolean> {
    const { forecaster, trackRecord, model } = this.#champion!.live;
    const dueMs = findDueCandles(series, {
      afterMs: forecaster.asOfMs ?? 0,
      horizonSteps: model.config.horizon,
      nowMs: this.#context.ports.now(),
    });
    for (const closedMs of dueMs) {
      const closed = closedBy(series, closedMs);
      if (this.#take(closed)) return true;
      const { lastMs } = trackRecord;
      await this.#forecastAll(closed);
      this.#missedCount += countBetween(closed, lastMs, trackRecord.lastMs);
    }
    return false;
  }

  /** Champion and challenger take their candles. @returns whether they have to be warmed up again to have them */
  #take(series: CandleSeries): boolean {
    const take = (live: LiveModel) => takeCandles(live, series);
    return [take(this.#champion!.live), this.shadow.takeCandles(take)].includes(true);
  }

  async #forecastAll(series: CandleSeries): Promise<void> {
    this.answer.take(await this.#forecastChampion(this.#champion!.live, series, this.drift.isDrifting));
    await this.shadow.forecast();
  }

  /**
   * Forecasts with the champion, or with a live model that is about to be it.
   *
   * @param series resolves earlier forecasts, where it is given
   * @param wasDrifting it is known to drift, whatever its record says now
   */
  async #forecastChampion(live: LiveModel, series?: CandleSeries, wasDrifting = false): Promise<ForecastOutcome> {
    const { name, ports, tell } = this.#context;
    const champion = this.#champion?.live;
    const due = series === undefined ? undefined : await findDueOutcomes(name, series, ports);
    // Outcomes first: the interval of the next forecast follows them, and whether it may be traded on.
    live.trackRecord.take(due?.entries ?? []);
    const outcome = await forecastNewest(live, 'champion', this.#context, {
      resolutions: due?.resolutions,
      holdReason: this.drift.holdReason(wasDrifting || isDrifting(live)),
    });
    const { resolved } = outcome;
    if (resolved.length === 0) return outcome;
    for (const { trackRecord } of new Set([champion ?? live, live])) trackRecord.take(resolved);
    this.shadow.takeOutcomes(resolved);
    const atMs = ports.now();
    for (const entry of resolved) tell({ kind: 'outcome', atMs, entry: toEntryAnswer(entry) });
    if (champion !== undefined) this.drift.look(champion);
    return outcome;
  }
}
