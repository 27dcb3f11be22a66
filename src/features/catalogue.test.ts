import { describe, expect, test } from 'vitest';
import { TradeAiError } from '../core/errors.js';
import { simulateMarket } from '../market/simulated-market.js';
import { DEFAULT_FEATURE_NAMES, listCatalogue, parseFeature, parseFeatures } from './catalogue.js';
import { testFeatureContract } from './feature.contract.js';

const { series } = simulateMarket({
  symbol: 'TESTUSDT',
  interval: '1h',
  rowCount: 400,
  seed: 5,
  firstOpenTimeMs: Date.UTC(2024, 0, 1),
  plantedR2: 0,
});

const names = new Set([...DEFAULT_FEATURE_NAMES, ...listCatalogue().map((feature) => feature.name), 'rsi_14_lag_2']);
describe.each([...names])('%s', (name) => testFeatureContract(parseFeature(name), series));

test('an unknown feature is refused with the nearest known one', () => {
  expect(() => parseFeature('rsi14')).toThrow(TradeAiError);
  try {
    parseFeature('bolinger_20');
  } catch (error) {
    expect((error as TradeAiError).hint).toContain('did you mean bollinger_20?');
  }
});

test.each([[[]], [['macd', 'macd']], [['sma_0']], [['sma_99999']], [['constructor_3']]])(
  'the list %j is refused',
  (list) => {
    expect(() => parseFeatures(list)).toThrow(TradeAiError);
  },
);
