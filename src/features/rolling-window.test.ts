import fc from 'fast-check';
import { BollingerBands, SMA } from 'trading-signals';
import { expect, test } from 'vitest';
import { RollingWindow } from './rolling-window.js';

/** The definition, written out: every sum from the window's oldest value on. */
function windowsOf(values: readonly number[], length: number) {
  return values.map((_, at) => {
    const window = values.slice(Math.max(0, at + 1 - length), at + 1);
    let sum = 0;
    for (const value of window) sum += value;
    const mean = sum / window.length;
    let squares = 0;
    for (const value of window) squares += (value - mean) * (value - mean);
    const standardDeviation = Math.sqrt(squares / (window.length - 1));
    return { oldest: window[0], sum, mean, standardDeviation, populationDeviation: Math.sqrt(squares / window.length) };
  });
}

const numbers = fc.array(
  fc.oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.constantFrom(0, -0, 1, 1e-300, 1e15)),
  { minLength: 1, maxLength: 60 },
);

test('every sum has the bits of the additions from oldest to newest, whatever was asked before', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 12 }), fc.infiniteStream(fc.nat(15)), (values, length, asked) => {
      const window = new RollingWindow(length);
      for (const [at, expected] of windowsOf(values, length).entries()) {
        window.push(values[at]);
        const ask = asked.next().value;
        if (ask & 1) expect(window.sum()).toBe(expected.sum);
        if (ask & 2) expect(window.standardDeviation()).toBe(expected.standardDeviation);
        if (ask & 8) expect(window.populationDeviation()).toBe(expected.populationDeviation);
        if (ask & 4) expect(window.mean()).toBe(expected.mean);
        expect(window.oldest()).toBe(expected.oldest);
        expect(window.isFull).toBe(at + 1 >= length);
      }
    }),
  );
});

test('a window of 20 has the bits of trading-signals’ SMA and Bollinger bands', () => {
  const indicators = { sma: new SMA(20), bands: new BollingerBands(20, 2) };
  const window = new RollingWindow(20);
  let price = 100;
  for (let row = 0; row < 500; row++) {
    price *= 1 + Math.sin(row * row) / 50;
    window.push(price);
    const [mean, bands] = [indicators.sma.add(price), indicators.bands.add(price)];
    if (row < 19) continue;
    expect(window.mean()).toBe(mean);
    expect(window.mean() + 2 * window.populationDeviation()).toBe(bands?.upper);
  }
});
