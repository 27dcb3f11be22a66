import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TradeAiError } from '../../core/errors.js';
import { type MarketKind, marketOf, symbolOf } from '../../market/market-kind.js';
import { chooseSymbol, likelyPair, refuseOtherThanPrices } from './choose-symbol.js';
import { readNameClues } from './name-clues.js';

const USAGE = (message: string) =>
  expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) });

test.each([
  ['USDT-1h.csv', 'its name names USDT, but not which pair it is of'],
  ['candles.csv', 'its name names no pair'],
  ['BTCUSDT_ETHUSDT.csv', 'its name names BTCUSDT and ETHUSDT'],
  ['bitstampUSD_1-min_data.csv', 'its name names USD, but not what it is the price of'],
  ['BTC_ETH_1h.csv', 'its name says BTC ETH, which some exchanges write with the quote first, ETHBTC'],
  ['BTC_USDT_20240628_1h.csv', 'its name has a day before the interval'],
  ['XBTH24_1h.csv', 'its name says XBTH24, futures of a month without their delivery day'],
])('the symbol of %s is asked for: %s', (path, message) => {
  expect(() => chooseSymbol({ path, symbols: [] })).toThrow(USAGE(message));
  expect(chooseSymbol({ path, symbols: [], option: 'ETHUSDT' })).toMatchObject({ symbol: 'ETHUSDT' });
});

test.each(['ETH-29MAR24-1h.csv', 'BTC-PERPETUAL-1h.csv', 'candles.csv'])(
  '%s is asked for by no symbol to paste',
  (path) => {
    expect.assertions(2);
    try {
      chooseSymbol({ path, symbols: [] });
    } catch (error) {
      const [, pasted] = /--symbol (\S+)/.exec((error as TradeAiError).hint ?? '') ?? [];
      expect(pasted).toBeTruthy();
      expect(() => chooseSymbol({ path, symbols: [], option: pasted.replace(',', '') })).toThrow('not a valid symbol');
    }
  },
);

test.each([
  ['candles.csv', ['BTC/USDT'], [], 'BTCUSDT'],
  ['candles.csv', ['BTC/USDT:USDT'], [], 'BTCUSDT_PERP'],
  ['candles.csv', ['BTC-USDT-SWAP'], [], 'BTCUSDT_PERP'],
  ['candles.csv', ['BTC/USD:BTC-240628'], [], 'BTCUSD_240628'],
  ['candles.csv', ['BTCUSDT', 'btc-usdt'], [], 'BTCUSDT'],
  ['candles.csv', ['BTCUSDT'], ['PERPETUAL'], 'BTCUSDT_PERP'],
  ['candles.csv', ['WHATEVER'], [], 'WHATEVER'],
  ['BTCUSDT-1h.csv', ['BTC/USDT:USDT'], [], 'BTCUSDT_PERP'],
  ['BTCUSDT_PERP-1h.csv', ['BTCUSDT'], [], 'BTCUSDT_PERP'],
  ['BTCUSDT-1h.csv', [], ['swap'], 'BTCUSDT_PERP'],
  ['BTCUSDT-1h.csv', ['BTC'], ['spot'], 'BTCUSDT'],
  ['BTC_USDT_USDT-1h-mark.csv', ['BTC/USDT:USDT'], ['swap'], 'BTCUSDT_MARK'],
] as const)('%s with %j and %j is of %s', (path, symbols, marketTypes, expected) => {
  expect(chooseSymbol({ path, symbols, marketTypes })).toMatchObject({ symbol: expected, notices: [] });
});

test('a name and a column that contradict each other name nothing; several symbols are refused', () => {
  for (const [path, cell] of [
    ['BTCUSDT-1h.csv', 'ETHUSDT'],
    ['BTCUSDT_PERP-1h.csv', 'BTC/USDT:USDT-240628'],
    ['BTCUSDT_INDEX-1h.csv', 'BTC/USDT:USDT'],
  ]) {
    expect(() => chooseSymbol({ path, symbols: [cell] })).toThrow(USAGE('its columns say'));
  }
  expect(() => chooseSymbol({ path: 'x.csv', symbols: ['BTCUSDT', 'ETHUSDT'] })).toThrow('several symbols');
  expect(() => chooseSymbol({ path: 'x.csv', symbols: ['BTCUSDT', 'BTC/USDT:USDT'] })).toThrow('several symbols');
});

test("the user's word stands, and what contradicts it is said", () => {
  const choose = (path: string, option: string) => chooseSymbol({ path, option, symbols: [] }).notices;
  expect(choose('BTCUSDT-1h.csv', 'BTCUSDT')).toEqual([]);
  expect(choose('BTCUSDT-1h.csv', 'BTC-USDT')).toEqual([]);
  expect(choose('BTCUSDT-1h.csv', 'BTCUSDT_PERP')).toEqual([]);
  expect(choose('BTCUSDT-1h.csv', 'ETHUSDT')).toEqual([
    'the file speaks of BTCUSDT, its candles are taken for ETHUSDT',
  ]);
  expect(choose('BTC_USDT_USDT-1h-futures.json', 'BTCUSDT')).toEqual([
    'the file speaks of perpetual futures, its candles are taken for BTCUSDT; the symbol BTCUSDT_PERP keeps them apart',
  ]);
});

test('what only a folder tells is said', () => {
  expect(chooseSymbol({ path: '/x/futures/um/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-01.csv', symbols: [] })).toEqual(
    {
      symbol: 'BTCUSDT_PERP',
      symbolSource: 'file name',
      notices: ['by its folder these are perpetual futures of BTCUSDT'],
    },
  );
});

test('a file of something else than prices is refused, whatever it is taken for', () => {
  expect(() => refuseOtherThanPrices('BTC_USDT_USDT-8h-funding_rate.json')).toThrow('holds funding rates by its name');
  expect(() => refuseOtherThanPrices('BTC_USDT_USDT-8h-futures.json')).not.toThrow();
});

test('the pair tells base from quote, whatever the market', () => {
  expect(likelyPair('x.csv', 'BTCUSDT_240628', undefined)).toBe('BTCUSDT');
  expect(likelyPair('BTC_USDT_USDT-1h-mark.json', undefined, undefined)).toBe('BTCUSDT');
  expect(likelyPair('x.csv', undefined, 'BTC/USDT:USDT')).toBe('BTCUSDT');
});

test('every market has a symbol of its own, and the symbol tells the market', () => {
  const pairs = fc.constantFrom('BTCUSDT', 'BTC-USDT', 'BTC_USDT', '1000SHIBUSDT', '币安人生USDT', 'PERPUSDT');
  const kinds = fc.constantFrom<MarketKind>('spot', 'perpetual', 'mark', 'index');
  fc.assert(
    fc.property(pairs, kinds, fc.option(fc.constantFrom('240628', '251226'), { nil: undefined }), (pair, kind, day) => {
      const market =
        day === undefined || kind === 'perpetual' || kind === 'index'
          ? { pair, kind }
          : { pair, kind: kind === 'spot' ? ('delivery' as const) : kind, deliveryDay: day };
      expect(marketOf(symbolOf(market))).toEqual(market);
    }),
  );
});

/** Words that are no vendor, no market and no asset that prices are in. */
const asset = fc.stringMatching(/^(?:1000)?[A-Z]{3,6}$/);
const quote = fc.constantFrom(
  'USDT',
  'USDC',
  'USD',
  'KRW',
  'PLN',
  'MXN',
  'IDR',
  'CHF',
  'DAI',
  'EURI',
  'USD1',
  'RLUSD',
  'U',
);
const vendor = fc.constantFrom('', 'Binance', 'BINANCE', 'kraken', 'OKX');
const interval = fc.constantFrom(['1h', '1h'], ['60', '1h'], ['H1', '1h'], ['1D', '1d'], ['d', '1d'], ['1-min', '1m']);
const market = fc.constantFrom(
  ['', ''],
  ['PERP', '_PERP'],
  ['SWAP', '_PERP'],
  ['futures', '_PERP'],
  ['mark', '_MARK'],
  ['index', '_INDEX'],
  ['240628', '_240628'],
  ['28JUN24', '_240628'],
);
const span = fc.constantFrom('', '2024-01', '2024-01-05', '2024-01-01_2024-01-31');

test('any base, quote, vendor, market, interval and span put together come back right, or are asked for', () => {
  const seen = { right: 0, asked: 0 };
  fc.assert(
    fc.property(
      fc.record({ asset, quote, vendor, market, interval, span, separator: fc.constantFrom('_', '-') }),
      ({ asset, quote, vendor, market, interval, span, separator }) => {
        const parts = [vendor, asset, quote, market[0], interval[0], span].filter((part) => part !== '');
        const clues = readNameClues(`${parts.join(separator)}.csv`);
        seen[clues.market === undefined ? 'asked' : 'right'] += 1;
        if (clues.market !== undefined) expect(symbolOf(clues.market)).toBe(asset + quote + market[1]);
        if (clues.market !== undefined) expect(clues.interval).toBe(interval[1]);
      },
    ),
    { numRuns: 2_000 },
  );
  expect(seen.right).toBeGreaterThan(20 * seen.asked);
});
