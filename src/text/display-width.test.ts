import { expect, test } from 'vitest';
import { cutTo, displayWidth, padEndTo, padStartTo } from './display-width.js';

test.each([
  ['BTCUSDT', 7],
  ['币安人生USDT', 12],
  ['ドージUSDT', 10],
  ['도지', 4],
  ['𠮷', 2],
  ['–', 1],
  ['', 0],
])('%s takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
  expect(displayWidth(padEndTo(text, 14))).toBe(14);
  expect(displayWidth(padStartTo(text, 14))).toBe(14);
});

test('text is cut before the letter that does not fit', () => {
  expect(cutTo('币安人生', 5)).toBe('币安');
  expect(cutTo('a𠮷b', 3)).toBe('a𠮷');
  expect(cutTo('abc', 9)).toBe('abc');
});
