/** Where candles come from. */

import type { CandleSeries } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';

export interface CandleRequest {
  readonly symbol: string;
  readonly interval: Interval;
  /** First open time wanted, inclusive; the start of history when absent. */
  readonly fromMs?: number;
  /** Open times stop before this; the present when absent. */
  readonly toMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (rowsDone: number, lastOpenTimeMs: number) => void;
  /** Told the exchange's time, UTC milliseconds, by a source that asks for it. */
  readonly onExchangeTime?: (timeMs: number) => void;
}

/** Closed candles from somewhere, oldest first. Pages arrive as they come, so that what came is not lost. */
export interface CandleSource {
  /** `binance`, `demo`, … the first folder below `data/candles/`. */
  readonly name: string;
  fetchCandles(request: CandleRequest): AsyncIterable<CandleSeries>;
  /** Tells that the candles of a series before `beforeMs` are stored: what was kept to go on after a kill may go. */
  forgetDownloads?(series: Pick<CandleSeries, 'symbol' | 'interval'>, beforeMs: number): Promise<void>;
}
