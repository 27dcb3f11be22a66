import { expect, test } from 'vitest';
import { CANDLE_COLUMNS } from './candle-series.js';
import { DEMO_PLANTED_R2, type SimulatedMarketOptions, simulateMarket } from './simulated-market.js';

const OPTIONS: SimulatedMarketOptions = {
  symbol: 'DEMOUSDT',
  interval: '1h',
  rowCount: 2_000,
  seed: 7,
  firstOpenTimeMs: Date.UTC(2024, 0, 1),
  plantedR2: DEMO_PLANTED_R2,
};

/** Log returns of row t + 1, shape `[rowCount − 1]`. */
function nextLogReturns(close: Float64Array): Float64Array {
  return Float64Array.from({ length: close.length - 1 }, (_, row) => Math.log(close[row + 1] / close[row]));
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const count = a.length;
  let sumA = 0;
  let sumB = 0;
  for (let i = 0; i < count; i++) {
    sumA += a[i];
    sumB += b[i];
  }
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < count; i++) {
    const da = a[i] - sumA / count;
    const db = b[i] - sumB / count;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return ab / Math.sqrt(aa * bb);
}

test.each([0.02, DEMO_PLANTED_R2, 0.15])('the oracle reaches an R² of %f within a tenth', (plantedR2) => {
  const market = simulateMarket({ ...OPTIONS, rowCount: 200_000, plantedR2 });
  let error = 0;
  let total = 0;
  nextLogReturns(market.series.close).forEach((logReturn, row) => {
    const unit = market.expectedVolatility[row];
    error += ((logReturn - market.expectedLogReturn[row]) / unit) ** 2;
    total += (logReturn / unit) ** 2;
  });
  expect(Math.abs((1 - error / total) / plantedR2 - 1)).toBeLessThan(0.1);
});

test('a market with nothing planted expects no change and shows no autocorrelation', () => {
  const { series, expectedLogReturn } = simulateMarket({ ...OPTIONS, rowCount: 100_000, plantedR2: 0 });
  expect(expectedLogReturn.every((value) => value === 0)).toBe(true);
  const returns = nextLogReturns(series.close);
  for (const lag of [1, 2, 3, 24]) {
    expect(Math.abs(correlation(returns.subarray(lag), returns.subarray(0, -lag)))).toBeLessThan(0.02);
  }
});

test('the average reversal that a straight line can see is a part of what is planted, not all', () => {
  const { series, expectedLogReturn, expectedVolatility } = simulateMarket({ ...OPTIONS, rowCount: 100_000 });
  const move = Float64Array.from(series.close, (close, row) => Math.log(close / series.close[Math.max(0, row - 3)]));
  const scaled = expectedLogReturn.map((value, row) => value / expectedVolatility[row]);
  const share = correlation(move, scaled) ** 2;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.5);
});

test('returns have clustered volatility and fat tails, and busy candles move more', () => {
  const { series } = simulateMarket({ ...OPTIONS, rowCount: 100_000, plantedR2: 0 });
  const returns = nextLogReturns(series.close);
  const sizes = returns.map(Math.abs);
  const variance = returns.reduce((sum, value) => sum + value * value, 0) / returns.length;
  const fourth = returns.reduce((sum, value) => sum + value ** 4, 0) / returns.length;
  expect(Math.sqrt(variance)).toBeGreaterThan(0.005);
  expect(Math.sqrt(variance)).toBeLessThan(0.0075);
  expect(fourth / variance ** 2).toBeGreaterThan(5);
  expect(correlation(sizes.subarray(24), sizes.subarray(0, -24))).toBeGreaterThan(0.05);
  expect(correlation(sizes, series.volume.subarray(1).map(Math.log))).toBeGreaterThan(0.3);
});

test('a longer market begins with the shorter one, bit for bit', () => {
  const short = simulateMarket(OPTIONS);
  const long = simulateMarket({ ...OPTIONS, rowCount: OPTIONS.rowCount + 333 });
  for (const column of CANDLE_COLUMNS) {
    expect(long.series[column].slice(0, OPTIONS.rowCount)).toEqual(short.series[column]);
  }
  expect(long.expectedLogReturn.slice(0, OPTIONS.rowCount)).toEqual(short.expectedLogReturn);
  expect(simulateMarket({ ...OPTIONS, seed: 8 }).series.close).not.toEqual(short.series.close);
});

test.each(['1m', '1h', '1d'] as const)('%s candles are consistent, gapless and positive', (interval) => {
  const { series } = simulateMarket({ ...OPTIONS, interval });
  const lengthMs = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 }[interval];
  for (let row = 0; row < OPTIONS.rowCount; row++) {
    const [open, high, low, close] = [series.open[row], series.high[row], series.low[row], series.close[row]];
    expect(series.openTimeMs[row]).toBe(OPTIONS.firstOpenTimeMs + row * lengthMs);
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThanOrEqual(Math.min(open, close));
    expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
    expect(series.volume[row]).toBeGreaterThan(0);
    expect(Number(close.toPrecision(8))).toBe(close);
    if (row > 0) expect(open).toBe(series.close[row - 1]);
  }
});

test('nearly every candle has an upper wick', () => {
  const { series } = simulateMarket(OPTIONS);
  const withWick = series.high.filter((high, row) => high > Math.max(series.open[row], series.close[row]));
  expect(withWick.length).toBeGreaterThan(0.95 * OPTIONS.rowCount);
});
