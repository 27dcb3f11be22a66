import { describe, expect, test } from 'vitest';
import type { TradeAiError } from '../core/errors.js';
import { type CandleSeries, candleAt, rowCountOf, selectCandles, sliceCandles } from '../market/candle-series.js';
import { simulateMarket } from '../market/simulated-market.js';
import { parseFeature } from './catalogue.js';
import { testFeatureContract } from './feature.contract.js';
import type { Feature } from './feature.js';
import { buildFeatureMatrix } from './feature-matrix.js';
import { otherSymbolKeys } from './other-symbol.js';

const HOUR_MS = 3_600_000;
const CONTEXT = { interval: '1h', maximumGapRows: 24 } as const;

function simulate(seed: number, rowCount: number, interval: '1h' | '4h' = '1h'): CandleSeries {
  const firstOpenTimeMs = Date.UTC(2024, 0, 1);
  return simulateMarket({ symbol: 'TESTUSDT', interval, rowCount, seed, firstOpenTimeMs, plantedR2: 0 }).series;
}

function valuesOf(feature: Feature, series: CandleSeries): Float64Array {
  const next = feature.createStream();
  return Float64Array.from(series.openTimeMs, (_, row) => next(candleAt(series, row, feature.extraNames)));
}

const series = simulate(5, 400);

/** Four-hour candles by another way: of groups of four rows. */
function fourHours(candles: CandleSeries): CandleSeries {
  const count = Math.floor(rowCountOf(candles) / 4);
  const build = (pick: (rows: number[]) => number) =>
    Float64Array.from({ length: count }, (_, i) => pick([4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3]));
  return {
    ...candles,
    interval: '4h',
    openTimeMs: build(([a]) => candles.openTimeMs[a]),
    open: build(([a]) => candles.open[a]),
    high: build((rows) => Math.max(...rows.map((row) => candles.high[row]))),
    low: build((rows) => Math.min(...rows.map((row) => candles.low[row]))),
    close: build(([, , , d]) => candles.close[d]),
    volume: build((rows) => rows.reduce((sum, row) => sum + candles.volume[row], 0)),
    extras: {},
  };
}

describe('a feature of a longer interval', () => {
  for (const name of [
    'return_6@4h',
    'rsi_2@8h',
    'range@1d',
    'volume_z_5@4h',
    'return_1@4h_lag_2',
    'return_1_lag_2@4h',
  ]) {
    describe(name, () => testFeatureContract(parseFeature(name, CONTEXT), series));
  }

  test.each(['return_6', 'range', 'volume_z_5', 'rsi_3'])(
    '%s@4h is that of 4h candles, from their close on',
    (name) => {
      const expected = valuesOf(parseFeature(name), fourHours(series));
      const found = valuesOf(parseFeature(`${name}@4h`, CONTEXT), series);
      const { warmUpRows } = parseFeature(name);
      for (let row = 4 * warmUpRows; row < 400; row++) {
        // rows 3, 7, 11 … close a 4h candle; the rows between them still have the one before
        expect(found[row]).toBe(expected[Math.floor((row + 1) / 4) - 1]);
      }
    },
  );

  test('changes at no row but the one that closes a longer candle', () => {
    const found = valuesOf(parseFeature('range@4h', CONTEXT), series);
    for (let row = 5; row < 400; row++) {
      if (row % 4 !== 3) expect(found[row]).toBe(found[row - 1]);
      else expect(found[row]).not.toBe(found[row - 1]);
    }
  });

  test('leaves out a longer candle whose beginning it has not seen', () => {
    const later = sliceCandles(series, 2, 60);
    const found = valuesOf(parseFeature('range@4h', CONTEXT), later);
    const whole = valuesOf(parseFeature('range@4h', CONTEXT), series).slice(2, 60);
    expect([...found.slice(0, 5)].every(Number.isNaN)).toBe(true);
    expect(found.slice(5)).toEqual(whole.slice(5));
  });

  test('takes a longer candle whose last rows are missing, once the next one has begun', () => {
    const rows = Array.from({ length: 40 }, (_, row) => row).filter((row) => row !== 7);
    const gapped = selectCandles(series, rows);
    const found = valuesOf(parseFeature('range@4h', CONTEXT), gapped);
    const [high, low] = [Math.max(...series.high.slice(4, 7)), Math.min(...series.low.slice(4, 7))];
    expect(found[6]).not.toBe(Math.log(high / low));
    expect(found[7]).toBe(Math.log(high / low));
  });
});

describe('a feature of another symbol', () => {
  const other = simulate(9, 400);
  const keys = otherSymbolKeys('OTHERUSDT');
  const joined = (candles: CandleSeries, source: CandleSeries): CandleSeries => ({
    ...candles,
    extras: Object.fromEntries(
      (['open', 'high', 'low', 'close', 'volume'] as const).map((part) => [keys[part], source[part].slice()]),
    ),
  });
  const both = joined(series, other);

  for (const name of ['return_1@OTHERUSDT', 'rsi_14@OTHERUSDT', 'rsi_2@OTHERUSDT@4h', 'return_1@OTHERUSDT_lag_3']) {
    test(`${name} is that of the other candles`, () => {
      const plain = name.replace('@OTHERUSDT', '');
      const feature = parseFeature(name, CONTEXT);
      const found = buildFeatureMatrix(both, [feature], 24).values;
      const expected = buildFeatureMatrix(other, [parseFeature(plain, CONTEXT)], 24).values;
      expect(found).toEqual(expected);
    });
  }

  test('a row where the other candle is missing is not ready, and no error', () => {
    const gapped = structuredClone(both) as CandleSeries;
    for (const values of Object.values(gapped.extras)) values.fill(Number.NaN, 200, 210);
    const { isReady, values } = buildFeatureMatrix(gapped, [parseFeature('return_1@OTHERUSDT', CONTEXT)], 24);
    expect([...isReady.slice(198, 212)]).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    expect(values[210]).toBe(Math.log(other.close[210] / other.close[199]));
  });

  test('begins anew after a long gap of the other symbol', () => {
    const gapped = structuredClone(both) as CandleSeries;
    for (const values of Object.values(gapped.extras)) values.fill(Number.NaN, 200, 225);
    const { isReady } = buildFeatureMatrix(gapped, [parseFeature('return_3@OTHERUSDT', CONTEXT)], 24);
    expect([...isReady.slice(224, 230)]).toEqual([0, 0, 0, 0, 1, 1]);
  });
});

describe('names', () => {
  const hintOf = (name: string, context = {}) => {
    try {
      parseFeature(name, context);
    } catch (error) {
      return `${(error as TradeAiError).message} ${(error as TradeAiError).hint}`;
    }
    return 'no error';
  };

  test.each([
    ['rsi_14@1h', 'expected an interval made of whole 1h candles'],
    ['rsi_14@30m', 'expected an interval made of whole 1h candles'],
    ['rsi_14@5h', 'did you mean 4h'],
    ['rsi_14@ethusdt', 'did you mean @ETHUSDT'],
    ['rsi_14@', 'did you mean @ETHUSDT'],
    ['rsi_14@4h@ETHUSDT', 'name@SYMBOL@4h'],
    ['rsi_14@A@B', 'name@SYMBOL@4h'],
    ['rs_14@4h', 'did you mean rsi_14'],
    ['column_funding@4h', 'columns of its own'],
    ['column_fundin', 'did you mean column_funding'],
    [`rsi_14${'_lag_1'.repeat(200_000)}`, 'at most 200'],
  ])('a wrong name is refused with help: %#', (name, expected) => {
    expect(hintOf(name, { ...CONTEXT, columns: ['funding'] })).toContain(expected);
  });

  test('a path in place of a symbol is refused', () => {
    expect(hintOf('rsi_14@../../ETC', CONTEXT)).toContain('is not a valid symbol');
  });

  test('hours may open on the day’s grid only', () => {
    expect(valuesOf(parseFeature('hour_cos@1d', CONTEXT), series)[23]).toBe(1);
    expect((series.openTimeMs[24] - series.openTimeMs[0]) / HOUR_MS).toBe(24);
  });
});
