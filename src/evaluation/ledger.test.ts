import { expect, test } from 'vitest';
import { HOUR_MS, LEDGER_START_MS, makeForecast } from '../../test/support/ledger-forecasts.js';
import { type CandleSeries, selectCandles } from '../market/candle-series.js';
import { outcomeOf, resolveForecasts } from './ledger.js';

/** Candles that close 1, 2, 3 … hours after the first forecast, at 100, 101, 102 … */
function makeCandles(rowCount: number): CandleSeries {
  const column = (valueAt: (row: number) => number) =>
    Float64Array.from({ length: rowCount }, (_, row) => valueAt(row));
  const price = (row: number) => 100 + row;
  return {
    symbol: 'TESTUSDT',
    interval: '1h',
    openTimeMs: column((row) => LEDGER_START_MS + row * HOUR_MS),
    open: column(price),
    high: column(price),
    low: column(price),
    close: column(price),
    volume: column(price),
    extras: {},
  };
}

test('says whether direction and interval were right; where nothing moved there was no direction', () => {
  const resolve = (close: number, predictedChange = 0.01) => outcomeOf(makeForecast(0, { predictedChange }), close, 7);
  expect(resolve(102)).toEqual({
    close: 102,
    change: 0.020000000000000018,
    isHit: true,
    isInside: true,
    scoredAtMs: 7,
  });
  expect(resolve(98)).toMatchObject({ isHit: false, isInside: false });
  expect(resolve(98, -0.01)).toMatchObject({ isHit: true });
  expect(resolve(100)).toMatchObject({ change: 0, isHit: null, isInside: true });
  expect(resolve(102, 0)).toMatchObject({ isHit: null });
});

test('resolves against the candle that closes at the target time', () => {
  const series = makeCandles(3);
  const forecasts = [0, 1, 2, 3].map((hour) => makeForecast(hour));
  const resolved = resolveForecasts(forecasts, series, 99);
  expect(resolved.map(({ asOfMs, outcome }) => [(asOfMs - LEDGER_START_MS) / HOUR_MS, outcome?.close])).toEqual([
    [0, 100],
    [1, 101],
    [2, 102],
  ]);
  expect(resolved[0].settledAtMs).toBe(99);
});

test('waits for a missing candle until three later ones are there', () => {
  const withHole = (rowCount: number) => {
    const rows = Array.from({ length: rowCount }, (_, row) => row).filter((row) => row !== 1);
    return selectCandles(makeCandles(rowCount), rows);
  };
  expect(resolveForecasts([makeForecast(1)], withHole(4), 0)).toEqual([]);
  const [resolved] = resolveForecasts([makeForecast(1)], withHole(5), 0);
  expect(resolved).toMatchObject({ version: 1, outcome: null });
});

test('a price that became another thing on the way resolves without an outcome', () => {
  const series = makeCandles(6);
  for (const name of ['open', 'high', 'low', 'close'] as const)
    series[name].set(
      series[name].slice(3).map((x) => x / 1_000),
      3,
    );
  const resolved = resolveForecasts([makeForecast(2), makeForecast(3), makeForecast(4)], series, 0);
  expect(resolved.map(({ outcome }) => outcome?.close ?? null)).toEqual([102, null, 0.104]);
});

test('leaves forecasts alone whose candles are not among those given', () => {
  const newest = selectCandles(makeCandles(20), [15, 16, 17, 18, 19]);
  expect(resolveForecasts([makeForecast(3), makeForecast(30)], newest, 0)).toEqual([]);
});

test('resolves nothing without candles', () => {
  expect(resolveForecasts([makeForecast(0)], makeCandles(0), 0)).toEqual([]);
});
