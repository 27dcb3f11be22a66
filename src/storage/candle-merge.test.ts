import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CandleSeries, rowCountOf, selectCandles } from '../market/candle-series.js';
import { mergeCandles } from './candle-merge.js';

const HOUR_MS = 3_600_000;

/** One candle per step, its prices made from `value`. */
function seriesOf(
  rows: readonly (readonly [step: number, value: number])[],
  extras: readonly string[] = [],
): CandleSeries {
  const column = (offset: number) => Float64Array.from(rows, ([, value]) => value + offset);
  return {
    symbol: 'BTCUSDT',
    interval: '1h',
    openTimeMs: Float64Array.from(rows, ([step]) => step * HOUR_MS),
    open: column(0),
    high: column(2),
    low: column(-2),
    close: column(1),
    volume: column(10),
    extras: Object.fromEntries(extras.map((name, index) => [name, column(100 * (index + 1))])),
  };
}

const anySeries = fc
  .uniqueArray(fc.tuple(fc.nat(30), fc.integer({ min: 10, max: 14 })), { selector: ([step]) => step, maxLength: 20 })
  .map((rows) => seriesOf([...rows].sort(([a], [b]) => a - b)));

test('newer candles are added, revised ones replaced, the rest kept', () => {
  const { series, ...counts } = mergeCandles(
    seriesOf([
      [1, 10],
      [2, 20],
      [4, 40],
    ]),
    seriesOf([
      [2, 20],
      [3, 30],
      [4, 44],
    ]),
  );
  expect(counts).toEqual({ addedRows: 1, revisedRows: 1, hasChanged: true });
  expect(series).toEqual(
    seriesOf([
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 44],
    ]),
  );
});

test('merging a series again changes nothing, and every time comes from one of the two', () => {
  fc.assert(
    fc.property(anySeries, anySeries, (current, incoming) => {
      const once = mergeCandles(current, incoming);
      const again = mergeCandles(once.series, incoming);
      expect(again).toEqual({ series: once.series, addedRows: 0, revisedRows: 0, hasChanged: false });
      const times = [...new Set([...current.openTimeMs, ...incoming.openTimeMs])].sort((a, b) => a - b);
      expect([...once.series.openTimeMs]).toEqual(times);
      expect(rowCountOf(once.series)).toBe(rowCountOf(current) + once.addedRows);
      const fromIncoming = [...incoming.openTimeMs].map((timeMs) => times.indexOf(timeMs));
      expect(selectCandles(once.series, fromIncoming)).toEqual(incoming);
    }),
  );
});

test('the order of two appends matters only for candles of both', () => {
  fc.assert(
    fc.property(anySeries, anySeries, (a, b) => {
      const common = new Set([...a.openTimeMs].filter((timeMs) => b.openTimeMs.includes(timeMs)));
      const onlyOne = (series: CandleSeries) =>
        selectCandles(
          series,
          [...series.openTimeMs].flatMap((timeMs, row) => (common.has(timeMs) ? [] : [row])),
        );
      expect(onlyOne(mergeCandles(a, b).series)).toEqual(onlyOne(mergeCandles(b, a).series));
    }),
  );
});

test('a further column stays where the incoming series lacks it, and a new one starts as NaN', () => {
  const current = seriesOf(
    [
      [1, 10],
      [2, 20],
    ],
    ['count'],
  );
  const incoming = seriesOf(
    [
      [2, 20],
      [3, 30],
    ],
    [],
  );
  const kept = mergeCandles(current, incoming);
  expect([...kept.series.extras.count]).toEqual([110, 120, Number.NaN]);
  expect(kept).toMatchObject({ addedRows: 1, revisedRows: 0 });
  const added = mergeCandles(incoming, seriesOf([[2, 20]], ['count']));
  expect([...added.series.extras.count]).toEqual([120, Number.NaN]);
  expect(added).toMatchObject({ addedRows: 0, revisedRows: 0, hasChanged: true });
});

test('a revised further column counts as a revision', () => {
  const current = seriesOf([[1, 10]], ['count']);
  const incoming = { ...current, extras: { count: Float64Array.of(7) } };
  expect(mergeCandles(current, incoming)).toMatchObject({ addedRows: 0, revisedRows: 1 });
});
