import { expect, test } from 'vitest';
import { hrefOf, parseRoute } from './router.js';

test.each(['', '#', '#/', '#/overview'])('%j is the overview', (hash) => {
  expect(parseRoute(hash).page).toBe('overview');
});

test('an address leads to the page it was made for', () => {
  const hash = hrefOf('models', 'BTCUSDT_4h', { compare: '3,2', other: undefined });
  const { page, name, query } = parseRoute(hash);
  expect([page, name, query.get('compare'), query.has('other')]).toEqual(['models', 'BTCUSDT_4h', '3,2', false]);
});

test('a name with every sign survives the way', () => {
  const name = '../<b>%2f?#&';
  expect(parseRoute(hrefOf('symbol', name))).toMatchObject({ page: 'symbol', name });
});

test.each(['#/nothing', '#/symbol', '#/symbol/a/b', '#/ledger/BTCUSDT', '#/symbol/%E0%A4'])('%s is no page', (hash) => {
  expect(parseRoute(hash).page).toBe('unknown');
});
