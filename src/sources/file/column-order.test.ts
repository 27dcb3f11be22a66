import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { simulateMarket } from '../../market/simulated-market.js';
import { type ColumnOrder, describePriceOrder, findColumnOrder, hasTurnedOpens, KNOWN_ORDERS } from './column-order.js';

const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 0, 1);
/** Pairs of candles from which opens and closes are told apart. */
const TELLING_PAIRS = 20;
const MARKET = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: 2_000,
  seed: 5,
  firstOpenTimeMs: FIRST_MS,
  plantedR2: 0,
}).series;

type Columns = Readonly<Record<string, Float64Array>>;

/** A part of a simulated market as every column that exchanges write. */
function columnsFrom(first: number, rowCount: number, scale = 1): Columns {
  const cut = (values: Float64Array, factor = 1) =>
    values.slice(first, first + rowCount).map((value) => value * factor);
  const [open, high, low, close] = [MARKET.open, MARKET.high, MARKET.low, MARKET.close].map((prices) =>
    cut(prices, scale),
  );
  const volume = cut(MARKET.volume);
  const vwap = high.map((value, row) => (value + low[row] + close[row]) / 3);
  const quoteVolume = volume.map((value, row) => value * vwap[row]);
  const openTime = cut(MARKET.openTimeMs);
  return {
    ...{ open_time: openTime, open, high, low, close, volume, vwap },
    ...{ quote_volume: quoteVolume, same_quote_volume: quoteVolume, quote_volume_usdt: quoteVolume },
    ...{ same_volume: volume, same_volume_too: volume, contracts: volume.map((value) => Math.round(value * 100)) },
    trades: volume.map((value) => Math.ceil(value * 10)),
    confirm: volume.map(() => 1),
    close_time: openTime.map((value) => value + HOUR_MS - 1),
  };
}

const inOrder = (order: ColumnOrder, columns: Columns) => order.names.map((name) => columns[name]);

function permuted(columns: readonly Float64Array[], rows: readonly number[]): Float64Array[] {
  return columns.map((values) => Float64Array.from(rows, (row) => values[row]));
}

/** The candles that an order makes of the columns. */
function candlesIn(order: ColumnOrder, columns: readonly Float64Array[]): (readonly number[])[] {
  return ['open_time', 'open', 'high', 'low', 'close', 'volume'].map((name) => [...columns[order.names.indexOf(name)]]);
}

describe('rows without names', () => {
  const orders = KNOWN_ORDERS.filter(({ names }) => names.length < 12);

  test.each(orders.map((order) => [`${order.names.join(' ')}, ${order.origin}`, order] as const))(
    '%s, are told by their values in whatever order of time',
    (_, order) => {
      const columns = inOrder(order, columnsFrom(0, 300));
      const rows = [...columns[0].keys()];
      for (const inTime of [rows, rows.toReversed(), [...rows.slice(100), ...rows.slice(0, 100)]]) {
        expect(findColumnOrder(permuted(columns, inTime), 'x.csv')).toBe(order);
      }
    },
  );

  test('are read as they were written or refused, never read as something else', () => {
    const isRead = { yes: 0, no: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(...orders),
        fc.integer({ min: 0, max: 1_500 }),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(1e-9, 1e-4, 5e-5, 1, 100),
        fc.boolean(),
        (order, first, rowCount, scale, isNewestFirst) => {
          // Swapped opens and closes of a few candles cannot be told, and the usual order is what is documented.
          fc.pre(!order.origin.includes('yfinance') || rowCount > 2 * TELLING_PAIRS);
          const named = inOrder(order, columnsFrom(first, rowCount, scale));
          const rows = [...named[0].keys()];
          const columns = permuted(named, isNewestFirst ? rows.toReversed() : rows);
          let found: ColumnOrder;
          try {
            found = findColumnOrder(columns, 'x.csv');
          } catch (error) {
            expect(error).toMatchObject({ code: 'CANDLE_COLUMNS_MISSING' });
            isRead.no += 1;
            return;
          }
          isRead.yes += 1;
          expect(candlesIn(found, columns)).toEqual(candlesIn(order, columns));
        },
      ),
      { numRuns: 400 },
    );
    expect(isRead.yes).toBeGreaterThan(10 * isRead.no);
  });

  test('without wicks fit two orders, and opens tell them apart, oldest or newest first', () => {
    const bodies = (rowCount: number) => {
      const { open, close, ...rest } = columnsFrom(0, rowCount);
      const [high, low] = [Math.max, Math.min].map((pick) => open.map((value, row) => pick(value, close[row])));
      return { ...rest, open, close, high, low };
    };
    const coinbase = KNOWN_ORDERS.find(({ origin }) => origin.includes('Coinbase')) as ColumnOrder;
    const falling = (rowCount: number, order: ColumnOrder) => {
      const columns = bodies(rowCount);
      const rows = [...columns.open.keys()].filter((row) => columns.open[row] > columns.close[row]);
      return permuted(inOrder(order, columns), rows);
    };
    expect(findColumnOrder(inOrder(coinbase, bodies(200)), 'x.csv')).toBe(coinbase);
    const few = falling(12, coinbase);
    expect(() => findColumnOrder(few, 'x.csv')).toThrow(
      'fit more than one order: time, open, close, high, low, volume, as Bitfinex writes them; time, low, high, open, close, volume, as Coinbase writes them',
    );
  });

  test('of flat candles are of the usual order', () => {
    const price = new Float64Array(50).fill(3);
    const columns = [Float64Array.from(price.keys()), price, price, price, price, new Float64Array(50)];
    expect(findColumnOrder(columns, 'x.csv')).toBe(KNOWN_ORDERS[0]);
  });

  test('keep their order when a few of them are no candles', () => {
    const columns = inOrder(KNOWN_ORDERS[1], columnsFrom(0, 300)).map((values) => values.slice());
    columns[3][7] = 1;
    columns[1][9] = Number.NaN;
    expect(findColumnOrder(columns, 'x.csv')).toBe(KNOWN_ORDERS[1]);
  });

  test.each([
    ['prices in an unknown order', ['high', 'open', 'low', 'close', 'volume'], 'their prices stand in no known order'],
    ['a price instead of a volume', ['open', 'high', 'low', 'close', 'vwap'], 'what follows the prices is no volume'],
    [
      'contracts beside a quote volume',
      ['open', 'high', 'low', 'close', 'contracts', 'quote_volume'],
      'what follows the prices is no volume',
    ],
    ['marks of closed candles', ['open', 'high', 'low', 'close', 'confirm'], 'what follows the prices is no volume'],
    [
      'a number that is none of trades',
      ['open', 'high', 'low', 'close', 'volume', 'odd'],
      'is no volume of a known kind',
    ],
  ])('with %s are refused', (_, names, message) => {
    const columns = { ...columnsFrom(0, 100), odd: new Float64Array(100).fill(0.5) } as Columns;
    expect(() => findColumnOrder(inOrder({ names: ['open_time', ...names], origin: '' }, columns), 'x.csv')).toThrow(
      expect.objectContaining({ code: 'CANDLE_COLUMNS_MISSING', message: expect.stringContaining(message) }),
    );
  });
});

test('columns whose names their values contradict are described by the order that fits', () => {
  const columns = columnsFrom(0, 100);
  const describe = (named: string, written: string) =>
    describePriceOrder(
      named.split(' '),
      ['open_time', ...written.split(' ')].map((name) => columns[name]),
    );
  const usual = 'open high low close';
  expect(describe(usual, 'low high open close')).toBe('low, high, open, close, as Coinbase writes them');
  expect(describe('open low high close', usual)).toBe('open, high, low, close, as most programs write them');
  expect(describe(usual, 'close high low open')).toBe('close, high, low, open, as yfinance writes them');
  expect(describe(usual, 'open low high close')).toBe('open, low, high, close, with high and low turned round');
  expect(describe(usual, usual)).toBeUndefined();
  expect(describe(usual, 'high low open close')).toBeUndefined();
});

test("opens and closes under each other's names are told by twenty pairs, newest first too, and never taken for it", () => {
  const market = (rowCount: number) => {
    const { open_time: openTimeMs, open, close } = columnsFrom(0, rowCount);
    return { openTimeMs, open, close };
  };
  const turned = (rowCount: number) => {
    const { openTimeMs, open, close } = market(rowCount);
    return { openTimeMs, open: close, close: open };
  };
  const { openTimeMs, open, close } = turned(200);
  const newestFirst = {
    openTimeMs: openTimeMs.toReversed(),
    open: open.toReversed(),
    close: close.toReversed(),
  };
  expect([turned(200), newestFirst, turned(30)].map(hasTurnedOpens)).toEqual([true, true, true]);
  expect([market(200), market(30), turned(TELLING_PAIRS)].map(hasTurnedOpens)).toEqual([false, false, false]);
});
