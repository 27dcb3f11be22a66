/** Candles as Binance writes them. */

import { type CandleSeries, rowCountOf } from '../../src/market/candle-series.js';
import { INTERVAL_MS } from '../../src/market/interval.js';

/** Twelve fields, as `GET /api/v3/klines` gives them; the open time first, the last millisecond seventh. */
export type Kline = readonly unknown[];

/** What the exchange adds to a series: number of trades, and what takers bought, in base and in quote units. */
const TRADES = 7;
const TAKER_SHARE = 0.5;

/** Row `row` of a series. */
export function klineAt(series: CandleSeries, row: number): Kline {
  const { openTimeMs, open, high, low, close, volume } = series;
  return klineOf(openTimeMs[row], INTERVAL_MS[series.interval], [
    open[row],
    high[row],
    low[row],
    close[row],
    volume[row],
  ]);
}

/** The klines of a series, and behind them the candle that is still open, if `withOpenCandle`. */
export function klinesOf(series: CandleSeries, withOpenCandle = true): Kline[] {
  const rows = Array.from(series.openTimeMs, (_, row) => klineAt(series, row));
  return withOpenCandle && rows.length > 0 ? [...rows, firstMomentAfter(series)] : rows;
}

/** The candle behind the last one of a series, as it looks when it has just opened. */
export function firstMomentAfter(series: CandleSeries): Kline {
  const last = rowCountOf(series) - 1;
  const lengthMs = INTERVAL_MS[series.interval];
  const price = series.close[last];
  return klineOf(series.openTimeMs[last] + lengthMs, lengthMs, [price, price, price, price, 0.5]);
}

/** Row `row` as it looks when `share` of its time is over. */
export function openKlineAt(series: CandleSeries, row: number, share: number): Kline {
  const { openTimeMs, open, high, low, close, volume } = series;
  const soFar = (price: number) => open[row] + (price - open[row]) * share;
  return klineOf(openTimeMs[row], INTERVAL_MS[series.interval], [
    open[row],
    soFar(high[row]),
    soFar(low[row]),
    soFar(close[row]),
    volume[row] * share,
  ]);
}

function klineOf(openTimeMs: number, lengthMs: number, values: readonly number[]): Kline {
  const [open, high, low, close, volume] = values.map((value) => value.toFixed(8));
  const quoteVolume = values[3] * values[4];
  return [
    openTimeMs,
    open,
    high,
    low,
    close,
    volume,
    openTimeMs + lengthMs - 1,
    quoteVolume.toFixed(8),
    TRADES,
    (values[4] * TAKER_SHARE).toFixed(8),
    (quoteVolume * TAKER_SHARE).toFixed(8),
    '0',
  ];
}
