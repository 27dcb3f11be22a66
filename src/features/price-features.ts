/**
 * Features of price alone: returns, ranges, volatility, and indicators: the recursive ones from `trading-signals`, those
 * of a window with its arithmetic but without its array a row.
 */

import { ATR, EMA, MACD, RSI } from 'trading-signals';
import type { Candle } from '../market/candle-series.js';
import type { Feature, FeatureStream } from './feature.js';
import { RollingWindow } from './rolling-window.js';

/**
 * Recursive averages (EMA, Wilder) never quite forget where they began; after this many times their length the
 * beginning weighs less than 0.04 % for an EMA and 2 % for Wilder's.
 */
const RECURSIVE_WARM_UP_FACTOR = 4;

/** One-candle log returns: close over previous close; NaN at the first candle. */
export function logReturns(): FeatureStream {
  let previousClose = Number.NaN;
  return ({ close }) => {
    const value = Math.log(close / previousClose);
    previousClose = close;
    return value;
  };
}

export function returnOver(rows: number): Feature {
  return {
    name: `return_${rows}`,
    description: `log return over ${rows} candles, divided by √${rows}`,
    warmUpRows: rows + 1,
    createStream() {
      const closes = new RollingWindow(rows + 1);
      return ({ close }) => {
        closes.push(close);
        return closes.isFull ? Math.log(close / closes.oldest()) / Math.sqrt(rows) : Number.NaN;
      };
    },
  };
}

export function scaledReturnOver(rows: number): Feature {
  const scale = volatilityOver(SCALE_ROWS);
  const change = returnOver(rows);
  return {
    name: `scaled_return_${rows}`,
    description: `return_${rows} divided by volatility_${SCALE_ROWS}; 0 where the price did not move`,
    warmUpRows: Math.max(scale.warmUpRows, change.warmUpRows),
    createStream() {
      const nextScale = scale.createStream();
      const nextChange = change.createStream();
      return (candle) => ratioOrZero(nextChange(candle), nextScale(candle));
    },
  };
}

/** The volatility that scaled returns and the target are measured in. */
const SCALE_ROWS = 168;

export function volatilityOver(rows: number): Feature {
  return {
    name: `volatility_${rows}`,
    description: `standard deviation of the last ${rows} one-candle log returns`,
    warmUpRows: rows + 1,
    createStream() {
      const returns = new RollingWindow(rows);
      const nextReturn = logReturns();
      return (candle) => {
        const value = nextReturn(candle);
        if (!Number.isNaN(value)) returns.push(value);
        return returns.isFull ? returns.standardDeviation() : Number.NaN;
      };
    },
  };
}

export function volatilityRatio(rows: number): Feature {
  const short = volatilityOver(rows);
  const long = volatilityOver(SCALE_ROWS);
  return {
    name: `volatility_ratio_${rows}`,
    description: `log of volatility_${rows} over volatility_${SCALE_ROWS}; 0 where the price did not move`,
    warmUpRows: Math.max(short.warmUpRows, long.warmUpRows),
    createStream() {
      const nextShort = short.createStream();
      const nextLong = long.createStream();
      return (candle) => {
        const ratio = ratioOrZero(nextShort(candle), nextLong(candle));
        return ratio === 0 ? 0 : Math.log(ratio);
      };
    },
  };
}

export const range: Feature = {
  name: 'range',
  description: 'log of high over low',
  warmUpRows: 1,
  createStream: () => (candle) => Math.log(candle.high / candle.low),
};

export const closeInRange: Feature = {
  name: 'close_in_range',
  description: 'where the close lies between low (0) and high (1); ½ when they are equal',
  warmUpRows: 1,
  createStream: () => (candle) =>
    candle.high === candle.low ? 0.5 : (candle.close - candle.low) / (candle.high - candle.low),
};

export function rsi(rows: number): Feature {
  return {
    name: `rsi_${rows}`,
    description: `relative strength index of ${rows} candles (Wilder), 0 to 100`,
    warmUpRows: RECURSIVE_WARM_UP_FACTOR * rows + 1,
    createStream() {
      const indicator = new RSI(rows);
      return ({ close }) => indicator.add(close) ?? Number.NaN;
    },
  };
}

const MACD_ROWS = { short: 12, long: 26, signal: 9 };

function macdStream(pick: (result: { macd: number; histogram: number }) => number): FeatureStream {
  const { short, long, signal } = MACD_ROWS;
  const indicator = new MACD(new EMA(short), new EMA(long), new EMA(signal));
  return ({ close }) => {
    const result = indicator.add(close);
    return result === null ? Number.NaN : pick(result) / close;
  };
}

const MACD_WARM_UP_ROWS = RECURSIVE_WARM_UP_FACTOR * MACD_ROWS.long;

export const macd: Feature = {
  name: 'macd',
  description: 'MACD line (12, 26) over the close',
  warmUpRows: MACD_WARM_UP_ROWS,
  createStream: () => macdStream((result) => result.macd),
};

export const macdHistogram: Feature = {
  name: 'macd_histogram',
  description: 'MACD line minus its signal (12, 26, 9) over the close',
  warmUpRows: MACD_WARM_UP_ROWS + MACD_ROWS.signal,
  createStream: () => macdStream((result) => result.histogram),
};

export function smaDistance(rows: number): Feature {
  return {
    name: `sma_${rows}`,
    description: `log of the close over its simple moving average of ${rows} candles`,
    warmUpRows: rows,
    createStream() {
      const closes = new RollingWindow(rows);
      return ({ close }) => {
        closes.push(close);
        return closes.isFull ? Math.log(close / closes.mean()) : Number.NaN;
      };
    },
  };
}

export function emaDistance(rows: number): Feature {
  return {
    name: `ema_${rows}`,
    description: `log of the close over its exponential moving average of ${rows} candles`,
    warmUpRows: RECURSIVE_WARM_UP_FACTOR * rows,
    createStream() {
      const indicator = new EMA(rows);
      return ({ close }) => Math.log(close / (indicator.add(close) ?? Number.NaN));
    },
  };
}

export function atr(rows: number): Feature {
  return {
    name: `atr_${rows}`,
    description: `average true range of ${rows} candles (Wilder) over the close`,
    warmUpRows: RECURSIVE_WARM_UP_FACTOR * rows + 1,
    createStream() {
      const indicator = new ATR(rows);
      return ({ high, low, close }: Candle) => (indicator.add({ high, low, close }) ?? Number.NaN) / close;
    },
  };
}

const BOLLINGER_DEVIATIONS = 2;

export function bollinger(rows: number): Feature {
  return {
    name: `bollinger_${rows}`,
    description: `where the close lies between the Bollinger bands of ${rows} candles, −1 lower to 1 upper; 0 when they meet`,
    warmUpRows: rows,
    createStream() {
      const closes = new RollingWindow(rows);
      return ({ close }) => {
        closes.push(close);
        if (!closes.isFull) return Number.NaN;
        const middle = closes.mean();
        const upper = middle + closes.populationDeviation() * BOLLINGER_DEVIATIONS;
        return ratioOrZero(close - middle, upper - middle);
      };
    },
  };
}

/** a / b, 0 where b is 0; NaN passes through. */
export function ratioOrZero(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}
