/** What holding positions earns after costs. K candle steps. */

import { mean } from '../core/statistics.js';
import { type BootstrapInterval, bootstrapSharpe } from './bootstrap.js';
import { type Measured, measured, undefinedBecause } from './measured.js';
import { findTrades, type Positions, type PricePath } from './positions.js';
import { measureReturns } from './sharpe.js';

export interface EquityCurve {
  /** Shape `[K]`: gain of each step as a fraction of the equity before it. */
  readonly returns: Float64Array;
  /** Shape `[K]`: equity after each step; 1 at the start, 0 for ever once it is lost. */
  readonly equity: Float64Array;
}

/** Positions that earned something, and how surely. A metric that cannot be computed is `null`, with why in `reasons`. */
export interface StrategyResult {
  /** Compounded, after costs and before, as fractions. */
  readonly netReturn: number;
  readonly grossReturn: number;
  /** Annualised, of the net returns. */
  readonly sharpe: number | null;
  readonly sharpeCi95: readonly [low: number, high: number] | null;
  /** Deepest fall of the net equity from its peak, as a fraction. */
  readonly maxDrawdown: number;
  /** Positions held in one direction. */
  readonly trades: number;
  /** Share of trades that gained after costs. */
  readonly winRate: number | null;
  /** Gains over losses of the trades, after costs. */
  readonly profitFactor: number | null;
  /** Sum of exposure bought and sold: 2 for the whole capital in and out. */
  readonly turnover: number;
  /** Share of steps with a position. */
  readonly exposure: number;
  /** Cost of one side, in hundredths of a percent, at which the net return is 0 with these positions. */
  readonly breakEvenCostBps: number | null;
  readonly net: EquityCurve;
  readonly gross: EquityCurve;
  readonly reasons: Readonly<Record<string, string>>;
}

export interface StrategyOptions {
  readonly costBpsPerSide: number;
  readonly periodsInYear: number;
  readonly horizonSteps: number;
  readonly seed: number;
  /** Resamples behind the interval of the Sharpe ratio. */
  readonly resamples?: number;
}

/** Measures positions over a path. */
export function measureStrategy(path: PricePath, positions: Positions, options: StrategyOptions): StrategyResult {
  const { costBpsPerSide, periodsInYear } = options;
  const net = followPositions(path, positions, costBpsPerSide);
  const gross = followPositions(path, positions, 0);
  const trades = findTrades(path, positions);
  const reasons: Record<string, string> = {};
  const take = <T>(name: string, result: Measured<T>): T | null => {
    if (result.reason !== undefined) reasons[name] = result.reason;
    return result.value;
  };
  const unlessIdle = <T>(compute: () => Measured<T>): Measured<T> => {
    return trades.length === 0 ? undefinedBecause('there were no trades') : compute();
  };
  const gains = trades.map((trade) => measureTrade(path, positions, trade, costBpsPerSide));
  const interval = unlessIdle<BootstrapInterval>(() =>
    bootstrapSharpe(net.returns, periodsInYear, {
      seed: options.seed,
      resamples: options.resamples,
      minimumBlockRows: Math.max(5, options.horizonSteps),
    }),
  );
  const ci95 = take('sharpeCi95', interval);
  return {
    netReturn: finalReturn(net),
    grossReturn: finalReturn(gross),
    sharpe: take(
      'sharpe',
      unlessIdle(() => sharpeOf(net, periodsInYear)),
    ),
    sharpeCi95: ci95 && [ci95.low, ci95.high],
    maxDrawdown: measureDrawdown(net.equity),
    trades: trades.length,
    winRate: take(
      'winRate',
      unlessIdle(() => measured(gains.filter((gain) => gain > 0).length / gains.length)),
    ),
    profitFactor: take(
      'profitFactor',
      unlessIdle(() => measureProfitFactor(gains)),
    ),
    turnover: positions.traded.reduce((sum, traded) => sum + traded, 0),
    exposure: positions.exposure.length > 0 ? mean(positions.exposure.map((held) => (held === 0 ? 0 : 1))) : 0,
    breakEvenCostBps: take(
      'breakEvenCostBps',
      unlessIdle(() => solveBreakEvenCostBps(path, positions)),
    ),
    net,
    gross,
    reasons,
  };
}

/** Compounds the gains of positions: exposure times move, less the cost of what was traded. */
export function followPositions(
  { moves }: PricePath,
  { exposure, traded }: Positions,
  costBpsPerSide: number,
): EquityCurve {
  const costRate = costBpsPerSide / 10_000;
  const returns = new Float64Array(moves.length);
  const equity = new Float64Array(moves.length);
  let value = 1;
  for (let i = 0; i < moves.length; i++) {
    // What is lost cannot be lost again: a short position can lose more than there is, an account cannot.
    if (value > 0) returns[i] = Math.max(-1, exposure[i] * moves[i] - costRate * traded[i]);
    value *= 1 + returns[i];
    equity[i] = value;
  }
  return { returns, equity };
}

export function finalReturn({ equity }: EquityCurve): number {
  return equity.length > 0 ? equity[equity.length - 1] - 1 : 0;
}

export function sharpeOf({ returns }: EquityCurve, periodsInYear: number): Measured<number> {
  const moments = measureReturns(returns);
  return moments.value === null ? moments : measured(moments.value.sharpe * Math.sqrt(periodsInYear));
}

/** The deepest fall from a peak, the start included, as a fraction of the peak. */
export function measureDrawdown(equity: Float64Array): number {
  let peak = 1;
  let deepest = 0;
  for (const value of equity) {
    peak = Math.max(peak, value);
    deepest = Math.max(deepest, 1 - value / peak);
  }
  return deepest;
}

/**
 * Solves for the cost of one side at which the compounded net return is 0. The positions are held fixed: the rule
 * itself would trade less at a higher cost. Negative where the positions lose before costs: what the exchange would
 * have to pay per trade.
 *
 * Σ ln(1 + exposure · move − cost · traded) falls with the cost, from above 0 to −∞ at the cost that loses everything
 * in one step; bisection between the two.
 */
export function solveBreakEvenCostBps({ moves }: PricePath, { exposure, traded }: Positions): Measured<number> {
  const growth = exposure.map((held, i) => 1 + held * moves[i]);
  if (growth.some((factor) => factor <= 0)) return undefinedBecause('the capital was lost in one step, at any cost');
  const costly = Array.from(traded.keys()).filter((i) => traded[i] > 0);
  if (costly.length === 0) return undefinedBecause('nothing was traded');
  const untouched = growth.reduce((sum, factor, i) => (traded[i] > 0 ? sum : sum + Math.log(factor)), 0);
  const logReturn = (cost: number) => {
    return costly.reduce((sum, i) => sum + Math.log(Math.max(0, growth[i] - cost * traded[i])), untouched);
  };
  let high = costly.reduce((least, i) => Math.min(least, growth[i] / traded[i]), Number.POSITIVE_INFINITY);
  let low = 0;
  for (let width = high; logReturn(low) < 0; width *= 2) low -= width;
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (high - low < 1e-15) break;
    if (logReturn(middle) > 0) low = middle;
    else high = middle;
  }
  return measured(((low + high) / 2) * 10_000);
}

/** What one trade gained, its own way in and out paid. */
function measureTrade(
  { moves }: PricePath,
  { exposure }: Positions,
  { start, end }: { start: number; end: number },
  costBpsPerSide: number,
): number {
  let value = 1;
  for (let i = start; i < end; i++) {
    const entered = Math.abs(exposure[i] - (i > start ? exposure[i - 1] : 0));
    const left = i === end - 1 ? Math.abs(exposure[i]) : 0;
    value *= 1 + exposure[i] * moves[i] - (costBpsPerSide / 10_000) * (entered + left);
  }
  return value - 1;
}

function measureProfitFactor(gains: readonly number[]): Measured<number> {
  const total = (sign: number) => gains.reduce((sum, gain) => sum + Math.max(0, sign * gain), 0);
  const losses = total(-1);
  return losses > 0 ? measured(total(1) / losses) : undefinedBecause('no trade lost: there is nothing to divide by');
}
