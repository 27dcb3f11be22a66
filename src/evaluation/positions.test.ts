import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collectPath, findTrades, holdSignals, holdThroughout } from './positions.js';

const close = Float64Array.from({ length: 40 }, (_, i) => 100 + ((i * 7) % 11));

function hold(rows: number[], signals: number[], horizonSteps: number) {
  const path = collectPath(close, Int32Array.from(rows), horizonSteps);
  return { path, ...holdSignals(path, Int32Array.from(rows), Int8Array.from(signals), horizonSteps) };
}

test('a path holds the steps that rows speak of, once each', () => {
  const path = collectPath(close, Int32Array.of(2, 3, 4, 9), 3);
  expect([...path.candles]).toEqual([2, 3, 4, 5, 6, 9, 10, 11]);
  expect(path.moves[0]).toBe(close[3] / close[2] - 1);
  expect(collectPath(close, new Int32Array(0), 3).candles.length).toBe(0);
});

test('at a horizon of one candle a position lasts one candle, and goes on untraded', () => {
  const { exposure, traded } = hold([0, 1, 2, 3, 4], [1, 1, 0, -1, 1], 1);
  expect([...exposure]).toEqual([1, 1, 0, -1, 1]);
  // In, on, out, short, turned round and out at the end.
  expect([...traded]).toEqual([1, 0, 1, 1, 3]);
});

test('at a horizon of four the capital lies in four sleeves', () => {
  const single = hold([0, 1, 2, 3, 4, 5], [0, 1, 0, 0, 0, 0], 4);
  expect([...single.exposure]).toEqual([0, 0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0]);
  expect([...single.traded]).toEqual([0, 0.25, 0, 0, 0, 0.25, 0, 0, 0]);
  const steady = hold([0, 1, 2, 3, 4], [1, 1, 1, 1, 1], 4);
  expect([...steady.exposure]).toEqual([0.25, 0.5, 0.75, 1, 1, 0.75, 0.5, 0.25]);
  expect(steady.traded.reduce((sum, traded) => sum + traded, 0)).toBe(2);
});

test('sleeves of opposite directions are netted before anything is traded', () => {
  const { exposure, traded } = hold([0, 1], [1, -1], 2);
  expect([...exposure]).toEqual([0.5, 0, -0.5]);
  expect([...traded]).toEqual([0.5, 0.5, 1]);
});

test('where the path breaks off all is sold, and bought anew', () => {
  const { path, exposure, traded } = hold([0, 1, 7, 8], [1, 1, 1, 1], 1);
  expect([...exposure]).toEqual([1, 1, 1, 1]);
  expect([...traded]).toEqual([1, 1, 1, 1]);
  expect(findTrades(path, { exposure, traded })).toEqual([
    { start: 0, end: 2 },
    { start: 2, end: 4 },
  ]);
  expect([...holdThroughout(path).traded]).toEqual([1, 0, 0, 1]);
});

test('a trade ends where the direction turns or nothing is held', () => {
  const { path, exposure, traded } = hold([0, 1, 2, 3, 4, 5], [1, -1, -1, 0, -1, 0], 1);
  expect(findTrades(path, { exposure, traded })).toEqual([
    { start: 0, end: 1 },
    { start: 1, end: 3 },
    { start: 4, end: 5 },
  ]);
});

test('exposure is the mean of the last h signals, and all that is bought is sold', () => {
  const signals = fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(signals, fc.integer({ min: 1, max: 8 }), (given, horizonSteps) => {
      const { exposure, traded } = hold(Array.from(given.keys()), given, horizonSteps);
      for (let step = 0; step < exposure.length; step++) {
        const last = given.slice(Math.max(0, step - horizonSteps + 1), step + 1);
        expect(exposure[step]).toBeCloseTo(last.reduce((sum, signal) => sum + signal, 0) / horizonSteps, 12);
      }
      const changes = exposure.map((held, i) => Math.abs(held - (i > 0 ? exposure[i - 1] : 0)));
      const expected = changes.reduce((sum, change) => sum + change, Math.abs(exposure[exposure.length - 1]));
      expect(traded.reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(expected, 12);
    }),
    { seed: 11 },
  );
});
