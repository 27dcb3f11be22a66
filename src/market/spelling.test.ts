import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeNear, findSpelled, readJoinedSymbol, readSymbol } from './spelling.js';

test.each([
  ['BTCUSDT', 'BTCUSDT', 'BTCUSDT'],
  ['btcusdt', 'BTCUSDT', 'BTCUSDT'],
  ['btc/usdt', 'BTCUSDT', 'BTCUSDT'],
  ['BTC/USDT:USDT', 'BTCUSDT_PERP', 'BTCUSDT_PERP'],
  ['BTC/USD:BTC-240628', 'BTCUSD_240628', 'BTCUSD_240628'],
  ['btc-usdt', 'BTC-USDT', 'BTCUSDT'],
  ['BTC_USDT', 'BTC_USDT', 'BTCUSDT'],
  ['btcusdt_perp', 'BTCUSDT_PERP', 'BTCUSDT_PERP'],
  ['BTC-USDT-SWAP', 'BTC-USDT-SWAP', 'BTCUSDT_PERP'],
  ['币安人生/usdt', '币安人生USDT', '币安人生USDT'],
  ['ドージ'.normalize('NFD'), 'ドージ', 'ドージ'],
  ['A-B-C-D', 'A-B-C-D', 'A-B-C-D'],
])('%s is %s, and %s where pairs are written together', (text, symbol, joined) => {
  expect(readSymbol(text)).toBe(symbol);
  expect(readJoinedSymbol(text)).toBe(joined);
});

test.each(['', 'a/b/c', '../x', 'BTC:USDT', 'btc\\usdt', 'ß', 'ſol', 'ı', 'BTC USDT', '/USDT', 'CON'])(
  '%j is no symbol',
  (text) => {
    for (const read of [readSymbol, readJoinedSymbol]) {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }));
    }
  },
);

test('a name is found by capitals and separators, the very same first', () => {
  const names = ['BTCUSDT', 'BTCUSDT_4h', 'ETH-USD', 'BTCUSDT_PERP', 'mine'];
  for (const given of ['btcusdt', 'BTC/USDT', 'BTC-USDT', 'btc_usdt'])
    expect(findSpelled(given, names)).toBe('BTCUSDT');
  expect(findSpelled('btc-usdt_4H', names)).toBe('BTCUSDT_4h');
  expect(findSpelled('ethusd', names)).toBe('ETH-USD');
  expect(findSpelled('btc/usdt:usdt', names)).toBe('BTCUSDT_PERP');
  expect(findSpelled('Mine', names)).toBe('mine');
  expect(findSpelled('SOLUSDT', names)).toBeUndefined();
  expect(findSpelled('../BTCUSDT', names)).toBeUndefined();
  expect(findSpelled('BTC/US/DT', names)).toBeUndefined();
});

test('of two that only separators tell apart, the one with the same letters is meant; else neither', () => {
  expect(findSpelled('btcusdt', ['BTCUSDT', 'BTC-USDT'])).toBe('BTCUSDT');
  expect(findSpelled('btc-usdt', ['BTCUSDT', 'BTC-USDT'])).toBe('BTC-USDT');
  expect(() => findSpelled('btc_usdt', ['BTCUSDT', 'BTC-USDT'])).toThrow('"btc_usdt" may be BTCUSDT or BTC-USDT');
});

test('what is found is one of the names, and what is one of them is found', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,8}$/);
  fc.assert(
    fc.property(fc.array(name, { maxLength: 6 }), name, (names, given) => {
      for (const each of names) expect(findSpelled(each, names)).toBe(each);
      try {
        const found = findSpelled(given, names);
        if (found !== undefined) expect(names).toContain(found);
      } catch (error) {
        expect(error).toMatchObject({ code: 'USAGE' });
      }
    }),
  );
});

test('near names are told, else those there are', () => {
  expect(describeNear('BTCUSD', ['ETHUSDT', 'BTCUSDT'])).toBe('did you mean BTCUSDT?');
  expect(describeNear('XTCUSDT', ['btcusdt'])).toBe('did you mean btcusdt?');
  expect(describeNear('ETHUSDT', ['BTCUSDT'])).toBe('there are BTCUSDT');
  expect(describeNear('', ['BTCUSDT'])).toBe('there are BTCUSDT');
  expect(describeNear('BTCUSD', ['A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7'])).toBe(
    'there are A1, A2, A3, A4, A5 and 2 more',
  );
  expect(describeNear('BTCUSD', [])).toBe('there are none');
});
