import { expect, test } from 'vitest';
import { makeCandles } from '../../test/support/doctor-workspace.js';
import { selectCandles, sliceCandles } from '../market/candle-series.js';
import { RecentCandles } from './recent-candles.js';

const HOUR_MS = 3_600_000;
const series = makeCandles({ symbol: 'TESTUSDT', rowCount: 2_000 });

test('shows the newest candle, its closes, and the change since the close a day before', () => {
  const recent = new RecentCandles(series);
  expect(recent.closedMs).toBe(series.openTimeMs[1_999] + HOUR_MS);
  expect(recent.last()).toEqual({
    openTimeMs: series.openTimeMs[1_999],
    closeTimeMs: series.openTimeMs[1_999] + HOUR_MS,
    close: series.close[1_999],
    change24h: series.close[1_999] / series.close[1_975] - 1,
  });
  expect(recent.closes()).toEqual(Array.from(series.close.slice(-48)));
});

test('a gap a day before takes the last close in front of it, and one longer than a day takes none', () => {
  const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  const short = selectCandles(series, [...rows(0, 1_970), ...rows(1_980, 2_000)]);
  expect(new RecentCandles(short).last()?.change24h).toBe(series.close[1_999] / series.close[1_969] - 1);
  const long = selectCandles(series, [...rows(0, 1_900), ...rows(1_980, 2_000)]);
  expect(new RecentCandles(long).last()?.change24h).toBeNull();
});

test('without candles there is nothing to show', () => {
  const recent = new RecentCandles(sliceCandles(series, 0, 0));
  expect([recent.closedMs, recent.last(), recent.closes()]).toEqual([undefined, null, []]);
});
