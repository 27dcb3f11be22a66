import { expect, test } from 'vitest';
import { type CandleSeries, selectCandles } from './candle-series.js';
import { findOffGridRows } from './quality/row-faults.js';
import { checkCandles } from './quality.js';
import { simulateMarket } from './simulated-market.js';

const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 0, 1);

function market(rowCount = 500): CandleSeries {
  return simulateMarket({ symbol: 'DEMO', interval: '1h', rowCount, seed: 3, firstOpenTimeMs: FIRST_MS, plantedR2: 0 })
    .series;
}

const endOf = (series: CandleSeries) => series.openTimeMs[series.openTimeMs.length - 1] + HOUR_MS;

function codesOf(series: CandleSeries, nowMs = endOf(series)): string[] {
  return checkCandles(series, { nowMs }).findings.map((finding) => `${finding.severity} ${finding.code}`);
}

test('a whole and current market has no findings', () => {
  const series = market();
  const report = checkCandles(series, { nowMs: endOf(series) + HOUR_MS });
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({
    rowCount: 500,
    firstOpenTimeMs: FIRST_MS,
    lastOpenTimeMs: FIRST_MS + 499 * HOUR_MS,
    lastClosedAgeIntervals: 1,
    duplicateRows: null,
    conflictingTimes: null,
  });
});

test('gaps are counted, the longest is named, and more than 1 % missing is a warning', () => {
  const rows = Array.from({ length: 500 }, (_, row) => row);
  const small = selectCandles(
    market(),
    rows.filter((row) => row !== 100),
  );
  const report = checkCandles(small, { nowMs: endOf(small) });
  expect(report.gaps).toMatchObject({ count: 1, missingRows: 1, missingShare: 1 / 500 });
  expect(codesOf(small)).toEqual(['info GAPS']);
  const large = selectCandles(
    market(),
    rows.filter((row) => row !== 100 && (row < 200 || row >= 220)),
  );
  const { gaps } = checkCandles(large, { nowMs: endOf(large) });
  expect(gaps).toMatchObject({ count: 2, missingRows: 21 });
  expect(gaps.longest).toMatchObject({ fromMs: FIRST_MS + 200 * HOUR_MS, missingRows: 20 });
  expect(codesOf(large)).toEqual(['warning GAPS']);
});

test('contradicting and impossible values are errors at their times', () => {
  const series = market();
  series.high[7] = series.low[7] / 2;
  series.close[9] = Number.NaN;
  series.volume[11] = -1;
  const [finding] = checkCandles(series, { nowMs: endOf(series) }).findings.filter(
    ({ code }) => code === 'OHLC_ERRORS',
  );
  expect(finding.severity).toBe('error');
  expect(finding.timesMs).toEqual([7, 9, 11].map((row) => FIRST_MS + row * HOUR_MS));
});

test('candles without trades and flat candles are counted', () => {
  const series = market();
  series.volume[5] = 0;
  for (const column of [series.open, series.high, series.low, series.close]) column[5] = series.close[4];
  series.open[6] = series.close[4];
  series.high[6] = Math.max(series.high[6], series.open[6]);
  series.low[6] = Math.min(series.low[6], series.open[6]);
  const report = checkCandles(series, { nowMs: endOf(series) });
  expect(report).toMatchObject({ zeroVolumeRows: 1, zeroVolumeShare: 1 / 500, flatRows: 1, flatShare: 1 / 500 });
  expect(codesOf(series)).toEqual(['info ZERO_VOLUME', 'info FLAT_CANDLES']);
});

test('a move beyond eight robust deviations and 10 % is a jump', () => {
  const series = scaled(market(), 300, 1.2);
  const report = checkCandles(series, { nowMs: endOf(series) });
  expect(report.jumpThreshold).toBeGreaterThanOrEqual(0.1);
  expect(report.jumps).toHaveLength(1);
  expect(report.jumps[0]).toMatchObject({ openTimeMs: FIRST_MS + 300 * HOUR_MS, isAcrossGap: false });
  expect(codesOf(series)).toEqual(['warning JUMPS']);
});

test('a price in other units behind a gap is a redenomination', () => {
  const rows = Array.from({ length: 500 }, (_, row) => row).filter((row) => row < 290 || row >= 300);
  const series = selectCandles(scaled(market(), 300, 0.01), rows);
  expect(codesOf(series)).toEqual(['warning GAPS', 'warning JUMPS', 'warning REDENOMINATION']);
  expect(checkCandles(series, { nowMs: endOf(series) }).jumps[0].isAcrossGap).toBe(true);
});

test('an old last candle is stale', () => {
  const series = market();
  expect(codesOf(series, endOf(series) + 2 * HOUR_MS)).toEqual([]);
  expect(codesOf(series, endOf(series) + 3 * HOUR_MS)).toEqual(['warning STALE']);
});

test('what the import saw is reported with the rest', () => {
  const series = market();
  const imported = { duplicateRows: 2, conflictingTimes: 1 };
  const report = checkCandles(series, { nowMs: endOf(series), imported });
  expect(report).toMatchObject(imported);
  expect(report.findings.map(({ code }) => code)).toEqual(['DUPLICATES', 'CONFLICTS']);
});

test('the grid is the interval since the epoch, weeks open on Monday, three days where the first row does', () => {
  expect(findOffGridRows(Float64Array.of(FIRST_MS, FIRST_MS + HOUR_MS + 1), '1h')).toEqual([1]);
  expect(findOffGridRows(Float64Array.of(FIRST_MS), '1w')).toEqual([]);
  expect(findOffGridRows(Float64Array.of(FIRST_MS + 24 * HOUR_MS), '1w')).toEqual([0]);
  expect(findOffGridRows(Float64Array.of(FIRST_MS, FIRST_MS + 72 * HOUR_MS, FIRST_MS + 120 * HOUR_MS), '3d')).toEqual([
    2,
  ]);
});

test('an empty series has a report without numbers made up', () => {
  const report = checkCandles(market(0), { nowMs: FIRST_MS });
  expect(report).toMatchObject({ rowCount: 0, firstOpenTimeMs: null, lastClosedAgeIntervals: null, findings: [] });
});

/** The prices from `row` on, times `factor`. */
function scaled(series: CandleSeries, row: number, factor: number): CandleSeries {
  for (const column of [series.open, series.high, series.low, series.close]) {
    for (let at = row; at < column.length; at++) column[at] *= factor;
  }
  return series;
}
