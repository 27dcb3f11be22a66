/**
 * A market made by a formula, with a known part of the next return predictable: the demo's exchange and the yardstick
 * against which training is measured.
 *
 * Standardised shocks z_t are Student-t with 5 degrees of freedom and unit variance. Their size follows GARCH(1,1)
 * (Bollerslev 1986, https://doi.org/10.1016/0304-4076(86)90063-1) with a daily season on top:
 *
 *     h_t = ω + α h_{t−1} z_{t−1}² + β h_{t−1}        σ_t = √h_t · season(hour of t)
 *     r_t = μ_{t−1} + σ_t z_t                         log return of candle t
 *     x_t = ρ x_{t−1} + a (|z_t| − E|z|) + b ε_t      log volume, busier when the price moves
 *
 * The planted part, known at the close of candle t:
 *
 *     u_t = (q_t + q_{t−1} + q_{t−2}) / √3, q_t = r_t / σ_t      the move of the last three candles
 *     v_t = x_t / sd(x)                                          how busy the candle was
 *     g_t = −tanh(u_t) · (c + tanh(2 v_t)) / sd                  unit variance
 *     μ_t = s · σ_{t+1} · g_t, s² = R² / (1 − R²)
 *
 * In words: after a busy candle the last move turns back, after a quiet one it goes on. A straight line over the same
 * features sees only the average reversal, the part that `c` makes (two fifths of the attainable R²); the rest needs
 * the product of a return and a volume. Nothing else in this market can be foretold but the size of the moves.
 */

import { RANDOM_STREAM, Random } from '../core/random.js';
import type { CandleSeries } from './candle-series.js';
import { INTERVAL_MS, type Interval } from './interval.js';

/**
 * The predictable share of the next return's variance in the demo. Real hourly markets have about 0.2 %, which takes
 * years of candles to show; 5 % shows within the demo's minute.
 */
export const DEMO_PLANTED_R2 = 0.05;

export interface SimulatedMarketOptions {
  readonly symbol: string;
  readonly interval: Interval;
  /** More rows with the same seed begin with the same rows, bit for bit. */
  readonly rowCount: number;
  readonly seed: number;
  readonly firstOpenTimeMs: number;
  /** Attainable R² of the next log return in volatility units, in [0, 1); 0 plants nothing. */
  readonly plantedR2: number;
}

export interface SimulatedMarket {
  readonly series: CandleSeries;
  /** Mean of the next candle's log return given everything up to the close of row t, shape `[rowCount]`. */
  readonly expectedLogReturn: Float64Array;
  /** Standard deviation of the next candle's log return around that mean, shape `[rowCount]`. */
  readonly expectedVolatility: Float64Array;
}

const FIRST_PRICE = 20_000;
/** Standard deviation of an hour's log return, about Bitcoin's. */
const HOURLY_VOLATILITY = 0.006;
const HOUR_MS = INTERVAL_MS['1h'];
const DAY_MS = INTERVAL_MS['1d'];

const GARCH_ALPHA = 0.05;
const GARCH_BETA = 0.93;
const SEASON_AMPLITUDE = 0.15;
const SEASON_PEAK_HOUR = 15;

const DEGREES_OF_FREEDOM = 5;
/** E|z| of Student-t scaled to unit variance: √(ν−2) Γ((ν−1)/2) / (√π Γ(ν/2)), for ν = 5. */
const MEAN_ABSOLUTE_SHOCK = 4 / (Math.sqrt(3) * Math.PI);

const VOLUME_PERSISTENCE = 0.7;
const VOLUME_OF_SHOCK = 0.35;
const VOLUME_NOISE = 0.25;
/** Base units an hour at x = 0. */
const HOURLY_VOLUME = 1_000;
/** sd(x) = √((a² (1 − E|z|²) + b²) / (1 − ρ²)). */
const VOLUME_DEVIATION = Math.sqrt(
  (VOLUME_OF_SHOCK ** 2 * (1 - MEAN_ABSOLUTE_SHOCK ** 2) + VOLUME_NOISE ** 2) / (1 - VOLUME_PERSISTENCE ** 2),
);

const MOVE_CANDLES = 3;
/** `c`: the part of the reversal that does not depend on volume. */
const AVERAGE_REVERSAL = 0.5;
/** Standard deviation of −tanh(u) (c + tanh(2v)) over 4 million candles at R² = 0.05; 0.628 at 0, 0.601 at 0.2. */
const PLANTED_DEVIATION = 0.6127;
/** Candles run before row 0, so that it starts like any other. */
const BURN_IN_ROWS = 500;
/** Binance gives 8 digits or so; the rounding is 10⁵ times smaller than a candle's move. */
const PRICE_DIGITS = 8;

/**
 * Makes a market of `rowCount` gapless candles. The open is the previous close; prices are positive and rounded to
 * eight digits; low ≤ open, close ≤ high.
 *
 * A small network on the default features finds about 0.8 of the attainable R² of 0.05 in 25,000 candles, 0.6 in 16,000
 * and no more than ridge's 0.45 in 8,000.
 *
 * @example
 * simulateMarket({ symbol: 'DEMO', interval: '1h', rowCount: 5000, seed: 1, firstOpenTimeMs: 0, plantedR2: 0.05 })
 */
export function simulateMarket(options: SimulatedMarketOptions): SimulatedMarket {
  const { symbol, interval, rowCount, seed, firstOpenTimeMs, plantedR2 } = options;
  const random = new Random(seed, RANDOM_STREAM.simulation);
  const lengthMs = INTERVAL_MS[interval];
  const baseVolatility = HOURLY_VOLATILITY * Math.sqrt(lengthMs / HOUR_MS);
  const baseVolume = (HOURLY_VOLUME * lengthMs) / HOUR_MS;
  const strength = Math.sqrt(plantedR2 / (1 - plantedR2));

  const openTimeMs = new Float64Array(rowCount);
  const open = new Float64Array(rowCount);
  const high = new Float64Array(rowCount);
  const low = new Float64Array(rowCount);
  const close = new Float64Array(rowCount);
  const volume = new Float64Array(rowCount);
  const expectedLogReturn = new Float64Array(rowCount);
  const expectedVolatility = new Float64Array(rowCount);

  let garchVariance = 1; // h_t in units of its long-run mean
  let volatility = baseVolatility * season(firstOpenTimeMs - BURN_IN_ROWS * lengthMs, lengthMs);
  let expected = 0; // μ_{t−1}
  let logVolume = 0; // x_t
  const moves = new Float64Array(MOVE_CANDLES); // q of the last candles, a ring
  let price = FIRST_PRICE;

  for (let row = -BURN_IN_ROWS; row < rowCount; row++) {
    const timeMs = firstOpenTimeMs + row * lengthMs;
    const shock = drawShock(random);
    const volumeNoise = random.nextNormal();
    const highWick = drawWick(random);
    const lowWick = drawWick(random);

    // the burn-in moves everything but the price, so that row 0 opens at the first price
    const logReturn = expected + volatility * shock;
    if (row >= 0) {
      openTimeMs[row] = timeMs;
      open[row] = price;
      price = roundPrice(price * Math.exp(logReturn));
      close[row] = price;
      high[row] = roundPrice(Math.max(open[row], price) * Math.exp(volatility * highWick));
      low[row] = roundPrice(Math.min(open[row], price) * Math.exp(-volatility * lowWick));
    }

    logVolume =
      VOLUME_PERSISTENCE * logVolume +
      VOLUME_OF_SHOCK * (Math.abs(shock) - MEAN_ABSOLUTE_SHOCK) +
      VOLUME_NOISE * volumeNoise;
    moves[(row + BURN_IN_ROWS) % MOVE_CANDLES] = logReturn / volatility;

    garchVariance = 1 - GARCH_ALPHA - GARCH_BETA + garchVariance * (GARCH_ALPHA * shock * shock + GARCH_BETA);
    volatility = baseVolatility * Math.sqrt(garchVariance) * season(timeMs + lengthMs, lengthMs);
    expected = strength * volatility * plantedState(moves, logVolume);

    if (row < 0) continue;
    volume[row] = Number((baseVolume * Math.exp(logVolume)).toPrecision(PRICE_DIGITS));
    expectedLogReturn[row] = expected;
    expectedVolatility[row] = volatility;
  }
  const series = { symbol, interval, openTimeMs, open, high, low, close, volume, extras: {} };
  return { series, expectedLogReturn, expectedVolatility };
}

/** g_t: mean 0, variance 1. */
function plantedState(moves: Float64Array, logVolume: number): number {
  let sum = 0;
  for (const move of moves) sum += move;
  const busyness = logVolume / VOLUME_DEVIATION;
  const raw = -Math.tanh(sum / Math.sqrt(MOVE_CANDLES)) * (AVERAGE_REVERSAL + Math.tanh(2 * busyness));
  return raw / PLANTED_DEVIATION;
}

/** Student-t with unit variance, by Bailey's polar method (1994, https://doi.org/10.2307/2153537). */
function drawShock(random: Random): number {
  for (;;) {
    const u = 2 * random.nextUniform() - 1;
    const v = 2 * random.nextUniform() - 1;
    const s = u * u + v * v;
    if (s === 0 || s >= 1) continue;
    const unitScale = Math.sqrt((DEGREES_OF_FREEDOM - 2) / DEGREES_OF_FREEDOM);
    return unitScale * u * Math.sqrt((DEGREES_OF_FREEDOM * (s ** (-2 / DEGREES_OF_FREEDOM) - 1)) / s);
  }
}

/** How far a wick goes beyond the body, in standard deviations of the candle: exponential, 0.3 in the mean. */
function drawWick(random: Random): number {
  return -0.3 * Math.log(1 - random.nextUniform());
}

/** Factor of the volatility by the hour the candle opens in; 1 for candles of a day and longer. */
function season(timeMs: number, lengthMs: number): number {
  if (lengthMs >= DAY_MS) return 1;
  const hour = (timeMs / HOUR_MS) % 24;
  return 1 + SEASON_AMPLITUDE * Math.cos((2 * Math.PI * (hour - SEASON_PEAK_HOUR)) / 24);
}

function roundPrice(price: number): number {
  return Number(price.toPrecision(PRICE_DIGITS));
}
