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

/** Parts of one true history: any rows of it, and of its further column only what the part knows. */
const partsOfOneHistory = fc.array(
  fc.record({
    steps: fc.uniqueArray(fc.nat(30), { maxLength: 20 }),
    known: fc.constantFrom('column missing', 'every second row', 'every row'),
  }),
  { minLength: 2, maxLength: 4 },
);

test('parts of one history make the same series in any order and grouping', () => {
  const partOf = ({ steps, known }: { steps: number[]; known: string }) => {
    const sorted = [...steps].sort((a, b) => a - b);
    const part = seriesOf(
      sorted.map((step) => [step, 10 + step]),
      known === 'column missing' ? [] : ['count'],
    );
    if (known === 'every second row') {
      for (const [row, step] of sorted.entries()) if (step % 2 === 1) part.extras.count[row] = Number.NaN;
    }
    return part;
  };
  const merge = (a: CandleSeries, b: CandleSeries) => mergeCandles(a, b).series;
  fc.assert(
    fc.property(partsOfOneHistory, (descriptions) => {
      const parts = descriptions.map(partOf);
      const whole = parts.reduce(merge);
      expect(parts.toReversed().reduce(merge)).toEqual(whole);
      expect(parts.reduceRight((right, left) => merge(left, right))).toEqual(whole);
    }),
  );
});

test('where parts contradict each other the grouping still does not count, and the last one wins', () => {
  const contradicting = fc
    .uniqueArray(fc.tuple(fc.nat(20), fc.oneof(fc.integer({ min: 10, max: 14 }), fc.constant(Number.NaN))), {
      selector: ([step]) => step,
      maxLength: 12,
    })
    .chain((rows) => fc.boolean().map((hasCount) => ({ rows, hasCount })))
    .map(({ rows, hasCount }): CandleSeries => {
      const sorted = [...rows].sort(([a], [b]) => a - b);
      const plain = seriesOf(sorted.map(([step, value]) => [step, Number.isNaN(value) ? 20 : value]));
      return hasCount ? { ...plain, extras: { count: Float64Array.from(sorted, ([, value]) => value) } } : plain;
    });
  const merge = (a: CandleSeries, b: CandleSeries) => mergeCandles(a, b).series;
  fc.assert(
    fc.property(contradicting, contradicting, contradicting, (a, b, c) => {
      const whole = merge(merge(a, b), c);
      expect(merge(a, merge(b, c))).toEqual(whole);
      const lastOf = (timeMs: number) => [c, b, a].find(({ openTimeMs }) => openTimeMs.includes(timeMs))!;
      for (const [row, timeMs] of whole.openTimeMs.entries()) {
        const last = lastOf(timeMs);
        expect(whole.close[row]).toBe(last.close[last.openTimeMs.indexOf(timeMs)]);
      }
    }),
  );
});

test('an unknown value of a further column replaces no known one', () => {
  const current = seriesOf([[1, 10]], ['count']);
  const incoming = { ...current, extras: { count: Float64Array.of(Number.NaN) } };
  const merged = mergeCandles(current, incoming);
  expect(merged).toEqual({ series: current, addedRows: 0, revisedRows: 0, hasChanged: false });
  expect(mergeCandles(incoming, current)).toMatchObject({ series: current, revisedRows: 1, hasChanged: true });
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
