import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MARKET_DATA, needsMarketData } from '../../test/support/needs.js';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { intervalStateSchema, startInterval, trackIntervals, updatePredictionInterval } from './conformal.js';

function coverageOf(halfWidths: Float64Array, errors: Float64Array): number {
  return errors.filter((error, i) => error <= halfWidths[i]).length / errors.length;
}

const random = new Random(3, RANDOM_STREAM.test);
const normals = Float64Array.from({ length: 12_000 }, () => random.nextNormal());
const zeros = new Float64Array(normals.length);

describe('the first interval', () => {
  test('has the rank of split conformal prediction', () => {
    const errors = Float64Array.of(0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6, 0.4, 0.5);
    // ⌈10 · 0.8⌉ = 8 of 9: the second largest
    const state = startInterval(new Float64Array(9), errors, { horizonSteps: 4 });
    expect(state).toMatchObject({ level: 0.8, halfWidth: 0.8, step: 0.0125 });
    expect(startInterval(new Float64Array(3), errors.slice(0, 3), { horizonSteps: 1 }).halfWidth).toBe(0.9);
    expect(intervalStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  test('covers the next outcome at its level: normal errors', () => {
    const { halfWidth } = startInterval(zeros, normals, { horizonSteps: 1 });
    // The 90 % quantile of the normal distribution holds 80 % between its signs.
    expect(halfWidth).toBeCloseTo(1.2816, 1);
  });
});

describe('the interval', () => {
  test('widens after a miss and narrows after a hit', () => {
    const state = startInterval(zeros, normals, { horizonSteps: 1 });
    expect(updatePredictionInterval(state, 0, 9).halfWidth).toBeCloseTo(state.halfWidth + 0.04, 12);
    expect(updatePredictionInterval(state, 0, 0).halfWidth).toBeCloseTo(state.halfWidth - 0.01, 12);
    expect(updatePredictionInterval({ ...state, halfWidth: 0 }, 0, 0).halfWidth).toBe(0);
  });

  test('knows an outcome only once its horizon is over', () => {
    const start = startInterval(zeros, normals, { horizonSteps: 3 });
    const quiet = trackIntervals(start, zeros.slice(0, 10), zeros.slice(0, 10), 3);
    const shocked = trackIntervals(start, zeros.slice(0, 10), Float64Array.of(0, 0, 9, 0, 0, 0, 0, 0, 0, 0), 3);
    const firstDifference = quiet.halfWidths.findIndex((value, i) => value !== shocked.halfWidths[i]);
    expect(firstDifference).toBe(5);
    // All ten outcomes are known in the end.
    expect(quiet.state.halfWidth).toBeCloseTo(start.halfWidth - 10 * start.step * 0.2, 12);
  });

  test('keeps its level while errors double and halve', () => {
    const start = startInterval(zeros.slice(0, 2000), normals.slice(0, 2000), { horizonSteps: 1 });
    const drifting = normals.slice(2000).map((value, i) => value * (i % 4000 < 2000 ? 2 : 0.7));
    const { halfWidths } = trackIntervals(start, zeros.slice(2000), drifting, 1);
    const fixed = new Float64Array(drifting.length).fill(start.halfWidth);
    const sizes = drifting.map(Math.abs);
    expect(Math.abs(coverageOf(halfWidths, sizes) - 0.8)).toBeLessThan(0.01);
    expect(Math.abs(coverageOf(fixed, sizes) - 0.8)).toBeGreaterThan(0.05);
  });

  test('misses no more than its level allows, whatever bounded errors come', () => {
    const bound = 5;
    const errors = fc.array(fc.double({ min: 0, max: bound, noNaN: true }), { minLength: 50, maxLength: 400 });
    fc.assert(
      fc.property(errors, fc.double({ min: 0, max: bound, noNaN: true }), (sequence, halfWidth) => {
        const start = { ...startInterval(zeros, normals, { horizonSteps: 1 }), halfWidth, step: 0.5 };
        const outcomes = Float64Array.from(sequence);
        const { halfWidths } = trackIntervals(start, new Float64Array(outcomes.length), outcomes, 1);
        const misses = outcomes.length * (1 - coverageOf(halfWidths, outcomes));
        expect(misses).toBeLessThanOrEqual(0.2 * outcomes.length + (bound + start.step) / start.step + 1e-9);
      }),
      { seed: 7 },
    );
  });
});

const hours = ['BTCUSDT', 'ETHUSDT'].map((symbol) => join(MARKET_DATA, `BINANCE_${symbol}_1h.csv.gz`));
test('covers 78 to 82 % of real hours', needsMarketData, () => {
  for (const path of hours) {
    const lines = gunzipSync(readFileSync(path)).toString().trim().split('\n').slice(1);
    const closes = lines.map((line) => Number(line.split(',')[4]));
    const returns = closes.slice(1).map((close, i) => Math.log(close / closes[i]));
    // In units of the last 168 hours' volatility, as targets are; the forecast is no change.
    const scaled: number[] = [];
    let squares = 0;
    for (const [i, value] of returns.entries()) {
      if (i >= 168) scaled.push(Math.max(-5, Math.min(5, value / Math.sqrt(squares / 168))));
      squares += value ** 2 - (i >= 168 ? returns[i - 168] ** 2 : 0);
    }
    const cut = Math.floor(scaled.length * 0.7);
    const outcomes = Float64Array.from(scaled.slice(cut));
    const older = Float64Array.from(scaled.slice(cut / 2, cut));
    const start = startInterval(new Float64Array(older.length), older, { horizonSteps: 1 });
    const { halfWidths } = trackIntervals(start, new Float64Array(outcomes.length), outcomes, 1);
    const covered = coverageOf(halfWidths, outcomes.map(Math.abs));
    expect(covered).toBeGreaterThan(0.78);
    expect(covered).toBeLessThan(0.82);
  }
});
