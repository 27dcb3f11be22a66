import { expect, test } from 'vitest';
import type { Candle } from '../market/candle-series.js';
import { parseFeature } from './catalogue.js';

/** Runs a feature over closes; high and low stand one above and below. */
function run(name: string, closes: readonly number[], volumes: readonly number[] = closes.map(() => 1)): number[] {
  const next = parseFeature(name).createStream();
  return closes.map((close, i) => {
    const candle: Candle = {
      openTimeMs: i * 3_600_000,
      open: close,
      high: close + 1,
      low: close - 1,
      close,
      volume: volumes[i],
    };
    return next(candle);
  });
}

// Closes and results of Tulip Indicators' own tests: https://github.com/TulipCharts/tulipindicators/blob/master/tests/untest.txt
const TULIP_CLOSES = [
  81.59, 81.06, 82.87, 83.0, 83.61, 83.15, 82.84, 83.99, 84.55, 84.36, 85.53, 86.54, 86.89, 87.77, 87.29,
];

test('sma_5 is the log distance to Tulip’s sma(5)', () => {
  const sma = [82.426, 82.738, 83.094, 83.318, 83.628, 83.778, 84.254, 84.994, 85.574, 86.218, 86.804];
  const found = run('sma_5', TULIP_CLOSES).slice(4);
  for (const [i, expected] of sma.entries()) {
    expect(TULIP_CLOSES[i + 4] / Math.exp(found[i])).toBeCloseTo(expected, 9);
  }
});

test('ema_5 is the log distance to Tulip’s ema(5)', () => {
  const ema = [82.714, 82.859, 82.853, 83.232, 83.671, 83.901, 84.444, 85.143, 85.725, 86.407, 86.701];
  const found = run('ema_5', TULIP_CLOSES).slice(4);
  for (const [i, expected] of ema.entries()) {
    expect(TULIP_CLOSES[i + 4] / Math.exp(found[i])).toBeCloseTo(expected, 2);
  }
});

test('rsi_5 agrees with Tulip’s rsi(5)', () => {
  const rsi = [72.034, 64.927, 75.936, 79.796, 74.713, 83.033, 87.478, 88.755, 91.483, 78.498];
  const found = run('rsi_5', TULIP_CLOSES).slice(5);
  for (const [i, expected] of rsi.entries()) expect(found[i]).toBeCloseTo(expected, 3);
});

test('bollinger_5 places the close between Tulip’s bbands(5, 2)', () => {
  const lower = [80.53, 80.987, 82.533, 82.472, 82.418];
  const upper = [84.322, 84.489, 83.655, 84.164, 84.838];
  const found = run('bollinger_5', TULIP_CLOSES).slice(4);
  for (let i = 0; i < lower.length; i++) {
    const middle = (lower[i] + upper[i]) / 2;
    const expected = (TULIP_CLOSES[i + 4] - middle) / (upper[i] - middle);
    expect(found[i]).toBeCloseTo(expected, 2);
  }
});

test('return_k is the log return over k candles divided by √k', () => {
  const found = run('return_4', [1, 2, 4, 8, 16, 32]);
  expect(found.slice(4)).toEqual([Math.log(16) / 2, Math.log(16) / 2]);
});

test('volatility_k is the sample standard deviation of one-candle log returns', () => {
  // Returns are ln 2, −ln 2, ln 2: mean ln2 / 3, squared deviations ln²2·(4 + 16 + 4) / 9, over n − 1 = 2
  const found = run('volatility_3', [1, 2, 1, 2]);
  expect(found[3]).toBeCloseTo(Math.LN2 * Math.sqrt(24 / 9 / 2), 14);
});

test('a market that does not move has no volatility, a centred close and no Bollinger position', () => {
  const flat = new Array(30).fill(100);
  expect(run('volatility_24', flat).at(-1)).toBe(0);
  expect(run('bollinger_20', flat).at(-1)).toBe(0);
  expect(run('volume_z_20', flat).at(-1)).toBe(0);
});

test('obv_k is 1 when every candle of the window closes up, −1 when down', () => {
  expect(run('obv_3', [1, 2, 3, 4, 5, 6], [7, 7, 7, 9, 2, 4]).at(-1)).toBe(1);
  expect(run('obv_3', [6, 5, 4, 3, 2, 1], [7, 7, 7, 9, 2, 4]).at(-1)).toBe(-1);
});

test('close_in_range is 0 at the low, 1 at the high', () => {
  const next = parseFeature('close_in_range').createStream();
  const candle = { openTimeMs: 0, open: 2, high: 4, low: 2, volume: 1 };
  expect([2, 3, 4].map((close) => next({ ...candle, close }))).toEqual([0, 0.5, 1]);
  expect(next({ ...candle, high: 2, close: 2 })).toBe(0.5);
});

test('the calendar closes its circles after a day and a week', () => {
  const at = (name: string, hours: number) =>
    parseFeature(name).createStream()({ openTimeMs: hours * 3_600_000, open: 1, high: 1, low: 1, close: 1, volume: 1 });
  expect(at('hour_sin', 6)).toBeCloseTo(1, 12);
  expect(at('hour_cos', 24)).toBeCloseTo(1, 12);
  // 1970-01-05 was a Monday.
  expect(at('weekday_cos', 4 * 24)).toBeCloseTo(1, 12);
  expect(at('weekday_sin', 4 * 24 + 42)).toBeCloseTo(1, 12);
});
