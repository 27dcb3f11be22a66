/** Simulated twins of what real files do, so that every finding is proved where there are no real files. */

import { expect, test } from 'vitest';
import { lengthen, makeFutures, mergeInto, pickRows, shiftHours } from '../../../test/support/mixed-candles.js';
import { processorMs } from '../../../test/support/processor-time.js';
import { type CandleSeries, rowCountOf, selectCandles, sliceCandles } from '../candle-series.js';
import { INTERVAL_MS } from '../interval.js';
import { checkCandles } from '../quality.js';
import { simulateMarket } from '../simulated-market.js';
import { compareSeries, describeDifference } from './compare-series.js';
import type { ImportFaults } from './import-faults.js';
import { findPriceBreaks } from './price-breaks.js';
import { setAsideRejected } from './row-faults.js';

const HOUR_MS = INTERVAL_MS['1h'];
const FIRST_MS = Date.UTC(2024, 0, 1);
const ROWS = 400;
const PRICES = ['open', 'high', 'low', 'close'] as const;

function market(): CandleSeries {
  const options = { symbol: 'TWIN', interval: '1h', seed: 11, firstOpenTimeMs: FIRST_MS, plantedR2: 0 } as const;
  return simulateMarket({ ...options, rowCount: ROWS }).series;
}

function change(edit: (series: CandleSeries) => void): CandleSeries {
  const series = market();
  edit(series);
  return series;
}

/** Prices from `start` on, times `factor`. */
function scale(series: CandleSeries, start: number, factor: number): void {
  for (const name of PRICES) for (let row = start; row < ROWS; row++) series[name][row] *= factor;
}

function without(series: CandleSeries, isGone: (row: number) => boolean): CandleSeries {
  return selectCandles(
    series,
    Array.from({ length: rowCountOf(series) }, (_, row) => row).filter((row) => !isGone(row)),
  );
}

/** A candle without trades at the close before it. */
function empty(series: CandleSeries, row: number): void {
  for (const name of PRICES) series[name][row] = series.close[row - 1];
  series.volume[row] = 0;
}

function codesOf(series: CandleSeries, imported?: ImportFaults): string[] {
  const nowMs = series.openTimeMs[rowCountOf(series) - 1] + HOUR_MS;
  return checkCandles(series, { nowMs, imported }).findings.map(({ code }) => code);
}

test.each<[string, () => CandleSeries, string[]]>([
  [
    'outage: an empty candle, then none',
    () =>
      without(
        change((series) => empty(series, 200)),
        (row) => row === 201,
      ),
    ['GAPS', 'OUTAGE', 'ZERO_VOLUME', 'FLAT_CANDLES'],
  ],
  ['suspension of a hundred hours', () => without(market(), (row) => row >= 200 && row < 300), ['GAPS', 'SUSPENSION']],
  ['no row without trades', () => without(market(), (row) => row % 20 === 7), ['GAPS', 'NO_TRADE_GAPS']],
  [
    'another coin under the old ticker',
    () =>
      without(
        change((series) => scale(series, 300, 23_456)),
        (row) => row >= 200 && row < 300,
      ),
    ['GAPS', 'SUSPENSION', 'JUMPS', 'RELISTING'],
  ],
  [
    'redenomination 1:100 behind a halt of ten hours',
    () =>
      without(
        change((series) => scale(series, 210, 0.01)),
        (row) => row >= 200 && row < 210,
      ),
    ['GAPS', 'JUMPS', 'REDENOMINATION'],
  ],
  ['redenomination 1:1000 overnight', () => change((series) => scale(series, 200, 0.001)), ['JUMPS', 'REDENOMINATION']],
  [
    'a price of zero and a high below the low',
    () =>
      change((series) => {
        series.open[0] = 0;
        series.low[0] = 0;
        series.high[9] = series.low[9] / 2;
      }),
    ['OHLC_ERRORS'],
  ],
  [
    'candles off the grid behind an outage',
    () =>
      without(
        change((series) => {
          for (let row = 201; row < 210; row++) series.openTimeMs[row] += 28 * 60_000 + 14_789;
        }),
        (row) => row === 200,
      ),
    ['GAPS', 'OFF_GRID'],
  ],
  [
    'a flash wick of seven times the price',
    () => change((series) => (series.high[200] = 7 * series.close[200])),
    ['WICKS'],
  ],
  ['a flash wick to a tenth', () => change((series) => (series.low[200] = 0.1 * series.close[200])), ['WICKS']],
  [
    'a test network: empty candles, most of them missing, another price after a while',
    () => {
      const series = change((candles) => {
        for (let row = 1; row < ROWS; row++) if (row < 8 || row > 391) empty(candles, row);
        scale(candles, 300, 6.7);
      });
      return without(series, (row) => row >= 10 && row < 390);
    },
    ['GAPS', 'SUSPENSION', 'ZERO_VOLUME', 'FLAT_CANDLES', 'JUMPS', 'RELISTING', 'IMPLAUSIBLE'],
  ],
  [
    '3-hour candles among hours',
    () => mergeInto(market(), lengthen(sliceCandles(market(), 0, 300), 3)),
    ['MIXED_LENGTHS'],
  ],
  [
    'futures among spot candles',
    () =>
      mergeInto(
        market(),
        pickRows(makeFutures(market(), 0.001), (row) => row % 2 === 0),
      ),
    ['MIXED_MARKETS'],
  ],
  [
    'parts by another clock',
    () =>
      mergeInto(
        market(),
        pickRows(shiftHours(market(), 2), (row) => row % 100 < 50 && row < 390),
      ),
    ['MIXED_CLOCKS'],
  ],
  [
    'base and quote volume in each other’s place',
    () => {
      const series = market();
      const quote = series.volume.map((volume, row) => volume * series.close[row]);
      for (let row = 100; row < 200; row++) [series.volume[row], quote[row]] = [quote[row], series.volume[row]];
      return { ...series, extras: { quote_volume: quote } };
    },
    ['VOLUME_UNITS'],
  ],
  [
    'a volume in the base asset, then in the quote asset',
    () =>
      change((series) => {
        for (let row = 210; row < ROWS; row++) series.volume[row] *= series.close[row];
      }),
    ['VOLUME_UNITS'],
  ],
  [
    'a tick of a quarter of a percent',
    () =>
      change((series) => {
        for (const name of PRICES) {
          for (let row = 0; row < ROWS; row++) series[name][row] = 50 * Math.round(series[name][row] / 50);
        }
      }),
    ['FLAT_CANDLES', 'COARSE_TICKS'],
  ],
  [
    'nobody has traded for two days',
    () =>
      change((series) => {
        for (let row = ROWS - 48; row < ROWS; row++) empty(series, row);
      }),
    ['ZERO_VOLUME', 'FLAT_CANDLES', 'DEAD_MARKET'],
  ],
  [
    'a feed that repeats its last close',
    () =>
      change((series) => {
        for (let row = ROWS - 30; row < ROWS; row++) {
          series.close[row] = series.close[row - 1];
          series.high[row] = Math.max(series.high[row], series.close[row]);
          series.low[row] = Math.min(series.low[row], series.close[row]);
        }
      }),
    ['DEAD_MARKET'],
  ],
  [
    'a price that never moves',
    () =>
      change((series) => {
        for (const name of PRICES) series[name].fill(1);
      }),
    ['FLAT_CANDLES', 'CONSTANT_PRICE'],
  ],
])('%s', (_, make, codes) => {
  expect(codesOf(make())).toEqual(codes);
});

test('what the import of a file met is told with the rest', () => {
  const imported: ImportFaults = {
    duplicateRows: 30,
    conflictingTimes: 24,
    conflictTimesMs: [FIRST_MS],
    partialTimesMs: [FIRST_MS],
    unclosedRows: 1,
    timeUnits: ['ms', 's'],
    badLines: [6],
    swappedVolumeTimesMs: [FIRST_MS],
    rejected: [{ openTimeMs: FIRST_MS, open: -1, high: 1, low: 1, close: 1, volume: 1, fault: 'price-not-positive' }],
  };
  expect(codesOf(market(), imported)).toEqual([
    'DUPLICATES',
    'CONFLICTS',
    'PARTIAL_CANDLES',
    'UNCLOSED',
    'TIME_UNITS',
    'BAD_LINES',
    'OHLC_ERRORS',
    'VOLUME_UNITS',
  ]);
});

test('times stand in findings as people write them', () => {
  const series = change((candles) => (candles.close[12] = Number.NaN));
  const [finding] = checkCandles(series, { nowMs: FIRST_MS + ROWS * HOUR_MS }).findings;
  expect(finding.message).toContain('2024-01-01 12:00 UTC');
});

test('a candle that has not closed, and a clock that is off, are errors', () => {
  const series = market();
  const nowMs = series.openTimeMs[ROWS - 1] + HOUR_MS / 2;
  const { findings } = checkCandles(series, { nowMs, clockOffsetMs: -7_000 });
  expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['error CLOCK_OFFSET', 'error UNCLOSED']);
  expect(findings[1].timesMs).toEqual([series.openTimeMs[ROWS - 1]]);
});

test('candles that were filled in are counted', () => {
  const series = change((candles) => {
    for (let row = 50; row < 55; row++) empty(candles, row);
  });
  expect(checkCandles(series, { nowMs: FIRST_MS })).toMatchObject({ filledRows: 5, filledShare: 5 / ROWS });
});

test('a crash within candles is no break, however deep: trading goes on where it was', () => {
  const series = market();
  // Half a day, each hour a third of the hour before, as LUNAUSDT in May 2022.
  for (let row = 200; row < 212; row++) {
    series.open[row] = series.close[row - 1];
    series.close[row] = series.open[row] / 3;
    series.high[row] = series.open[row];
    series.low[row] = series.close[row];
  }
  scale(series, 212, series.close[211] / series.open[212]);
  expect(findPriceBreaks(series)).toEqual([]);
  expect(setAsideRejected(series).sound).toBe(series);
});

test('an unfinished copy is told from a revised one', () => {
  const newer = market();
  const older = market();
  older.close[10] = (older.high[10] + older.low[10]) / 2;
  older.volume[10] /= 3;
  older.volume[20] *= 2;
  const difference = compareSeries(
    without(sliceCandles(older, 0, 300), (row) => row === 30),
    newer,
  );
  expect(difference).toEqual({
    commonRows: 299,
    revisedTimesMs: [10, 20].map((row) => newer.openTimeMs[row]),
    partialTimesMs: [newer.openTimeMs[10]],
    removedTimesMs: [],
    addedTimesMs: [newer.openTimeMs[30]],
  });
  expect(describeDifference(difference).map(({ code }) => code)).toEqual(['REVISED', 'PARTIAL_CANDLES']);
  expect(describeDifference(compareSeries(newer, market()))).toEqual([]);
});

test('ten times the rows are no more than ten times the work', () => {
  const rowCount = Number(process.env.TRADEAI_TEST_QUALITY_ROWS ?? 150_000);
  const options = { symbol: 'LONG', interval: '1m', seed: 5, firstOpenTimeMs: FIRST_MS, plantedR2: 0 } as const;
  const { series } = simulateMarket({ ...options, rowCount });
  const costOf = (rows: number) =>
    processorMs(() => checkCandles(sliceCandles(series, 0, rows), { nowMs: FIRST_MS })) / rows;
  expect(costOf(rowCount)).toBeLessThan(3 * costOf(rowCount / 10));
});

test('a volume that changes its unit is told where it does so, there and back', () => {
  const series = change((candles) => {
    for (let row = 150; row < 270; row++) candles.volume[row] *= candles.close[row];
  });
  const { findings } = checkCandles(series, { nowMs: FIRST_MS + ROWS * HOUR_MS });
  const [finding] = findings.filter(({ code }) => code === 'VOLUME_UNITS');
  expect(finding.timesMs).toEqual([series.openTimeMs[150], series.openTimeMs[270]]);
  const grown = change((candles) => {
    for (let row = 150; row < ROWS; row++) candles.volume[row] *= 100;
  });
  expect(checkCandles(grown, { nowMs: FIRST_MS }).findings.map(({ code }) => code)).not.toContain('VOLUME_UNITS');
});
