import { expect, test } from 'vitest';
import { parseBaseUrl } from './http-client.js';

test.each([
  'http://user:secret-word@127.0.0.1/',
  'https://secret-word@exchange.example/',
  'ftp://a:secret-word@x/',
  'secret-word',
])('%s is no base of an exchange, and is not repeated', (text) => {
  expect(() => parseBaseUrl(text, 'TRADEAI_BINANCE_URL')).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.not.stringContaining('secret-word') }),
  );
});

test('an address is read as it stands', () => {
  expect(parseBaseUrl('https://data-api.binance.vision', 'X').href).toBe('https://data-api.binance.vision/');
});
