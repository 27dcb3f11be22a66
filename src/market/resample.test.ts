import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withColumnSource } from '../duckdb/column-source.js';
import { readDoubleColumns } from '../duckdb/columns.js';
import { withDuckDb } from '../duckdb/connection.js';
import { type CandleSeries, rowCountOf, selectCandles, sliceCandles } from './candle-series.js';
import { INTERVAL_MS, type Interval } from './interval.js';
import { canResample, resampleCandles } from './resample.js';
import { simulateMarket } from './simulated-market.js';

const MINUTE_MS = INTERVAL_MS['1m'];

function market(interval: Interval, rowCount: number, firstOpenTimeMs: number): CandleSeries {
  const { series } = simulateMarket({ symbol: 'BTCUSDT', interval, rowCount, seed: 3, firstOpenTimeMs, plantedR2: 0 });
  return series;
}

/** Keeps about `share` of the rows, the same ones each time. */
function thin(series: CandleSeries, share: number): CandleSeries {
  const rows = Array.from({ length: rowCountOf(series) }, (_, row) => row);
  return selectCandles(
    series,
    rows.filter((row) => (row * 2_654_435_761) % 1000 < share * 1000),
  );
}

/** The same in SQL, whole and unfinished buckets alike. */
async function resampleInSql(series: CandleSeries, width: string): Promise<CandleSeries> {
  const names = ['openTimeMs', 'open', 'high', 'low', 'close', 'volume'] as const;
  const { columns } = await withDuckDb((connection) =>
    withColumnSource({ names, columns: names.map((name) => series[name]) }, (table) =>
      readDoubleColumns(
        connection,
        `SELECT epoch_ms(time_bucket(INTERVAL '${width}', make_timestamp(openTimeMs::BIGINT * 1000)))::DOUBLE AS bucket,
           arg_min(open, openTimeMs), max(high), min(low), arg_max(close, openTimeMs), sum(volume ORDER BY openTimeMs)
         FROM ${table} GROUP BY bucket ORDER BY bucket`,
      ),
    ),
  );
  const [openTimeMs, open, high, low, close, volume] = columns;
  return { ...series, openTimeMs, open, high, low, close, volume };
}

describe('agrees with DuckDB’s time_bucket', () => {
  // https://duckdb.org/docs/stable/sql/functions/timestamp: buckets of days and weeks are counted from Monday, 3 January 2000
  test.each<[Interval, Interval, string]>([
    ['1m', '1h', '1 hour'],
    ['1m', '15m', '15 minutes'],
    ['15m', '4h', '4 hours'],
    ['1h', '1d', '1 day'],
    ['4h', '3d', '3 days'],
    ['1h', '1w', '7 days'],
    ['1d', '1w', '7 days'],
  ])('%s to %s', async (from, to, width) => {
    // begins and ends within a bucket, with a fifth of the candles missing
    const series = thin(market(from, 3_000, Date.UTC(2023, 11, 13) + 7 * INTERVAL_MS[from]), 0.8);
    const found = resampleCandles(series, to);
    const all = await resampleInSql(series, width);
    const whole = sliceCandles(all, 1, rowCountOf(all) - 1);
    expect(rowCountOf(found)).toBeGreaterThan(5);
    expect({ ...found, volume: null }).toEqual({ ...whole, interval: to, volume: null });
    for (const [row, volume] of found.volume.entries()) expect(volume / whole.volume[row]).toBeCloseTo(1, 12);
  });
});

test('sums as in the first example of pandas’ resample', () => {
  // https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.resample.html: nine minutes of 0…8 make 3, 12, 21
  const openTimeMs = Float64Array.from({ length: 9 }, (_, row) => Date.UTC(2000, 0, 1) + row * MINUTE_MS);
  const values = Float64Array.from({ length: 9 }, (_, row) => row);
  const series: CandleSeries = {
    symbol: 'X',
    interval: '1m',
    openTimeMs,
    open: values,
    high: values,
    low: values,
    close: values,
    volume: values,
    extras: { count: values.map((value) => (value === 4 || value > 5 ? Number.NaN : value)), rate: values },
  };
  expect(resampleCandles(series, '3m')).toEqual({
    symbol: 'X',
    interval: '3m',
    openTimeMs: Float64Array.of(openTimeMs[0], openTimeMs[3], openTimeMs[6]),
    open: Float64Array.of(0, 3, 6),
    high: Float64Array.of(2, 5, 8),
    low: Float64Array.of(0, 3, 6),
    close: Float64Array.of(2, 5, 8),
    volume: Float64Array.of(3, 12, 21),
    // a sum of what is known; a column that is no sum is left out
    extras: { count: Float64Array.of(3, 8, Number.NaN) },
  });
});

test('weeks begin on Monday at midnight UTC', () => {
  const week = resampleCandles(market('1h', 24 * 30, Date.UTC(2024, 0, 1)), '1w');
  expect([...week.openTimeMs].map((timeMs) => new Date(timeMs).toISOString())).toEqual(
    ['01', '08', '15', '22'].map((day) => `2024-01-${day}T00:00:00.000Z`),
  );
});

test('only whole candles are made, and later ones change no earlier ones', () => {
  const hour = Date.UTC(2024, 0, 1, 5);
  fc.assert(
    fc.property(fc.nat(200), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }), (offset, a, b) => {
      const series = market('1m', Math.max(a, b), hour + offset * MINUTE_MS);
      const [shorter, longer] = [Math.min(a, b), Math.max(a, b)].map((end) =>
        resampleCandles(sliceCandles(series, 0, end), '1h'),
      );
      expect(sliceCandles(longer, 0, rowCountOf(shorter))).toEqual(shorter);
      const firstMs = Math.ceil((hour + offset * MINUTE_MS) / INTERVAL_MS['1h']) * INTERVAL_MS['1h'];
      const endMs = hour + (offset + Math.max(a, b)) * MINUTE_MS;
      expect(rowCountOf(longer)).toBe(Math.max(0, Math.floor((endMs - firstMs) / INTERVAL_MS['1h'])));
    }),
    { numRuns: 40 },
  );
});

test('in two steps as in one', () => {
  const series = market('1m', 5_000, Date.UTC(2024, 0, 1));
  const { volume: inTwo, ...twoSteps } = resampleCandles(resampleCandles(series, '15m'), '4h');
  const { volume: inOne, ...oneStep } = resampleCandles(series, '4h');
  expect(twoSteps).toEqual(oneStep);
  for (const [row, volume] of inOne.entries()) expect(inTwo[row] / volume).toBeCloseTo(1, 12);
});

test('the interval of the candles themselves changes nothing; no multiple of it is refused', () => {
  const series = market('4h', 10, 0);
  expect(resampleCandles(series, '4h')).toBe(series);
  expect(canResample('4h', '6h')).toBe(false);
  expect(() => resampleCandles(series, '6h')).toThrow('6h candles cannot be made of 4h candles');
  expect(() => resampleCandles(series, '1h')).toThrow('1h candles cannot be made of 4h candles');
  expect(rowCountOf(resampleCandles(market('1m', 0, 0), '1h'))).toBe(0);
});
