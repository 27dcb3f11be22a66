import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { decideSignal } from '../forecast/signal.js';
import { simulateMarket } from '../market/simulated-market.js';
import { type BacktestInput, type BacktestOptions, decideSignals, runBacktest } from './backtest.js';

const options: BacktestOptions = { costBpsPerSide: 10, minimumConfidence: 0.52, seed: 3, trials: 1, resamples: 50 };
const free: BacktestOptions = { ...options, costBpsPerSide: 0, minimumConfidence: 0.5 };

const rowCount = 1_500;
const { series, expectedLogReturn } = simulateMarket({
  symbol: 'TESTUSDT',
  interval: '1h',
  rowCount,
  seed: 11,
  firstOpenTimeMs: Date.UTC(2024, 0, 1),
  plantedR2: 0.05,
});
const rows = Int32Array.from({ length: rowCount - 200 }, (_, i) => 150 + i);

/** The best forecasts there can be of the simulated market. */
function knowing(close = series.close, horizonSteps = 1): BacktestInput {
  const predictedChange = Float64Array.from(rows, (row) => Math.expm1(expectedLogReturn[row]));
  const confidence = new Float64Array(rows.length).fill(0.55);
  return { close, interval: '1h', horizonSteps, rows, predictedChange, confidence };
}

/** The closes that the same moves after row 150 make in another order. */
function permuteMoves(seed: number): Float64Array {
  const order = new Random(seed, RANDOM_STREAM.test).shuffle(
    Int32Array.from({ length: rowCount - 151 }, (_, i) => 150 + i),
  );
  const close = series.close.slice();
  for (const [i, from] of order.entries())
    close[151 + i] = close[150 + i] * (series.close[from + 1] / series.close[from]);
  return close;
}

describe('a backtest without costs', () => {
  test('long/flat earns the sum of the log returns held, exactly', () => {
    const input = knowing();
    const { longFlat } = runBacktest(input, free);
    const held = Array.from(rows).filter((_, i) => input.predictedChange[i] > 0);
    const sum = held.reduce((total, row) => total + Math.log(series.close[row + 1] / series.close[row]), 0);
    expect(Math.log1p(longFlat.netReturn)).toBeCloseTo(sum, 11);
    expect(longFlat.netReturn).toBe(longFlat.grossReturn);
    expect(longFlat.exposure).toBeCloseTo(held.length / rows.length, 12);
  });

  test('long/short earns the product of what each side earned', () => {
    const input = knowing();
    const { longShort } = runBacktest(input, free);
    let product = 1;
    for (const [i, row] of rows.entries()) {
      product *= 1 + Math.sign(input.predictedChange[i]) * (series.close[row + 1] / series.close[row] - 1);
    }
    expect(longShort.grossReturn).toBeCloseTo(product - 1, 9);
  });

  test('knows the planted edge, and none once the targets are permuted', () => {
    const logReturnOf = (close: Float64Array) =>
      Math.log1p(runBacktest(knowing(close), { ...free, controls: 1, costsTried: [] }).longShort.grossReturn);
    const permuted = Array.from({ length: 20 }, (_, seed) => logReturnOf(permuteMoves(seed)));
    const center = permuted.reduce((sum, value) => sum + value, 0) / permuted.length;
    const deviation = Math.sqrt(
      permuted.reduce((sum, value) => sum + (value - center) ** 2, 0) / (permuted.length - 1),
    );
    expect(Math.abs(center)).toBeLessThan((3 * deviation) / Math.sqrt(permuted.length));
    expect(logReturnOf(series.close)).toBeGreaterThan(center + 4 * deviation);
  });
});

describe('the rule', () => {
  test('is the one of live forecasts', () => {
    const changes = [0.0021, -0.0021, 0.0021, 0.002, 0.0001, -0.003];
    const confidences = [0.55, 0.55, 0.51, 0.55, 0.9, 0.52];
    const signals = decideSignals(
      { predictedChange: Float64Array.from(changes), confidence: Float64Array.from(confidences) },
      options,
    );
    expect([...signals]).toEqual([1, -1, 0, 0, 0, -1]);
    const words = changes.map((change, i) => decideSignal(change, confidences[i], options).signal);
    expect(words).toEqual(['BUY', 'SELL', 'HOLD', 'HOLD', 'HOLD', 'SELL']);
  });

  test('is asked again at every cost of the table, beside the signals held fixed', () => {
    const { costSensitivity, longFlat } = runBacktest(knowing(), {
      ...options,
      costBpsPerSide: 3,
      costsTried: [0, 3, 10, 200],
    });
    expect(costSensitivity.map(({ costBps }) => costBps)).toEqual([0, 3, 10, 200]);
    const [none, configured, , high] = costSensitivity;
    expect(configured).toMatchObject({ netReturn: longFlat.netReturn, sharpe: longFlat.sharpe });
    expect(configured.adapted).toMatchObject({ netReturn: longFlat.netReturn, trades: longFlat.trades });
    expect(none.netReturn).toBe(longFlat.grossReturn);
    expect(none.adapted.trades).toBeGreaterThan(longFlat.trades);
    expect(high.adapted).toEqual({ netReturn: 0, sharpe: null, trades: 0 });
    const fixed = costSensitivity.map(({ netReturn }) => netReturn);
    expect(fixed).toEqual([...fixed].sort((a, b) => b - a));
  });
});

describe('the controls', () => {
  test('hold the asset over the same candles', () => {
    const { buyAndHold, equity } = runBacktest(knowing(), { ...options, costBpsPerSide: 0 });
    const last = rows[rows.length - 1];
    expect(1 + buyAndHold.netReturn).toBeCloseTo(series.close[last + 1] / series.close[rows[0]], 11);
    expect([equity.candles[0], equity.candles.at(-1)]).toEqual([rows[0] + 1, last + 1]);
    expect(equity.net.length).toBe(equity.candles.length);
  });

  test('enter at random as often, for as long, and earn less than who knows', () => {
    const { randomEntry, longFlat } = runBacktest(knowing(), free);
    expect(randomEntry.value).toMatchObject({ controls: 100 });
    expect(randomEntry.value!.netReturn).toBeLessThan(longFlat.netReturn);
    expect(randomEntry.value!.pValue).toBeLessThan(0.05);
    expect(runBacktest(knowing(), free).randomEntry).toEqual(randomEntry);
  });

  test('earn what the signals earn where these know nothing', () => {
    const pValues = Array.from({ length: 20 }, (_, seed) => {
      return runBacktest(knowing(permuteMoves(seed)), { ...free, controls: 40, costsTried: [] }).randomEntry.value!
        .pValue;
    });
    const average = pValues.reduce((sum, value) => sum + value, 0) / pValues.length;
    // Uniform p-values: 20 of them average 0.5 with a standard error of 0.065.
    expect(Math.abs(average - 0.5)).toBeLessThan(0.2);
  });
});

test('a longer horizon is held in sleeves', () => {
  const { longFlat } = runBacktest(knowing(series.close, 4), free);
  expect(longFlat.net.equity.length).toBe(rows.length + 3);
  expect(longFlat.turnover).toBeLessThan(runBacktest(knowing(), free).longFlat.turnover / 3);
});

test('more trials deflate the Sharpe ratio', () => {
  const chance = (trials: number) => runBacktest(knowing(), { ...free, trials }).deflatedSharpe.value!;
  expect(chance(10)).toBeLessThan(chance(1));
  expect(chance(1)).toBeGreaterThan(0.9);
});

test('without a trade everything that needs one is null, with why', () => {
  const { longFlat, deflatedSharpe, randomEntry, buyAndHold } = runBacktest(knowing(), {
    ...options,
    costBpsPerSide: 500,
  });
  expect(longFlat).toMatchObject({ trades: 0, netReturn: 0, sharpe: null, sharpeCi95: null, breakEvenCostBps: null });
  expect(longFlat.reasons['sharpe']).toBe('there were no trades');
  expect(deflatedSharpe).toEqual({ value: null, reason: 'there were no trades' });
  expect(randomEntry.reason).toBe('there were no trades to enter at random');
  expect(buyAndHold.sharpe).not.toBeNull();
});
