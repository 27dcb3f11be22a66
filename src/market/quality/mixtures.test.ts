import { expect, test } from 'vitest';
import {
  lengthen,
  makeFutures,
  makeMarket,
  mergeInto,
  pickRows,
  scalePrices,
  shiftHours,
  thinOut,
  tradeLots,
} from '../../../test/support/mixed-candles.js';
import { type CandleSeries, sliceCandles } from '../candle-series.js';
import type { Interval } from '../interval.js';
import { describeMixture, findMixtures } from './mixtures.js';

const ROWS = 6_000;
const market = makeMarket({ rowCount: ROWS });
const inBlocks = (row: number) => row % 48 < 24;

const kindsOf = (series: CandleSeries) => findMixtures(series).map(({ kind }) => kind);

test.each([2, 3, 4, 6, 8, 12, 24])('candles of %d hours among hours are found, and how long they are', (count) => {
  for (const part of [market, sliceCandles(market, 0, ROWS / 2), sliceCandles(market, 24 * 24, 24 * 24 + 40 * count)]) {
    const [mixture, ...others] = findMixtures(mergeInto(market, lengthen(part, count)));
    expect(others).toEqual([]);
    expect(mixture).toMatchObject({ kind: 'lengths', lengthMs: count * 3_600_000 });
    // At the edges of the blocks that are examined a few may be too few.
    expect(mixture.rowCount).toBeGreaterThan(0.6 * Math.floor(part.close.length / count));
  }
});

test.each<[Interval, number]>([
  ['1m', 60],
  ['1m', 3],
  ['5m', 9],
  ['1d', 7],
])('of %s candles %d as one are found too, rounded by the vendor', (interval, count) => {
  const series = makeMarket({ rowCount: 20 * 60, interval });
  const long = lengthen(series, count);
  const rounded = { ...long, close: long.close.map((close) => Number(close.toPrecision(7))) };
  expect(kindsOf(mergeInto(series, rounded))).toEqual(['lengths']);
});

test('a part of longer candles without the shorter ones between them is found by its spacing', () => {
  const series = mergeInto(sliceCandles(market, 0, 3_000), lengthen(sliceCandles(market, 3_000, ROWS), 4));
  expect(findMixtures(series)).toMatchObject([
    { kind: 'lengths', lengthMs: 4 * 3_600_000, rowCount: 750, lastMs: market.openTimeMs[ROWS - 4] },
  ]);
});

test.each([0.0003, 0.001, 0.01])('futures among spot candles are found at a premium of %d', (premium) => {
  const futures = makeFutures(market, premium);
  for (const isTaken of [inBlocks, (row: number) => row % 2 === 0, (row: number) => (row * 7_919) % 10 < 3]) {
    expect(kindsOf(mergeInto(market, pickRows(futures, isTaken)))).toEqual(['markets']);
  }
});

test.each([1.6, 20, 0.001, 1000])(
  'another symbol, or other units, at %d times the price are found by a few parts',
  (factor) => {
    const other = scalePrices(makeMarket({ rowCount: ROWS, seed: 9 }), factor);
    expect(
      kindsOf(
        mergeInto(
          market,
          pickRows(scalePrices(market, factor), (row) => row % 1_000 < 300),
        ),
      ),
    ).toEqual(['markets']);
    expect(
      kindsOf(
        mergeInto(
          market,
          pickRows(other, (row) => row % 2 === 0),
        ),
      ),
    ).toContain('markets');
  },
);

test.each([1, 2, 5, 14, -3, -8])('parts by a clock that is %d hours off are found, and how far', (hours) => {
  const [mixture] = findMixtures(mergeInto(market, pickRows(shiftHours(market, hours), inBlocks)));
  expect(mixture).toMatchObject({ kind: 'clocks', shiftMs: Math.abs(hours) * 3_600_000 });
  expect(describeMixture(mixture)).toContain(`stand there twice, ${Math.abs(hours)} hour`);
});

test('one part by a clock half an hour off is found by its repeats in a row', () => {
  const series = makeMarket({ rowCount: 4_000, interval: '5m' });
  const [mixture] = findMixtures(
    mergeInto(
      series,
      pickRows(shiftHours(series, 0.5), (row) => row >= 2_000),
    ),
  );
  expect(mixture).toMatchObject({ kind: 'clocks', rowCount: 6, shiftMs: 1_800_000 });
  expect(describeMixture(mixture)).toContain('6 candles stand there twice, 0.5 hours apart');
});

test.each<[Interval, number]>([
  ['1m', 1],
  ['1m', 3],
  ['5m', 10],
  ['1h', 3],
  ['1h', 50],
])('candles of %s that are alike because trades are for 1 to %d lots are no mixture', (interval, largestLot) => {
  for (const seed of [1, 2]) {
    const thin = tradeLots(makeMarket({ rowCount: 20_000, interval }), { seed, largestLot });
    expect(findMixtures(thin)).toEqual([]);
  }
});

test('a part by another clock is found among candles that are alike by chance', () => {
  const thin = tradeLots(makeMarket({ rowCount: 20_000, interval: '1m' }), { seed: 1, largestLot: 3 });
  const mixed = mergeInto(
    thin,
    pickRows(shiftHours(thin, 5), (row) => row >= 500 && row < 10_000),
  );
  expect(findMixtures(mixed)).toMatchObject([{ kind: 'clocks', shiftMs: 5 * 3_600_000 }]);
});

test('a market of one kind has none, however thin, coarse or holed it is', () => {
  let seriesCount = 0;
  for (const seed of [1, 2, 3]) {
    for (const tradesPerCandle of [0.3, 1, 3, 10, 30]) {
      for (const [spread, tick] of [
        [0.002, 0],
        [0.02, 0],
        [0.002, 20],
        [0.02, 200],
        [0.0001, 2],
      ]) {
        const thin = thinOut(makeMarket({ rowCount: 4_000, seed }), { seed, tradesPerCandle, spread, tick });
        for (const series of [thin, pickRows(thin, (row) => thin.volume[row] > 0)]) {
          expect(findMixtures(series)).toEqual([]);
          seriesCount += 1;
        }
      }
    }
  }
  expect(seriesCount).toBe(150);
  expect(findMixtures(market)).toEqual([]);
  expect(findMixtures(sliceCandles(market, 0, 1))).toEqual([]);
  expect(findMixtures(sliceCandles(market, 0, 0))).toEqual([]);
});
