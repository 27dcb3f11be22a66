/**
 * What trading on the forecasts would have earned: the signal rule at the closes, costs per side, and what holding the
 * asset or entering at random would have earned over the same candles. How signals become positions: positions.ts.
 */

import { RANDOM_STREAM, Random } from '../core/random.js';
import { mean } from '../core/statistics.js';
import { decideSignal, type SignalOptions } from '../forecast/signal.js';
import type { Interval } from '../market/interval.js';
import type { Measured } from './measured.js';
import { collectPath, findTrades, holdSignals, holdThroughout, type PricePath } from './positions.js';
import { deflateSharpe, measureReturns, periodsPerYear } from './sharpe.js';
import {
  type EquityCurve,
  finalReturn,
  followPositions,
  measureDrawdown,
  measureStrategy,
  type StrategyOptions,
  type StrategyResult,
  sharpeOf,
} from './strategy.js';

/** Forecasts out of sample. T candles, N rows judged. */
export interface BacktestInput {
  /** Shape `[T]`. */
  readonly close: Float64Array;
  readonly interval: Interval;
  readonly horizonSteps: number;
  /** Shape `[N]`, ascending, each with a known outcome: its horizon lies in the candles, without a gap. */
  readonly rows: Int32Array;
  /** Shape `[N]`, over the horizon, as a fraction. */
  readonly predictedChange: Float64Array;
  /** Shape `[N]`, that the direction is right. */
  readonly confidence: Float64Array;
}

export interface BacktestOptions extends SignalOptions {
  readonly seed: number;
  /** Models and settings tried on these rows, this one included. */
  readonly trials: number;
  /** Resamples behind the intervals of the Sharpe ratios. */
  readonly resamples?: number;
  /** Random entries drawn. */
  readonly controls?: number;
  /** Costs of one side to try, in hundredths of a percent. */
  readonly costsTried?: readonly number[];
}

export interface Backtest {
  readonly costBpsPerSide: number;
  readonly trials: number;
  /** BUY holds the asset, SELL and HOLD hold nothing. */
  readonly longFlat: StrategyResult;
  /** SELL holds it short. */
  readonly longShort: StrategyResult;
  /** Chance that the true Sharpe ratio of `longFlat` is above 0, given the number of trials. */
  readonly deflatedSharpe: Measured<number>;
  /** Its Sharpe ratio is `null` where the price never moved. */
  readonly buyAndHold: { readonly netReturn: number; readonly sharpe: number | null; readonly maxDrawdown: number };
  readonly randomEntry: Measured<RandomEntry>;
  readonly costSensitivity: readonly CostLine[];
  /** Equity by the close it is reached at; 1 at the first close. */
  readonly equity: {
    /** Shape `[K]`: the candle at whose close the equity stands. */
    readonly candles: Int32Array;
    readonly net: Float64Array;
    readonly gross: Float64Array;
    readonly buyAndHold: Float64Array;
  };
}

/** Means over random entries, long/flat, with as much exposure and as many trades as the signals, at the same cost. */
export interface RandomEntry {
  readonly controls: number;
  readonly netReturn: number;
  readonly sharpe: number | null;
  /** Share of random entries that earned as much as the signals or more, these counted as one of them. */
  readonly pValue: number;
}

export interface CostLine {
  readonly costBps: number;
  /** With the signals of the configured cost. */
  readonly netReturn: number;
  /** `null` where nothing was held. */
  readonly sharpe: number | null;
  /** With the rule asked again at this cost. */
  readonly adapted: { readonly netReturn: number; readonly sharpe: number | null; readonly trades: number };
}

const DEFAULT_CONTROLS = 100;
const DEFAULT_COSTS_BPS = [0, 1, 2, 5, 10, 20, 30, 50];
/** Keeps these draws apart from others of the same seed. */
const SUBSTREAM = 0xba5e;

/**
 * Backtests the signal rule, long/flat and long/short.
 *
 * @example runBacktest(input, { costBpsPerSide: 10, minimumConfidence: 0.52, seed: 42, trials: 1 })
 */
export function runBacktest(input: BacktestInput, options: BacktestOptions): Backtest {
  const { rows, horizonSteps } = input;
  const { costBpsPerSide, seed, resamples, trials } = options;
  const path = collectPath(input.close, rows, horizonSteps);
  const periodsInYear = periodsPerYear(input.interval);
  const settings: StrategyOptions = { costBpsPerSide, periodsInYear, horizonSteps, seed, resamples };
  const signals = decideSignals(input, options);
  const longFlat = measureStrategy(path, holdSignals(path, rows, longOnly(signals), horizonSteps), settings);
  const longShort = measureStrategy(path, holdSignals(path, rows, signals, horizonSteps), settings);
  const hold = followPositions(path, holdThroughout(path), costBpsPerSide);
  return {
    costBpsPerSide,
    trials,
    longFlat,
    longShort,
    deflatedSharpe: deflate(longFlat, trials),
    buyAndHold: {
      netReturn: finalReturn(hold),
      sharpe: sharpeOf(hold, periodsInYear).value,
      maxDrawdown: measureDrawdown(hold.equity),
    },
    randomEntry: enterAtRandom(path, input, longOnly(signals), longFlat, settings, options.controls),
    costSensitivity: tryCosts(path, input, options, signals, periodsInYear),
    equity: {
      candles: path.candles.map((candle) => candle + 1),
      net: longFlat.net.equity,
      gross: longFlat.gross.equity,
      buyAndHold: hold.equity,
    },
  };
}

/**
 * Asks the signal rule for every row.
 *
 * @returns shape `[N]`: 1 BUY, −1 SELL, 0 HOLD
 */
export function decideSignals(
  { predictedChange, confidence }: Pick<BacktestInput, 'predictedChange' | 'confidence'>,
  options: SignalOptions,
): Int8Array {
  return Int8Array.from(predictedChange, (change, i) => {
    const { signal } = decideSignal(change, confidence[i], options);
    return signal === 'BUY' ? 1 : signal === 'SELL' ? -1 : 0;
  });
}

function longOnly(signals: Int8Array): Int8Array {
  return signals.map((signal) => Math.max(0, signal));
}

function deflate({ trades, net }: StrategyResult, trials: number): Measured<number> {
  if (trades === 0) return { value: null, reason: 'there were no trades' };
  const moments = measureReturns(net.returns);
  if (moments.value === null) return moments;
  const deflated = deflateSharpe(moments.value, trials);
  return deflated.value === null ? deflated : { value: deflated.value.probability };
}

/**
 * Moves the signals as a whole to a random place, wrapping around: the same lengths of trades and breaks, entered at
 * times that know nothing.
 */
function enterAtRandom(
  path: PricePath,
  { rows, horizonSteps }: BacktestInput,
  signals: Int8Array,
  strategy: StrategyResult,
  { costBpsPerSide, periodsInYear, seed }: StrategyOptions,
  controls = DEFAULT_CONTROLS,
): Measured<RandomEntry> {
  if (strategy.trades === 0) return { value: null, reason: 'there were no trades to enter at random' };
  if (signals.length < 2) return { value: null, reason: 'one row leaves no other time to enter at' };
  const random = new Random(seed, RANDOM_STREAM.simulation, SUBSTREAM);
  const curves: EquityCurve[] = Array.from({ length: controls }, () => {
    const shift = 1 + random.nextInteger(signals.length - 1);
    const moved = signals.map((_, i) => signals[(i + shift) % signals.length]);
    return followPositions(path, holdSignals(path, rows, moved, horizonSteps), costBpsPerSide);
  });
  const sharpes = curves.map((curve) => sharpeOf(curve, periodsInYear).value).filter((sharpe) => sharpe !== null);
  const returns = curves.map(finalReturn);
  const asGood = returns.filter((value) => value >= strategy.netReturn).length;
  return {
    value: {
      controls,
      netReturn: mean(returns),
      sharpe: sharpes.length > 0 ? mean(sharpes) : null,
      pValue: (1 + asGood) / (1 + controls),
    },
  };
}

function tryCosts(
  path: PricePath,
  input: BacktestInput,
  options: BacktestOptions,
  signals: Int8Array,
  periodsInYear: number,
): CostLine[] {
  const { rows, horizonSteps } = input;
  const costs = new Set([...(options.costsTried ?? DEFAULT_COSTS_BPS), options.costBpsPerSide]);
  const hold = (asked: Int8Array) => holdSignals(path, rows, longOnly(asked), horizonSteps);
  const fixed = hold(signals);
  return [...costs]
    .sort((a, b) => a - b)
    .map((costBps) => {
      const curve = followPositions(path, fixed, costBps);
      const adapted = hold(decideSignals(input, { ...options, costBpsPerSide: costBps }));
      const adaptedCurve = followPositions(path, adapted, costBps);
      return {
        costBps,
        netReturn: finalReturn(curve),
        sharpe: sharpeOf(curve, periodsInYear).value,
        adapted: {
          netReturn: finalReturn(adaptedCurve),
          sharpe: sharpeOf(adaptedCurve, periodsInYear).value,
          trades: findTrades(path, adapted).length,
        },
      };
    });
}
