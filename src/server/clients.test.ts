import { expect, test } from 'vitest';
import { createClientNames, createRateLimit } from './clients.js';

const clientOf = createClientNames([]);

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['127.0.0.1', undefined],
  ['127.8.9.1', undefined],
  ['::1', undefined],
  ['::ffff:127.0.0.1', undefined],
])('%s is the client %s', (address, client) => {
  expect(clientOf(address)).toBe(client);
});

test('all addresses of a /64 are one client, and the next /64 is another', () => {
  const client = clientOf('2001:db8:0:1::1');
  expect(clientOf('2001:db8:0:1:ffff:ffff:ffff:ffff')).toBe(client);
  expect(clientOf('2001:db8:0:2::1')).not.toBe(client);
});

test('trusted proxies are no client, whichever way their address is written; their neighbours are', () => {
  const nameClient = createClientNames(['198.51.100.7', '10.0.0.0/8', '2001:db8::/32', '2001:db9::1']);
  for (const address of ['198.51.100.7', '::ffff:198.51.100.7', '10.255.0.1', '2001:db8:ff::2', '2001:db9::1']) {
    expect(nameClient(address), address).toBeUndefined();
  }
  for (const address of ['198.51.100.8', '11.0.0.1', '2001:db9::2']) {
    expect(nameClient(address), address).toBe(clientOf(address));
  }
});

test('a client may ask so often in a minute; another is counted by itself, and the next minute is new', () => {
  let nowMs = 5_000;
  const limit = createRateLimit(3, () => nowMs);
  expect([1, 2, 3].map(() => limit('a'))).toEqual([0, 0, 0]);
  nowMs += 20_500;
  expect([limit('a'), limit('b')]).toEqual([40, 0]);
  nowMs += 39_500;
  expect([limit('a'), limit('b')]).toEqual([0, 0]);
});
