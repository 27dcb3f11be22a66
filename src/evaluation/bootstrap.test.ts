import { describe, expect, test } from 'vitest';
import { processorMs } from '../../test/support/processor-time.js';
import { correlation } from '../core/statistics.js';
import { bootstrapIc, bootstrapSharpe, chooseBlockRows, resampleMeans } from './bootstrap.js';
import { measureReturns } from './sharpe.js';

/** A series that Python can build as well: ((a t + 31 t² mod 1009) mod 997) / 997 − 0.5. */
function noise(a: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, t) => ((t * a + ((t * t * 31) % 1009)) % 997) / 997 - 0.5);
}

function autoregress(phi: number, shocks: Float64Array): Float64Array {
  let last = 0;
  return shocks.map((shock) => {
    last = shock + phi * last;
    return last;
  });
}

function overlap(values: Float64Array, h: number): Float64Array {
  return values.map((_, i) => values.slice(Math.max(0, i - h + 1), i + 1).reduce((sum, value) => sum + value, 0));
}

describe('the block length', () => {
  // arch 8.0.0, optimal_block_length(x), column `stationary`
  // (https://bashtage.github.io/arch/bootstrap/generated/arch.bootstrap.optimal_block_length.html)
  test.each([
    ['autoregressive 0.7', autoregress(0.7, noise(7919, 500)), 19.46930357810257],
    ['autoregressive 0.95', autoregress(0.95, noise(7919, 900)), 43.734411044620664],
    ['autoregressive −0.6', autoregress(-0.6, noise(7919, 400)), 9.571244625807577],
    ['sums over 4', overlap(noise(104729, 300), 4), 6.3434326115188595],
    ['sums over 24', overlap(noise(104729, 900), 24), 26.809396815417603],
  ])('agrees with the arch package: %s', (_, values, expected) => {
    expect(chooseBlockRows(values)).toBeCloseTo(expected, 10);
  });

  test('is 1 where rows are independent', () => {
    // arch says 0.178; a block has a row at least
    expect(chooseBlockRows(noise(7919, 200))).toBe(1);
  });
});

describe('the interval', () => {
  const driver = autoregress(0.8, noise(7919, 400));
  const disturbance = autoregress(0.8, noise(104729, 400));
  const outcomes = driver.map((value, i) => 0.3 * value + disturbance[i]);
  const returns = autoregress(0.5, noise(7919, 400)).map((value) => 0.01 * value + 0.0004);

  // arch 8.0.0: StationaryBootstrap(blockRows, …, seed=1).conf_int(statistic, 20000, method='percentile'); an
  // end of the interval then varies by about a hundredth of its width from seed to seed
  test.each([
    [1, 0.18402753, 0.37094341],
    [15, 0.13330196, 0.41240743],
  ])('of the IC agrees with the arch package, blocks of %i', (blockRows, low, high) => {
    const { value } = bootstrapIc(driver, outcomes, { seed: 5, resamples: 10_000, blockRows });
    expect(Math.abs(value!.low - low)).toBeLessThan(0.025 * (high - low));
    expect(Math.abs(value!.high - high)).toBeLessThan(0.025 * (high - low));
  });

  test.each([
    [1, -0.06726574, 3.69545304],
    [8, -1.38636582, 5.10919739],
  ])('of the Sharpe ratio agrees with the arch package, blocks of %i', (blockRows, low, high) => {
    const { value } = bootstrapSharpe(returns, 365, { seed: 5, resamples: 10_000, blockRows });
    expect(Math.abs(value!.low - low)).toBeLessThan(0.025 * (high - low));
    expect(Math.abs(value!.high - high)).toBeLessThan(0.025 * (high - low));
  });

  test('holds the estimate, and is the same for the same seed', () => {
    const ic = bootstrapIc(driver, outcomes, { seed: 1 }).value!;
    expect(ic.low).toBeLessThan(correlation(driver, outcomes)!);
    expect(ic.high).toBeGreaterThan(correlation(driver, outcomes)!);
    const sharpe = bootstrapSharpe(returns, 8760, { seed: 1 }).value!;
    const estimate = measureReturns(returns).value!.sharpe * Math.sqrt(8760);
    expect(sharpe.low).toBeLessThan(estimate);
    expect(sharpe.high).toBeGreaterThan(estimate);
    expect(bootstrapIc(driver, outcomes, { seed: 1 }).value).toEqual(ic);
    expect(bootstrapIc(driver, outcomes, { seed: 2 }).value).not.toEqual(ic);
  });

  test('has blocks no shorter than asked', () => {
    const { value } = bootstrapIc(noise(7919, 300), noise(31, 300), { seed: 1, minimumBlockRows: 24 });
    expect(value!.blockRows).toBe(24);
  });

  test.each([
    ['flat scores', new Float64Array(50).fill(0.1), noise(31, 50), 'the scores do not vary'],
    ['flat outcomes', noise(31, 50), new Float64Array(50), 'the outcomes do not vary'],
    ['few rows', noise(31, 9), noise(7919, 9), '10 rows are needed for an interval, there are 9'],
  ])('is undefined, with the reason, for %s', (_, scores, outcome, reason) => {
    const result = bootstrapIc(scores, outcome, { seed: 1 });
    expect(result.value).toBeNull();
    expect(result.reason).toContain(reason);
  });

  test('is undefined for returns of which one alone is not 0', () => {
    const lonely = new Float64Array(200);
    lonely[77] = 0.01;
    expect(bootstrapSharpe(lonely, 365, { seed: 1 }).reason).toContain('the rows that differ are too few');
    expect(bootstrapSharpe(new Float64Array(200), 365, { seed: 1 }).value).toBeNull();
  });
});

test('a block costs the same whatever its length', () => {
  const column = noise(37, 22_000);
  const costOf = (blockRows: number) =>
    processorMs(() => resampleMeans([column], { seed: 1, resamples: 100, blockRows }));
  expect(costOf(100)).toBeLessThan(costOf(1) / 5);
});

test('a resample of a constant is the constant, whatever the blocks', () => {
  for (const blockRows of [1, 7, 80]) {
    const means = resampleMeans([new Float64Array(100).fill(2)], { seed: 3, resamples: 20, blockRows });
    expect([...means].every((value) => Math.abs(value - 2) < 1e-12)).toBe(true);
  }
});
