/** Expected values are those of https://github.com/eguidotti/bidask, whose authors published the estimator. */

import { expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { type CandleSeries, rowCountOf, selectCandles } from './candle-series.js';
import {
  type EffectiveSpread,
  estimateAbdiRanaldo,
  estimateEdge,
  estimateEffectiveSpread,
  type PriceColumns,
  type SquaredSpread,
} from './effective-spread.js';
import { INTERVAL_MS } from './interval.js';

/** The first rows of https://github.com/eguidotti/bidask/blob/main/pseudocode/ohlc.csv: open, high, low, close. */
const PUBLISHED_ROWS = [
  [1.00240075994025, 1.00935878365403, 0.976061138469904, 0.976061138469904],
  [0.929743096395543, 0.929774737723069, 0.928919694164385, 0.929774737723069],
  [0.943911414384193, 0.968140794511406, 0.943911414384193, 0.968140794511406],
  [0.977605378856722, 0.977605378856722, 0.977605378856722, 0.977605378856722],
  [0.961535370407048, 0.99982474278851, 0.961535370407048, 0.986215329667607],
  [0.982409003083975, 0.992213437101346, 0.982409003083975, 0.992213437101346],
  [1.03435413274433, 1.03435413274433, 1.03435413274433, 1.03435413274433],
  [1.0201424300403, 1.04025465277235, 1.0201424300403, 1.03219266262805],
  [1.03650094499406, 1.03650094499406, 1.03650094499406, 1.03650094499406],
  [1.05368509087896, 1.05368509087896, 1.02605242183949, 1.02798086837104],
];

function columnsOf(rows: readonly (readonly number[])[]): PriceColumns {
  const [open, high, low, close] = [0, 1, 2, 3].map((at) => Float64Array.from(rows, (row) => row[at]));
  return { open, high, low, close };
}

/** As the reference gives it with `sign = True`. */
const signedRoot = ({ value }: SquaredSpread) => Math.sign(value) * Math.sqrt(Math.abs(value));

test('EDGE is that of its authors, on the rows and the value of their own test', () => {
  // https://github.com/eguidotti/bidask/blob/main/python/tests/test_edge.py
  expect(signedRoot(estimateEdge(columnsOf(PUBLISHED_ROWS))!)).toBeCloseTo(-0.016889917516422, 14);
});

test('EDGE leaves out what is missing as its authors do', () => {
  // What their Python, version of 2025, gives for these rows with NaN in them.
  const withoutRow = PUBLISHED_ROWS.map((row, at) => (at === 4 ? row.map(() => Number.NaN) : row));
  expect(signedRoot(estimateEdge(columnsOf(withoutRow))!)).toBeCloseTo(-0.02498983141499007, 14);
  const withoutCells = PUBLISHED_ROWS.map((row, at) =>
    row.map((price, column) => ((at === 2 && column === 0) || (at === 7 && column === 3) ? Number.NaN : price)),
  );
  expect(signedRoot(estimateEdge(columnsOf(withoutCells))!)).toBeCloseTo(-0.021102899784377217, 14);
});

test('EDGE knows nothing of candles that did not move, as its authors’ test has it', () => {
  const rows = [
    [18.21, 18.21, 17.61, 17.61],
    [17.61, 17.61, 17.61, 17.61],
    [17.61, 17.61, 17.61, 17.61],
  ];
  expect(estimateEdge(columnsOf(rows))).toBeUndefined();
  expect(estimateEdge(columnsOf(PUBLISHED_ROWS.slice(0, 1)))).toBeUndefined();
});

test('Abdi–Ranaldo is the one of the same authors’ R package', () => {
  // https://github.com/eguidotti/bidask/blob/main/r/R/ar.R, computed with numpy.
  expect(signedRoot(estimateAbdiRanaldo(columnsOf(PUBLISHED_ROWS))!)).toBeCloseTo(-0.022898887314870515, 14);
  expect(estimateAbdiRanaldo(columnsOf(PUBLISHED_ROWS.slice(0, 1)))).toBeUndefined();
});

const SPREAD = 0.01;
const ROWS = 4_000;

/** Candles of trades at either side of a middle that walks: 20 in each, half the spread away. */
function marketWithSpread(): CandleSeries {
  const random = new Random(7, RANDOM_STREAM.test);
  let middle = 100;
  const rows = Array.from({ length: ROWS }, () => {
    const trades = Array.from({ length: 20 }, () => {
      middle *= Math.exp(0.003 * random.nextNormal());
      return middle * (1 + (random.nextUniform() < 0.5 ? -SPREAD : SPREAD) / 2);
    });
    return [trades[0], Math.max(...trades), Math.min(...trades), trades[19]];
  });
  const openTimeMs = Float64Array.from({ length: ROWS }, (_, row) => row * INTERVAL_MS['1h']);
  const volume = new Float64Array(ROWS).fill(1);
  return { symbol: 'WIDE', interval: '1h', openTimeMs, ...columnsOf(rows), volume, extras: {} };
}

function expectSpread(found: EffectiveSpread | undefined, estimator: EffectiveSpread['estimator']): void {
  expect(found?.estimator).toBe(estimator);
  expect(Math.abs(found!.share / SPREAD - 1)).toBeLessThan(0.1);
  expect(found!.ci95[0]).toBeLessThan(SPREAD);
  expect(found!.ci95[1]).toBeGreaterThan(SPREAD);
}

test('a spread of one percent is found', () => {
  const series = marketWithSpread();
  expectSpread(estimateEffectiveSpread(series), 'edge');
  expect(estimateEffectiveSpread(series)?.rows).toBe(ROWS);
});

test('it is found where opens repeat the close before, which EDGE takes for no spread at all', () => {
  const series = marketWithSpread();
  for (let row = 1; row < ROWS; row++) {
    const open = series.close[row - 1];
    series.open[row] = open;
    series.high[row] = Math.max(series.high[row], open);
    series.low[row] = Math.min(series.low[row], open);
  }
  expect(Math.sqrt(estimateEdge(series)!.value)).toBeLessThan(0.2 * SPREAD);
  // Highs and lows that hold the close before are no extremes of their own candle: that costs a fifth.
  const found = estimateEffectiveSpread(series)!;
  expect(found.estimator).toBe('abdi-ranaldo');
  expect(found.share).toBeGreaterThan(0.7 * SPREAD);
  expect(found.share).toBeLessThan(1.1 * SPREAD);
});

test('no neighbours are taken for such across a gap', () => {
  const series = marketWithSpread();
  // Every other day at ten times the price: across the gaps everything jumps, within the days nothing has changed.
  for (const column of [series.open, series.high, series.low, series.close]) {
    for (let row = 0; row < ROWS; row++) if (Math.floor(row / 48) % 2 === 1) column[row] *= 10;
  }
  const rows = Array.from({ length: ROWS }, (_, row) => row).filter((row) => row % 48 !== 47);
  expectSpread(estimateEffectiveSpread(selectCandles(series, rows)), 'edge');
});

test('of a spread that is not there nothing is found, within a bound; of too few candles nothing is said', () => {
  const series = marketWithSpread();
  const still = selectCandles(
    series,
    Array.from({ length: 99 }, (_, row) => row),
  );
  expect(estimateEffectiveSpread(still)).toBeUndefined();
  const one = new Float64Array(ROWS).fill(1);
  expect(estimateEffectiveSpread({ ...series, open: one, high: one, low: one, close: one })).toBeUndefined();
  const random = new Random(8, RANDOM_STREAM.test);
  let price = 100;
  for (let row = 0; row < rowCountOf(series); row++) {
    const path = Array.from({ length: 200 }, () => (price *= Math.exp(0.0003 * random.nextNormal())));
    [series.open[row], series.close[row]] = [path[0], path[199]];
    [series.high[row], series.low[row]] = [Math.max(...path), Math.min(...path)];
  }
  const { share, ci95 } = estimateEffectiveSpread(series)!;
  expect(share).toBeLessThan(0.0006);
  expect(ci95[0]).toBe(0);
  expect(ci95[1]).toBeLessThan(0.001);
});
