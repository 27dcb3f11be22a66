import { expect, test } from 'vitest';
import type { CcxtMarket } from './exchange.js';
import { findMarket } from './market-names.js';

function market(base: string, quote: string, more: Partial<CcxtMarket> = {}): CcxtMarket {
  return { id: base + quote, symbol: `${base}/${quote}`, base, quote, spot: true, active: true, ...more };
}

const markets = [
  market('BTC', 'USDT'),
  market('BTC', 'USDT', { id: 'BTC-USDT-SWAP', symbol: 'BTC/USDT:USDT', spot: false }),
  market('BTC', 'USD', { id: 'XXBTZUSD' }),
  market('AB', 'CUSDT', { id: '1' }),
  market('ABC', 'USDT', { id: '2' }),
  market('OLD', 'USDT', { id: '3', active: false }),
  market('OLDU', 'SDT', { id: '4' }),
];

test('a market is found by base and quote, run together or apart, and by its own name', () => {
  for (const symbol of ['BTCUSDT', 'BTC-USDT', 'BTC_USDT', 'BTC/USDT', 'btcusdt']) {
    expect(findMarket(symbol, markets, 'x').symbol).toBe('BTC/USDT');
  }
  expect(findMarket('XXBTZUSD', markets, 'x').symbol).toBe('BTC/USD');
});

test('a name that may mean two markets is not guessed, unless one trades no more; a dash decides', () => {
  expect(() => findMarket('ABCUSDT', markets, 'x')).toThrow('"ABCUSDT" may be AB-CUSDT or ABC-USDT on x');
  expect(findMarket('ABC-USDT', markets, 'x').id).toBe('2');
  expect(findMarket('OLDUSDT', markets, 'x').id).toBe('4');
  expect(findMarket('OLD-USDT', markets, 'x').id).toBe('3');
});

test('futures, mark and index prices are not taken for the spot market, nor the other way round', () => {
  for (const symbol of ['BTCUSDT_PERP', 'BTC-USDT_PERP', 'BTCUSDT_240628', 'BTCUSDT_MARK', 'BTCUSDT_INDEX']) {
    expect(() => findMarket(symbol, markets, 'x')).toThrow(
      expect.objectContaining({ code: 'SYMBOL_UNKNOWN', message: expect.stringContaining('only spot candles') }),
    );
  }
  const futures = markets.filter(({ spot }) => spot !== true);
  expect(() => findMarket('BTCUSDT', futures, 'x')).toThrow('x has no spot market "BTCUSDT"');
});

test('names of objects in general are no symbols', () => {
  for (const symbol of ['__proto__', 'constructor', '']) {
    expect(() => findMarket(symbol, markets, 'x')).toThrow('has no spot market');
  }
});
