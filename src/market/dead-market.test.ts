import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { type CandleSeries, candleAt, rowCountOf } from './candle-series.js';
import { describeDeadMarket, findConstantClose, findDeadMarket, SilenceWatch } from './dead-market.js';
import { INTERVAL_MS } from './interval.js';
import { simulateMarket } from './simulated-market.js';

const HOUR_MS = INTERVAL_MS['1h'];
const FIRST_MS = Date.UTC(2024, 0, 1);
const ROWS = 5_000;

function market(rowCount = ROWS): CandleSeries {
  const options = { symbol: 'DEAD', interval: '1h', seed: 2, firstOpenTimeMs: FIRST_MS, plantedR2: 0 } as const;
  return simulateMarket({ ...options, rowCount }).series;
}

/** Without a trade, at the close before. */
function silence(series: CandleSeries, row: number): void {
  for (const name of ['open', 'high', 'low', 'close'] as const) series[name][row] = series.close[row - 1];
  series.volume[row] = 0;
}

/** A market of which each candle is silent with a probability, and its last ones all. */
function illiquid(silentShare: number, silentRows: number): CandleSeries {
  const series = market();
  const random = new Random(3, RANDOM_STREAM.test);
  for (let row = 1; row < ROWS; row++) {
    const isSilent = random.nextUniform() < silentShare;
    if (isSilent || row >= ROWS - silentRows) silence(series, row);
  }
  return series;
}

describe('a market that trades in every candle', () => {
  test('is dead behind 25 silent ones, and not behind 24', () => {
    expect(findDeadMarket(illiquid(0, 24))).toBeUndefined();
    expect(findDeadMarket(illiquid(0, 25))).toEqual({
      kind: 'no-trade',
      rows: 25,
      sinceMs: FIRST_MS + (ROWS - 25) * HOUR_MS,
      usualRows: 0,
      isMoving: false,
    });
  });

  test('is dead where its price stands still, however much is traded', () => {
    const series = market();
    for (let row = ROWS - 30; row < ROWS; row++) series.close[row] = series.close[row - 1];
    expect(findDeadMarket(series)).toMatchObject({ kind: 'no-move', rows: 30, isMoving: false });
  });

  test('was not dead while an exchange was down for a day, once it trades again', () => {
    const series = market();
    for (let row = 2_000; row < 2_030; row++) silence(series, row);
    expect(findDeadMarket(series)).toBeUndefined();
  });
});

test('a market that hardly trades is dead behind a silence that is long for it', () => {
  // One silence in a thousand is longer than ln(0.001) / ln(0.9) = 66 candles.
  expect(findDeadMarket(illiquid(0.9, 60))).toBeUndefined();
  const dead = findDeadMarket(illiquid(0.9, 400))!;
  expect(dead.rows).toBeGreaterThanOrEqual(400);
  expect(dead.usualRows).toBeGreaterThan(40);
  expect(dead.usualRows).toBeLessThan(90);
});

test('one long silence in the past makes no later one usual', () => {
  const series = market();
  for (let row = 1_000; row < 2_000; row++) silence(series, row);
  for (let row = ROWS - 100; row < ROWS; row++) silence(series, row);
  expect(findDeadMarket(series)).toMatchObject({ rows: 100, usualRows: 0 });
});

test('volumes that are never told say nothing; volumes that are told no more do not make the price stand still', () => {
  const never = market();
  never.volume.fill(0);
  expect(findDeadMarket(never)).toBeUndefined();
  const noMore = market();
  noMore.volume.fill(0, 4_000);
  const dead = findDeadMarket(noMore)!;
  expect(dead).toMatchObject({ kind: 'no-trade', rows: 1_000, isMoving: true });
  expect(describeDeadMarket(dead)).toContain('its volumes are told no more');
});

test('it is told with its length, its beginning, and what was usual', () => {
  expect(describeDeadMarket(findDeadMarket(illiquid(0, 48))!)).toBe(
    'no trade in the last 48 candles, since 2024-07-25 08:00 UTC, and hardly ever in one before: the market is dead or halted',
  );
});

test('candle by candle it is what it is of the whole series', () => {
  const series = illiquid(0.5, 300);
  const watch = new SilenceWatch();
  for (let row = 0; row < rowCountOf(series); row++) watch.take(candleAt(series, row));
  expect(watch.deadMarket()).toEqual(findDeadMarket(series));
});

test('a constant price is one that every candle closes at', () => {
  const series = market(100);
  expect(findConstantClose(series)).toBeUndefined();
  series.close.fill(1.5);
  expect(findConstantClose(series)).toBe(1.5);
  expect(findConstantClose(market(1))).toBeUndefined();
});
