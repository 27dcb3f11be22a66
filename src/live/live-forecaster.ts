/**
 * A model that has seen the whole history and takes one candle after another. Warming up costs the history once; after
 * that a candle costs its own row of features and one call of the engine, and the bits are those of a forecast made from
 * the whole series.
 */

import { setImmediate as breathe } from 'node:timers/promises';
import { type ColumnNotes, examineColumns, situationOf } from '../candles/column-records.js';
import { TradeAiError, throwIfAborted } from '../core/errors.js';
import { countWarmUpRows, type DatasetOptions } from '../dataset/dataset.js';
import { createVolatilityStream } from '../dataset/target.js';
import type { FeatureStream } from '../features/feature.js';
import { extraNamesOf, FeatureSegment, findSegmentStarts } from '../features/feature-matrix.js';
import type { WindowForecaster } from '../forecast/forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import type { JoinedInput } from '../market/as-of-join.js';
import { type CandleSeries, candleAt, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { describeDeadMarket, SilenceWatch } from '../market/dead-market.js';
import { INTERVAL_MS } from '../market/interval.js';
import { counted } from '../text/sentences.js';
import { datasetOptionsOf } from '../training/prepare.js';
import { createForecaster } from '../versions/create-forecaster.js';
import type { StoredModel } from '../versions/model-files.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import { CandleTail } from './candle-tail.js';
import { type CandleForecast, describePrediction, type PredictionContext } from './prediction.js';

export interface AdvanceResult {
  /** Candles newer than those seen. */
  readonly addedRows: number;
  /** The history has changed behind the forecaster: nothing was taken, open another one on the whole series. */
  readonly isRevised: boolean;
}

/** A forecast of the newest candle, with what it takes to make it again. */
export interface LiveForecast extends CandleForecast {
  readonly prediction: PredictionAnswer;
  /** Shape `[W, F]`, row-major: the scaled window as the model got it. */
  readonly inputs: Float64Array;
}

export interface OpenOptions {
  /** What was joined to the series for its features. */
  readonly inputs?: readonly JoinedInput[];
  readonly signal?: AbortSignal;
}

/** Candles between two breaths of the event loop while warming up: about a millisecond. */
const BREATH_ROWS = 128;

/**
 * Warms a model up on a series; other work of the process goes on meanwhile.
 *
 * @param series the whole history, from the same beginning as in training: indicators with a long memory then have the
 *   same bits
 * @throws TradeAiError `FEATURE_INVALID`, `INTERRUPTED`
 * @example const live = await openLiveForecaster(decodeModel(version), series, engine); (await live.forecast({ nowMs })).prediction
 */
export async function openLiveForecaster(
  model: StoredModel,
  series: CandleSeries,
  engine: LstmEngine,
  { inputs, signal }: OpenOptions = {},
): Promise<LiveForecaster> {
  const { window, maxGap } = model.config;
  const situation = situationOf(series, window);
  const live = new LiveForecaster(model, createForecaster(model, engine), (closeMs) =>
    examineColumns(inputs, { ...situation, closeMs }),
  );
  // Streams begin anew at each segment: what lies before the last one leaves no trace.
  const start = findSegmentStarts(series, maxGap).at(-1) ?? 0;
  live.silence.takeSeries(sliceCandles(series, 0, start));
  for (let row = start; row < rowCountOf(series); row += BREATH_ROWS) {
    throwIfAborted(signal);
    live.advance(sliceCandles(series, row, Math.min(row + BREATH_ROWS, rowCountOf(series))));
    await breathe();
  }
  return live;
}

/** Many fields, because what would be arguments of a forecast from the whole series is kept from candle to candle. */
export class LiveForecaster {
  readonly model: StoredModel;
  readonly windowForecaster: WindowForecaster;
  /** Told of every candle, those before its segment too. */
  readonly silence = new SilenceWatch();
  /** What is to be known of its columns, by the close of its newest candle. */
  readonly #columnsAt: (closeMs: number) => ColumnNotes;
  readonly #options: DatasetOptions;
  readonly #extraNames: readonly string[];
  readonly #tail = new CandleTail();
  /** Features of the newest rows of this segment, shape `[2 W, F]`; the window is its last W rows of `#rowsHeld`. */
  readonly #values: Float64Array;
  /** Shape `[2 W]`. */
  readonly #isReady: Uint8Array;
  #rowsHeld = 0;
  #segment: FeatureSegment;
  #nextVolatility: FeatureStream;
  /** The newest one there was in this segment: while a price does not move there is none to measure. */
  #volatility = Number.NaN;
  #lastClose = Number.NaN;

  constructor(model: StoredModel, windowForecaster: WindowForecaster, columnsAt: (closeMs: number) => ColumnNotes) {
    this.model = model;
    this.#columnsAt = columnsAt;
    this.windowForecaster = windowForecaster;
    this.#options = datasetOptionsOf(model.config);
    const { features, windowRows, horizonSteps } = this.#options;
    this.#extraNames = extraNamesOf(features);
    this.#values = new Float64Array(2 * windowRows * features.length);
    this.#isReady = new Uint8Array(2 * windowRows);
    this.#segment = new FeatureSegment(model.config.symbol, features);
    this.#nextVolatility = createVolatilityStream(horizonSteps);
  }

  /** Close time of the newest candle seen. */
  get asOfMs(): number | undefined {
    const openTimeMs = this.#tail.lastOpenTimeMs;
    return openTimeMs === undefined ? undefined : openTimeMs + INTERVAL_MS[this.model.config.interval];
  }

  /**
   * Takes closed candles, oldest first. Those seen already may come again.
   *
   * @throws TradeAiError `FEATURE_INVALID`; the forecaster is of no use then
   */
  advance(candles: CandleSeries): AdvanceResult {
    const { isRevised, newRow } = this.#tail.compare(candles);
    if (isRevised) return { addedRows: 0, isRevised };
    const addedRows = rowCountOf(candles) - newRow;
    if (addedRows === 0) return { addedRows, isRevised };
    const { joined, keptRows } = this.#tail.push(
      newRow === 0 ? candles : sliceCandles(candles, newRow, rowCountOf(candles)),
    );
    const starts = new Set(findSegmentStarts(joined, this.#options.maximumGapRows));
    for (let row = keptRows; row < rowCountOf(joined); row++) {
      if (row > 0 && starts.has(row)) this.#beginSegment();
      this.#takeCandle(joined, row);
    }
    return { addedRows, isRevised };
  }

  /**
   * Forecasts from the newest candle.
   *
   * @throws TradeAiError `CANDLES_TOO_FEW` when the window reaches behind a long gap or into the warm-up
   */
  async forecast({ signal, ...context }: PredictionContext & { signal?: AbortSignal }): Promise<LiveForecast> {
    const asOfMs = this.asOfMs;
    if (asOfMs === undefined || !this.#isWindowReady()) throw this.#tooFewCandles();
    const volatility = this.#volatility;
    const lastClose = this.#lastClose;
    const { features, windowRows } = this.#options;
    const end = this.#rowsHeld * features.length;
    const inputs = this.windowForecaster.scaleWindows(this.#values.subarray(end - windowRows * features.length, end));
    // Before anything is waited for: the next candle may come meanwhile.
    const deadMarket = this.silence.deadMarket();
    const silence = deadMarket === undefined ? [] : [describeDeadMarket(deadMarket)];
    const columns = this.#columnsAt(asOfMs);
    const novelFeatures = this.windowForecaster.findNovelFeatures(this.#values.subarray(end - features.length, end));
    const [scaledChange] = await this.windowForecaster.forecastWindows(inputs, signal);
    const forecast: CandleForecast = {
      asOfMs,
      lastClose,
      scaledChange,
      volatility,
      novelFeatures,
      warnings: [...silence, ...columns.warnings],
      holdReasons: [...silence, ...columns.holdReasons],
    };
    return { ...forecast, prediction: describePrediction(this.model, forecast, context), inputs };
  }

  #beginSegment(): void {
    this.#segment = new FeatureSegment(this.model.config.symbol, this.#options.features);
    this.#nextVolatility = createVolatilityStream(this.#options.horizonSteps);
    this.#volatility = Number.NaN;
    this.#rowsHeld = 0;
  }

  #takeCandle(series: CandleSeries, row: number): void {
    const { features, windowRows } = this.#options;
    const rowSize = features.length;
    if (this.#rowsHeld === 2 * windowRows) {
      this.#values.copyWithin(0, windowRows * rowSize);
      this.#isReady.copyWithin(0, windowRows);
      this.#rowsHeld = windowRows;
    }
    const candle = candleAt(series, row, this.#extraNames);
    const offset = this.#rowsHeld * rowSize;
    this.#values.fill(Number.NaN, offset, offset + rowSize);
    this.#isReady[this.#rowsHeld] = this.#segment.next(candle, this.#values, offset) ? 1 : 0;
    const volatility = this.#nextVolatility(candle);
    if (!Number.isNaN(volatility)) this.#volatility = volatility;
    this.silence.take(candle);
    this.#lastClose = candle.close;
    this.#rowsHeld += 1;
  }

  #isWindowReady(): boolean {
    const first = this.#rowsHeld - this.#options.windowRows;
    return (
      first >= 0 && this.#isReady.subarray(first, this.#rowsHeld).every(Boolean) && !Number.isNaN(this.#volatility)
    );
  }

  #tooFewCandles(): TradeAiError {
    const { symbol, interval } = this.model.config;
    const absent = this.#findAbsentFeatures();
    if (absent.length > 0) {
      return new TradeAiError(
        'COLUMN_INVALID',
        `${symbol} ${interval}: the newest window has no value of ${absent.join(', ')}`,
        { hint: 'bring the columns or the candles of the other symbol up to date, or raise maxAge of the column' },
      );
    }
    const { rowCount } = this.#segment;
    if (rowCount >= countWarmUpRows(this.#options)) {
      return new TradeAiError(
        'CANDLES_TOO_FEW',
        `${symbol} ${interval}: the price has not moved in ${counted(rowCount, 'candle')}: there is no volatility to forecast in`,
        { commandHint: 'look at the candles with `tradeai data check`: the pair may be delisted, or its feed dead' },
      );
    }
    return new TradeAiError(
      'CANDLES_TOO_FEW',
      `${symbol} ${interval}: ${countWarmUpRows(this.#options)} candles without a long gap are needed before a forecast, there are ${rowCount}`,
      { hint: 'bring a longer history' },
    );
  }

  /** Features whose further columns have nothing for them somewhere in a window that is warm otherwise. */
  #findAbsentFeatures(): string[] {
    const { features, windowRows } = this.#options;
    if (this.#segment.rowCount < countWarmUpRows(this.#options)) return [];
    const first = (this.#rowsHeld - windowRows) * features.length;
    const isAbsent = (f: number) =>
      Array.from({ length: windowRows }, (_, i) => this.#values[first + i * features.length + f]).some(Number.isNaN);
    return features.filter(({ extraNames }, f) => extraNames !== undefined && isAbsent(f)).map(({ name }) => name);
  }
}
