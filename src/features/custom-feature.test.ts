import { describe, expect, test } from 'vitest';
import { TradeAiError } from '../core/errors.js';
import { type CandleSeries, rowCountOf } from '../market/candle-series.js';
import { simulateMarket } from '../market/simulated-market.js';
import { parseFeature } from './catalogue.js';
import { columnKey } from './column-feature.js';
import { customFeature, defineFeature, type FeatureDefinition } from './custom-feature.js';
import { testFeatureContract } from './feature.contract.js';
import { buildFeatureMatrix } from './feature-matrix.js';

const { series } = simulateMarket({
  symbol: 'TESTUSDT',
  interval: '1h',
  rowCount: 1_400,
  seed: 5,
  firstOpenTimeMs: Date.UTC(2024, 0, 1),
  plantedR2: 0,
});

const momentum: FeatureDefinition = {
  name: 'momentum',
  warmUp: 4,
  compute: ({ close, length }) => Math.log(close[length - 1] / close[0]) / Math.sqrt(3),
};

const build = (definition: FeatureDefinition, candles: CandleSeries = series) =>
  buildFeatureMatrix(candles, [customFeature(defineFeature(definition))], 24);

function errorOf(run: () => unknown): TradeAiError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(TradeAiError);
    return error as TradeAiError;
  }
  throw new Error('expected an error, there was none');
}

describe('a custom feature', () => {
  testFeatureContract(customFeature(defineFeature(momentum)), series);

  test('computed from a window is the one of the catalogue that says the same', () => {
    const expected = buildFeatureMatrix(series, [parseFeature('return_3')], 24).values;
    expect(build(momentum).values).toEqual(expected);
  });

  test('as a stream is the one computed from a window', () => {
    const createStream = () => {
      const closes: number[] = [];
      return ({ close }: { close: number }) => {
        closes.push(close);
        return Math.log(close / closes[closes.length - 4]) / Math.sqrt(3);
      };
    };
    expect(build({ name: 'momentum', warmUp: 4, createStream }).values).toEqual(build(momentum).values);
  });

  test('sees a window that ends with the newest candle, and nothing later behind it', () => {
    const seen: number[][] = [];
    build({
      name: 'seen',
      warmUp: 3,
      compute: ({ openTimeMs, length }) => {
        expect(openTimeMs.length).toBe(length);
        expect(Math.max(...new Float64Array(openTimeMs.buffer))).toBe(openTimeMs[length - 1]);
        seen.push([...openTimeMs]);
        return 1;
      },
    });
    expect(seen).toHaveLength(rowCountOf(series) - 2);
    for (const [i, times] of seen.entries()) expect(times).toEqual([...series.openTimeMs.slice(i, i + 3)]);
  });

  test('with a column begins anew where the column has no value', () => {
    const funding = Float64Array.from(series.openTimeMs, (_, row) => row);
    funding.fill(Number.NaN, 0, 5);
    funding[20] = Number.NaN;
    const candles = { ...series, extras: { [columnKey('funding')]: funding } };
    const definition: FeatureDefinition = {
      name: 'carry',
      warmUp: 3,
      columns: ['funding'],
      compute: ({ columns, length }) => columns.funding[length - 1] - columns.funding[0],
    };
    const { isReady, values } = build(definition, candles);
    expect([...isReady.slice(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
    expect([...isReady.slice(18, 25)]).toEqual([1, 1, 0, 0, 0, 1, 1]);
    expect(values[1_000]).toBe(2);
  });
});

describe('a misbehaving feature is named with the candle', () => {
  const at = '2024-01-05T04:00:00Z';
  const badAt = (value: unknown): FeatureDefinition => ({
    name: 'wrong',
    warmUp: 2,
    compute: ({ openTimeMs, length }) =>
      openTimeMs[length - 1] === Date.UTC(2024, 0, 5, 4) ? (typeof value === 'function' ? value() : value) : 1,
  });
  const boom = () => {
    throw new RangeError('boom');
  };

  test.each([
    ['NaN', Number.NaN, 'expected one finite number, was NaN'],
    ['infinity', Number.POSITIVE_INFINITY, 'was Infinity'],
    ['a list', [1, 2, 3], 'was a list of 3'],
    ['a typed array', new Float64Array(7), 'was a list of 7'],
    ['text', '1', 'was "1"'],
    ['nothing', undefined, 'was undefined'],
    ['a promise', Promise.resolve(1), 'was a promise'],
    ['an exception', boom, 'throws at 2024-01-05T04:00:00Z: RangeError: boom'],
  ])('that gives %s', (_, value, message) => {
    const error = errorOf(() => build(badAt(value)));
    expect(error.code).toBe('FEATURE_INVALID');
    expect(error.message).toContain('feature wrong ');
    expect(error.message).toContain(at);
    expect(error.message).toContain(message);
    expect(error.hint).toContain('wrong');
  });

  test('within its warm-up it may give anything', () => {
    const createStream = () => {
      let rows = 0;
      return () => (++rows < 5 ? Number.NaN : 1);
    };
    expect(build({ name: 'late', warmUp: 5, createStream }).isReady[4]).toBe(1);
  });
});

describe('a definition is refused', () => {
  test.each([
    ['without a name', { ...momentum, name: undefined }, 'no name'],
    ['with a suffix in its name', { ...momentum, name: 'a@4h' }, 'no name'],
    ['named like a lag', { ...momentum, name: 'a_lag_3' }, 'no name'],
    ['named like a column', { ...momentum, name: 'column_a' }, 'no name'],
    ['with a warm-up of zero', { ...momentum, warmUp: 0 }, 'warmUp: expected a whole number of candles from 1'],
    ['with a warm-up that is text', { ...momentum, warmUp: '4' }, 'warmUp: expected'],
    ['with a huge warm-up', { ...momentum, warmUp: 1e9 }, 'warmUp: expected'],
    ['with columns that are no list', { ...momentum, columns: 'funding' }, 'columns: expected a list'],
    ['without a function', { ...momentum, compute: undefined }, 'expected one function'],
    ['with both functions', { ...momentum, createStream: () => () => 1 }, 'expected one function'],
  ])('%s', (_, definition, message) => {
    const error = errorOf(() => defineFeature(definition as unknown as FeatureDefinition));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message);
  });
});

test('another text has another hash, another name does not', () => {
  const other = {
    ...momentum,
    compute: ({ close, length }: { close: Float64Array; length: number }) => close[length - 1],
  };
  const hash = defineFeature(momentum).sourceSha256;
  expect(defineFeature({ ...momentum, name: 'else' }).sourceSha256).toBe(hash);
  expect(defineFeature(other as FeatureDefinition).sourceSha256).not.toBe(hash);
});

test('what JSON keeps of it cannot be computed, and says so', () => {
  const record = JSON.parse(JSON.stringify(defineFeature(momentum)));
  expect(record).toEqual({
    name: 'momentum',
    description: 'a feature of your own',
    warmUp: 4,
    columns: [],
    sourceSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(errorOf(() => customFeature(record)).code).toBe('MODEL_MISMATCH');
});
