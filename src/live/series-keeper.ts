/**
 * Keeps the candles of every model current: brings series up to date from their sources as candles close, and hands each
 * model what is stored whenever that has changed, whoever changed it: a training in its own process fetches candles too.
 */

import { FILE_SOURCE } from '../candles/collect.js';
import { updateSeries, updateStore } from '../candles/update.js';
import { TradeAiError } from '../core/errors.js';
import { type CandleSeries, findGaps, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import type { ServerEvent } from '../wire/wire.js';
import { CandleClock } from './candle-clock.js';
import { type StoredCandles, textOf } from './candle-ranges.js';
import type { ServedModel } from './served-model.js';
import type { ServiceLog } from './service-log.js';

export interface SeriesKeeperOptions {
  readonly ports: Pick<Ports, 'store' | 'openSource' | 'now'>;
  readonly log: ServiceLog;
  /** Told of every update. */
  readonly candles: StoredCandles;
  /** Off where somebody else brings the candles up to date. */
  readonly updateCandles: boolean;
  /** How long after its close a candle is asked for. */
  readonly settleMs: number;
  readonly signal: AbortSignal;
  readonly tell: (event: ServerEvent) => void;
  /** A model has taken the newest candles of its series. */
  readonly onTaken: (model: ServedModel) => void;
}

export class SeriesKeeper {
  readonly #options: SeriesKeeperOptions;
  /** By series. */
  readonly #clocks = new Map<string, CandleClock>();
  /** What of each series a model was handed last, by series. */
  readonly #taken = new WeakMap<ServedModel, Map<string, string>>();
  /** Open time of the newest candle that was told of, by series. */
  readonly #toldMs = new Map<string, number>();
  /** Why the last update failed, by series. */
  readonly #outages = new Map<string, string>();
  #models: readonly ServedModel[] = [];

  constructor(options: SeriesKeeperOptions) {
    this.#options = options;
  }

  /** The largest distance of this computer's clock from an exchange's, either way; `null` without any. */
  get clockOffsetMs(): number | null {
    const offsets = [...this.#clocks.values()].map(({ clockOffsetMs }) => Math.abs(clockOffsetMs));
    return offsets.length === 0 ? null : Math.max(...offsets);
  }

  /** Sees to the series of these models and of no others, and hands out what has been stored. */
  async follow(models: readonly ServedModel[]): Promise<void> {
    this.#models = models;
    const wanted = new Map(models.flatMap(seriesOf).map((key) => [textOf(key), key]));
    for (const [text, clock] of this.#clocks) {
      if (wanted.has(text)) continue;
      this.#clocks.delete(text);
      this.#outages.delete(text);
      void clock.stop();
    }
    for (const key of wanted.values()) this.#startClock(key);
    for (const model of models) await this.#handOut(model);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#clocks.values()].map((clock) => clock.stop()));
  }

  #startClock(key: StoredSeriesKey): void {
    const { ports, updateCandles, settleMs, signal } = this.#options;
    if (!updateCandles || key.source === FILE_SOURCE || signal.aborted || this.#clocks.has(textOf(key))) return;
    const clock = new CandleClock({
      interval: key.interval,
      now: ports.now,
      settleMs,
      update: () => this.#update(key),
      onProblem: (error) => this.#noteFailure(key, error),
    });
    this.#clocks.set(textOf(key), clock);
    void clock.start();
  }

  async #update(key: StoredSeriesKey): Promise<{ closedMs: number; clockOffsetMs: number | null }> {
    const { ports, candles: stored, signal, log } = this.#options;
    const onNotice = (text: string) => log.info({ series: textOf(key) }, text);
    const { candles, addedRows, revisedRows, clockOffsetMs } = await updateSeries(key, ports, {
      signal,
      onNotice,
    }).catch(async (error) => {
      if (!(error instanceof TradeAiError) || error.code !== 'CANDLES_NOT_FOUND') throw error;
      log.info({ series: textOf(key) }, 'nothing is stored yet: the whole history is fetched');
      await updateStore(key, undefined, undefined, ports, { signal });
      return updateSeries(key, ports, { signal, onNotice });
    });
    stored.noteUpdate(key, { atMs: ports.now(), addedRows, revisedRows, problem: null });
    this.#outages.delete(textOf(key));
    const using = this.#models.filter((model) => seriesOf(model).some((other) => textOf(other) === textOf(key)));
    for (const model of using) await this.#handOut(model);
    const last = rowCountOf(candles) - 1;
    return { closedMs: last < 0 ? 0 : candles.openTimeMs[last] + INTERVAL_MS[key.interval], clockOffsetMs };
  }

  /** An outage is told once, however long it lasts. */
  #noteFailure(key: StoredSeriesKey, error: unknown): void {
    const { ports, candles, signal, log, tell } = this.#options;
    if (signal.aborted) return;
    const text = textOf(key);
    const { symbol, interval, source } = key;
    const atMs = ports.now();
    const message = error instanceof Error ? error.message : String(error);
    candles.noteUpdate(key, { atMs, addedRows: 0, revisedRows: 0, problem: message });
    log.warn({ err: error, series: text }, 'the candles could not be brought up to date');
    if (!this.#outages.has(text)) tell({ kind: 'data-gap', atMs, symbol, interval, source, message });
    this.#outages.set(text, message);
  }

  /** Hands a model those of its series that are other than it had them last. */
  async #handOut(model: ServedModel): Promise<void> {
    const { store } = this.#options.ports;
    const own = model.seriesKey;
    if (own === undefined) return;
    const taken = this.#taken.get(model) ?? new Map<string, string>();
    this.#taken.set(model, taken);
    for (const key of seriesOf(model)) {
      const text = textOf(key);
      const stamp = await store.stamp(key);
      if (stamp === undefined || taken.get(text) === stamp) continue;
      const series = key.symbol === own.symbol ? await store.read(key) : undefined;
      taken.set(text, stamp);
      if (series === undefined) await model.takeInputs();
      else {
        this.#tellOfCandles(key, series);
        await model.takeStored(series);
        this.#options.onTaken(model);
      }
    }
  }

  /** Tells of the newest candle, and of gaps before it, unless that was told before. */
  #tellOfCandles({ symbol, interval, source }: StoredSeriesKey, series: CandleSeries): void {
    const { ports, tell } = this.#options;
    const { openTimeMs, close } = series;
    const last = rowCountOf(series) - 1;
    if (last < 0) return;
    const text = textOf({ symbol, interval, source });
    const toldMs = this.#toldMs.get(text);
    this.#toldMs.set(text, Math.max(openTimeMs[last], toldMs ?? 0));
    if (toldMs === undefined || openTimeMs[last] <= toldMs) return;
    const atMs = ports.now();
    tell({ kind: 'candle', atMs, symbol, interval, source, openTimeMs: openTimeMs[last], close: close[last] });
    const known = Math.max(0, openTimeMs.lastIndexOf(toldMs));
    for (const gap of findGaps(sliceCandles(series, known, last + 1))) {
      const message = `${gap.missingRows} candles are missing from ${new Date(gap.fromMs).toISOString()} on`;
      tell({ kind: 'data-gap', atMs, symbol, interval, source, message });
    }
  }
}

/** Its own series first, then those of the other symbols it looks at. */
function seriesOf({ seriesKey, otherSymbols }: ServedModel): StoredSeriesKey[] {
  if (seriesKey === undefined) return [];
  return [seriesKey, ...otherSymbols.map((symbol) => ({ ...seriesKey, symbol }))];
}
