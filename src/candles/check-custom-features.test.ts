import { expect, test } from 'vitest';
import { customFeature, defineFeature, type FeatureDefinition } from '../features/custom-feature.js';
import { simulateMarket } from '../market/simulated-market.js';
import { checkCustomFeatures } from './check-custom-features.js';

const FIRST_MS = Date.UTC(2024, 0, 1);
const NOON_MS = Date.UTC(2024, 0, 3, 12);
const { series } = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: 100,
  seed: 7,
  firstOpenTimeMs: FIRST_MS,
  plantedR2: 0,
});

type Compute = NonNullable<FeatureDefinition['compute']>;

function check(compute: Compute): void {
  const mine = defineFeature({ name: 'mine', warmUp: 2, compute });
  checkCustomFeatures(series, [customFeature(mine)], { customFeatures: [mine] });
}

let calls = 0;
const change: Compute = ({ close }) => Math.log(close[1] / close[0]);

test('a feature of its candles alone passes', () => {
  expect(() => check(change)).not.toThrow();
});

test.each<[string, Compute, RegExp]>([
  [
    'that counts its calls',
    () => calls++,
    /^feature mine at 2024-01-01T01:00:00Z: expected \d+ from the same candles a second time/,
  ],
  [
    'that draws random numbers',
    () => Math.random(),
    /^feature mine at 2024-01-01T01:00:00Z: expected 0\.\d+ from the same candles a second/,
  ],
  [
    'that looks values up by date',
    (window) => (window.openTimeMs[1] === NOON_MS ? 9 : change(window)),
    /^feature mine at 2024-01-03T12:00:00Z: expected 9 from the same candles told 400 years later/,
  ],
  [
    'that throws at dates it does not know',
    (window) => {
      if (window.openTimeMs[1] > Date.UTC(2100, 0, 1)) throw new RangeError('no such year');
      return change(window);
    },
    /^feature mine throws at 2424-01-01T01:00:00Z: RangeError: no such year \(the same candles, told 400 years later\)$/,
  ],
])('one %s is named with the first candle concerned', (_, compute, message) => {
  expect(() => check(compute)).toThrow(
    expect.objectContaining({ code: 'FEATURE_INVALID', message: expect.stringMatching(message) }),
  );
});
