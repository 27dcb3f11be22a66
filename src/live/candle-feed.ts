/**
 * Keeps the candles of every model current: brings series up to date from their sources as candles close, and hands each
 * model what is stored whenever that has changed, whoever changed it: a training in its own process fetches candles too.
 * A series is looked at and read once, however many models are forecast from it.
 */

import { updateSeries, updateStore } from '../candles/update.js';
import { runLimited } from '../core/concurrency.js';
import { TradeAiError } from '../core/errors.js';
import { originOf } from '../market/candle-origin.js';
import { type CandleSeries, findGaps, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import type { ServerEvent } from '../wire/wire.js';
import { CandleClock } from './candle-clock.js';
import { type StoredCandles, textOf } from './candle-ranges.js';
import type { ServedModel } from './served-model.js';
import type { ServiceLog } from './service-log.js';

export interface CandleFeedOptions {
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

/** A series, and the models that look at it. */
interface FedSeries {
  readonly key: StoredSeriesKey;
  /** Those that are forecast from it. */
  readonly own: readonly ServedModel[];
  /** Those whose features look at it beside their own. */
  readonly others: readonly ServedModel[];
}

/**
 * Models that take candles at once, over all series: enough for the disk to sync the lines of many ledgers together, and
 * few enough for the first forecasts not to wait until the last model has taken its candle.
 */
const MODELS_AT_ONCE = 64;

const FAILING = {
  update: {
    begun: 'the candles could not be brought up to date',
    over: 'the candles are brought up to date again',
  },
  read: { begun: 'the stored candles could not be read', over: 'the stored candles can be read again' },
} as const;

type Failing = keyof typeof FAILING;

export class CandleFeed {
  readonly #options: CandleFeedOptions;
  /** By series. */
  readonly #clocks = new Map<string, CandleClock>();
  #series: ReadonlyMap<string, FedSeries> = new Map();
  /** What of each series a model was handed last, by series. */
  readonly #taken = new WeakMap<ServedModel, Map<string, string>>();
  /** Open time of the newest candle that was told of, by series. */
  readonly #toldMs = new Map<string, number>();
  /** Series of which nothing was stored, while their history is fetched. */
  readonly #filling = new Set<string>();
  /** What fails with series, until it succeeds. */
  readonly #outages = { update: new Map<string, string>(), read: new Map<string, string>() };

  constructor(options: CandleFeedOptions) {
    this.#options = options;
  }

  /** The largest distance of this computer's clock from an exchange's, either way; `null` without any. */
  get clockOffsetMs(): number | null {
    const offsets = [...this.#clocks.values()].map(({ clockOffsetMs }) => Math.abs(clockOffsetMs));
    return offsets.length === 0 ? null : Math.max(...offsets);
  }

  /** Whether the history of a series is being fetched. */
  isFilling(key: StoredSeriesKey): boolean {
    return this.#filling.has(textOf(key));
  }

  /** Why a series could not be brought up to date, or read, last; `undefined` while it can. */
  outageOf(key: StoredSeriesKey): string | undefined {
    return this.#outages.update.get(textOf(key)) ?? this.#outages.read.get(textOf(key));
  }

  /** Sees to the series of these models and of no others, and hands out what has been stored. */
  async follow(models: readonly ServedModel[]): Promise<void> {
    this.#series = groupBySeries(models);
    for (const [text, clock] of this.#clocks) {
      if (this.#series.has(text)) continue;
      this.#clocks.delete(text);
      void clock.stop();
    }
    for (const reasons of Object.values(this.#outages)) {
      for (const text of reasons.keys()) if (!this.#series.has(text)) reasons.delete(text);
    }
    for (const { key } of this.#series.values()) this.#startClock(key);
    for (const series of this.#series.values()) await this.#tryToHandOut(series);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#clocks.values()].map((clock) => clock.stop()));
  }

  #startClock(key: StoredSeriesKey): void {
    const { ports, updateCandles, settleMs, signal } = this.#options;
    if (!updateCandles || originOf(key.source).isImported || signal.aborted || this.#clocks.has(textOf(key))) return;
    const clock = new CandleClock({
      interval: key.interval,
      now: ports.now,
      settleMs,
      update: () => this.#update(key),
      onProblem: (error) => this.#noteFailure(key, 'update', error),
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
      // A source that has none says the same: what is stored stays what there is.
      if ((await ports.store.describe(key)) !== undefined) throw error;
      log.info({ series: textOf(key) }, 'nothing is stored yet: the whole history is fetched');
      this.#filling.add(textOf(key));
      try {
        await updateStore(key, undefined, undefined, ports, { signal });
      } finally {
        this.#filling.delete(textOf(key));
      }
      return updateSeries(key, ports, { signal, onNotice });
    });
    stored.noteUpdate(key, { atMs: ports.now(), addedRows, revisedRows, problem: null });
    this.#endOutage(key, 'update');
    const series = this.#series.get(textOf(key));
    if (series !== undefined) await this.#tryToHandOut(series);
    const last = rowCountOf(candles) - 1;
    return { closedMs: last < 0 ? 0 : candles.openTimeMs[last] + INTERVAL_MS[key.interval], clockOffsetMs };
  }

  async #tryToHandOut(series: FedSeries): Promise<void> {
    const { key } = series;
    try {
      await this.#handOut(series);
    } catch (error) {
      this.#noteFailure(key, 'read', error);
      return;
    }
    if (!this.#outages.read.has(textOf(key))) return;
    this.#endOutage(key, 'read');
    const { ports, candles } = this.#options;
    const problem = this.outageOf(key) ?? null;
    candles.noteUpdate(key, { atMs: ports.now(), addedRows: 0, revisedRows: 0, problem });
  }

  #endOutage(key: StoredSeriesKey, what: Failing): void {
    const reasons = this.#outages[what];
    const reason = reasons.get(textOf(key));
    if (!reasons.delete(textOf(key)) || [...reasons.values()].includes(reason!)) return;
    this.#options.log.info({ series: textOf(key), reason }, FAILING[what].over);
  }

  /** An outage is told once, however long it lasts; in the log once for all series that it holds up. */
  #noteFailure(key: StoredSeriesKey, what: Failing, error: unknown): void {
    const { ports, candles, signal, log, tell } = this.#options;
    if (signal.aborted) return;
    const text = textOf(key);
    const { symbol, interval, source } = key;
    const atMs = ports.now();
    const message = error instanceof Error ? error.message : String(error);
    candles.noteUpdate(key, { atMs, addedRows: 0, revisedRows: 0, problem: message });
    const reasons = this.#outages[what];
    const isKnown = [...reasons.values()].includes(message);
    if (!isKnown) log.warn({ err: error, series: text }, FAILING[what].begun);
    // What neither lets a series be updated nor read is one outage.
    const isTold = reasons.has(text) || this.outageOf(key) === message;
    reasons.set(text, message);
    if (!isTold) tell({ kind: 'data-gap', atMs, symbol, interval, source, message });
  }

  /** Hands a series to those of its models that have had it last as it was before. */
  async #handOut({ key, own, others }: FedSeries): Promise<void> {
    const { store } = this.#options.ports;
    const stamp = await store.stamp(key);
    if (stamp === undefined) return;
    const text = textOf(key);
    const waiting = own.filter((model) => this.#takenBy(model).get(text) !== stamp);
    if (waiting.length > 0) {
      const fromMs = Math.min(...waiting.map(({ neededFromMs }) => neededFromMs));
      const series = await store.readRange(key, { fromMs });
      if (series === undefined) return;
      this.#tellOfCandles(key, series);
      const limit = Math.ceil(MODELS_AT_ONCE / this.#series.size);
      await runLimited(waiting.length, limit, async (index) => {
        const model = waiting[index];
        this.#takenBy(model).set(text, stamp);
        await model.takeStored(series);
        this.#options.onTaken(model);
      });
    }
    for (const model of others) {
      if (this.#takenBy(model).get(text) === stamp) continue;
      this.#takenBy(model).set(text, stamp);
      await model.takeInputs();
    }
  }

  #takenBy(model: ServedModel): Map<string, string> {
    const taken = this.#taken.get(model) ?? new Map<string, string>();
    this.#taken.set(model, taken);
    return taken;
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

function groupBySeries(models: readonly ServedModel[]): ReadonlyMap<string, FedSeries> {
  const groups = new Map<string, { key: StoredSeriesKey; own: ServedModel[]; others: ServedModel[] }>();
  const groupOf = (key: StoredSeriesKey) => {
    const group = groups.get(textOf(key)) ?? { key, own: [], others: [] };
    groups.set(textOf(key), group);
    return group;
  };
  for (const model of models) {
    const { seriesKey, otherSymbols } = model;
    if (seriesKey === undefined) continue;
    groupOf(seriesKey).own.push(model);
    for (const symbol of otherSymbols) groupOf({ ...seriesKey, symbol }).others.push(model);
  }
  return groups;
}
