import { expect, test } from 'vitest';
import {
  FIRST_OPEN_MS,
  lengthen,
  makeFutures,
  makeMarket,
  scalePrices,
  shiftHours,
} from '../../../test/support/mixed-candles.js';
import { type CandleSeries, rowCountOf, sliceCandles } from '../candle-series.js';
import { describeContradiction } from './contradiction.js';

const ROWS = 600;
const stored = makeMarket({ rowCount: ROWS });

function change(series: CandleSeries, edit: (series: CandleSeries) => void): CandleSeries {
  const copy = sliceCandles(series, 0, rowCountOf(series));
  edit(copy);
  return copy;
}

test('the same candles, the same rounded or cut, and those that go on, are one history', () => {
  const round = (digits: number, how: (value: number) => number) =>
    change(stored, (series) => {
      for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
        series[name].forEach((value, row) => {
          series[name][row] = how(value * 10 ** digits) / 10 ** digits;
        });
      }
    });
  const single = change(stored, (series) => {
    series.volume.set(Float32Array.from(series.volume));
  });
  for (const incoming of [stored, round(2, Math.round), round(0, Math.floor), single]) {
    expect(describeContradiction(stored, incoming)).toBeUndefined();
  }
  expect(describeContradiction(sliceCandles(stored, 0, 300), sliceCandles(stored, 300, ROWS))).toBeUndefined();
  expect(describeContradiction(sliceCandles(stored, 300, ROWS), sliceCandles(stored, 0, 310))).toBeUndefined();
});

test('one candle in a hundred may be corrected, and the last one finished', () => {
  const correct = (count: number) =>
    change(stored, (series) => {
      for (let row = 0; row < count; row++) series.volume[row * 7] *= 1.5;
    });
  expect(describeContradiction(stored, correct(6))).toBeUndefined();
  expect(describeContradiction(stored, correct(7))).toBe(
    '7 candles of 600 that are stored already would become other ones (1.17 %, at most 1 % may), from 2024-01-01 00:00 UTC to 2024-01-02 18:00 UTC, ' +
      'with the same prices and other volumes: another market of the pair, or other units; ' +
      `the first was ${['open', 'high', 'low', 'close', 'volume'].map((name) => `${name} ${stored[name as 'open'][0]}`).join(', ')} and would become ` +
      `open ${stored.open[0]}, high ${stored.high[0]}, low ${stored.low[0]}, close ${stored.close[0]}, volume ${1.5 * stored.volume[0]}`,
  );
  const unfinished = change(sliceCandles(stored, 0, 300), (series) => {
    series.volume[299] /= 2;
    series.close[299] = series.open[299];
  });
  expect(describeContradiction(unfinished, sliceCandles(stored, 298, 310))).toBeUndefined();
});

test('of few candles one may be corrected, and two name no cause', () => {
  const incoming = (count: number) =>
    change(sliceCandles(stored, 200, 211), (series) => {
      for (let row = 0; row < count; row++) series.volume[row * 3] *= 1.5;
    });
  expect(describeContradiction(stored, incoming(1))).toBeUndefined();
  expect(describeContradiction(stored, incoming(2))).toContain(
    '2 candles of 11 that are stored already would become other ones (18.2 %, at most one may), from 2024-01-09 08:00 UTC to 2024-01-09 11:00 UTC; the first was',
  );
  expect(describeContradiction(stored, incoming(3))).toContain('with the same prices and other volumes');
});

test.each<[string, CandleSeries, string]>([
  [
    'other units',
    scalePrices(stored, 1000),
    'at 1,000 times the prices: another pair, another quote asset or other units',
  ],
  ['ten times the price', scalePrices(stored, 10), 'at 10 times the prices'],
  ['another pair', scalePrices(makeMarket({ rowCount: ROWS, seed: 8 }), 0.05), 'another pair'],
  ['futures', makeFutures(stored, 0.0005), '600 candles of 600'],
  ['3-hour candles', lengthen(stored, 3), 'which open the same and go farther: candles of a longer interval'],
  ['local time', shiftHours(stored, 2), 'which stand 2 hours earlier in the store: the clock of another time zone'],
  ['local time of the west', shiftHours(stored, -5), 'which stand 5 hours later in the store'],
])('%s over the same time contradict', (_, incoming, cause) => {
  expect(describeContradiction(stored, incoming)).toContain(cause);
});

test('shorter candles over longer ones contradict too', () => {
  expect(describeContradiction(lengthen(stored, 3), stored)).toContain('candles of a shorter interval');
});

test('prices that do not go on at the place where two histories meet contradict', () => {
  const before = sliceCandles(stored, 0, 300);
  const after = (factor: number, gap = 0) => scalePrices(sliceCandles(stored, 300 + gap, ROWS), factor);
  const at = stored.openTimeMs[300];
  expect(describeContradiction(before, after(20))).toMatch(
    /^at 2024-01-13 12:00 UTC the new candles open at [\d.]+, 20 times the close of [\d.]+ that is stored before/,
  );
  expect(describeContradiction(after(20), before)).toMatch(
    /^at 2024-01-13 12:00 UTC the stored candles open at [\d.]+, 20 times the close of [\d.]+ of the new ones before/,
  );
  expect(at).toBe(FIRST_OPEN_MS + 300 * 3_600_000);
  // EUR for USD: a step that neither history makes.
  expect(describeContradiction(before, after(1.08))).toContain('1.08 times');
  expect(describeContradiction(before, after(1.02))).toBeUndefined();
  // A hole of the store, filled from elsewhere.
  const holed = change(stored, () => {});
  const filled = scalePrices(sliceCandles(stored, 200, 220), 5);
  const around = { ...holed };
  for (const name of ['openTimeMs', 'open', 'high', 'low', 'close', 'volume'] as const) {
    around[name] = stored[name].filter((_, row) => row < 200 || row >= 220);
  }
  expect(describeContradiction(around, filled)).toContain('5 times');
  expect(describeContradiction(around, sliceCandles(stored, 200, 220))).toBeUndefined();
});

test('behind missing candles a price may be another, and behind many anything', () => {
  const before = sliceCandles(stored, 0, 300);
  const after = (factor: number, gap: number) => scalePrices(sliceCandles(stored, 300 + gap, ROWS), factor);
  expect(describeContradiction(before, after(4, 50))).toBeUndefined();
  expect(describeContradiction(before, after(1000, 50))).toContain('times the close');
  expect(describeContradiction(before, after(1000, 150))).toBeUndefined();
});

test('a market that jumps as far all the time goes on', () => {
  const jumpy = change(stored, (series) => {
    for (const name of ['open', 'high', 'low', 'close'] as const) {
      for (let row = 0; row < ROWS; row++) series[name][row] *= 1 + 0.05 * (row % 3);
    }
  });
  expect(describeContradiction(sliceCandles(jumpy, 0, 300), sliceCandles(jumpy, 300, ROWS))).toBeUndefined();
});
