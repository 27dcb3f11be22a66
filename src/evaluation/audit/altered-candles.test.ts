import { expect, test } from 'vitest';
import { makeSeries } from '../../../test/fixtures/audit-subject.js';
import { RANDOM_STREAM, Random } from '../../core/random.js';
import { CANDLE_COLUMNS, type CandleSeries, rowCountOf } from '../../market/candle-series.js';
import { checkCandles } from '../../market/quality.js';
import { alterCandles, makeForeignMarket, shiftDates, withAlteredOriginal } from './altered-candles.js';

const series = makeSeries(400);
const randomOf = (seed: number) => new Random(seed, RANDOM_STREAM.test);

function errorsIn(candles: CandleSeries): string[] {
  const { findings } = checkCandles(candles, { nowMs: Date.UTC(2030, 0, 1) });
  return findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

test('altered candles are the same bits before the row, others behind it, at the same times', () => {
  const altered = alterCandles(series, 250, randomOf(1));
  for (const name of CANDLE_COLUMNS) expect(altered[name].slice(0, 250)).toEqual(series[name].slice(0, 250));
  expect(altered.openTimeMs).toEqual(series.openTimeMs);
  for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
    for (let row = 250; row < 400; row++) expect(altered[name][row]).not.toBe(series[name][row]);
  }
});

test('altered candles change the maximum, which another order alone would not', () => {
  const maximum = ({ close }: CandleSeries) => Math.max(...close);
  expect(maximum(alterCandles(series, 1, randomOf(2)))).not.toBe(maximum(series));
});

test.each([
  ['altered', alterCandles(series, 100, randomOf(3))],
  ['foreign', makeForeignMarket(series, randomOf(3))],
])('%s candles are candles', (_, candles) => {
  expect(errorsIn(candles)).toEqual([]);
});

test('a foreign market has the moves of the real one in another order', () => {
  const foreign = makeForeignMarket(series, randomOf(4));
  const moves = ({ close }: CandleSeries) => Array.from(close.slice(1), (value, row) => Math.log(value / close[row]));
  const spread = (values: number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  expect(spread(moves(foreign))).toBeCloseTo(spread(moves(series)), 4);
  expect(moves(foreign)).not.toEqual(moves(series));
});

test('shifted dates are at the same place of the calendar', () => {
  const shifted = shiftDates(series);
  for (let row = 0; row < rowCountOf(series); row += 17) {
    const before = new Date(series.openTimeMs[row]);
    const after = new Date(shifted.openTimeMs[row]);
    expect(after.getUTCFullYear()).toBe(before.getUTCFullYear() + 400);
    for (const part of ['getUTCMonth', 'getUTCDate', 'getUTCDay', 'getUTCHours'] as const) {
      expect(after[part]()).toBe(before[part]());
    }
  }
  expect(shifted.close).toEqual(series.close);
});

test('the original holds other values while something runs, and its own again after, even after an error', () => {
  const before = structuredClone(series);
  const seen = withAlteredOriginal(series, () => [...series.close]);
  expect(seen.every((value, row) => value !== before.close[row])).toBe(true);
  expect(() =>
    withAlteredOriginal(series, () => {
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(series).toEqual(before);
});
