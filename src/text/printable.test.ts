import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable } from './printable.js';

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\u001b', '[', ']', '1', '3', 'm', '\\', '"', '\n', '\r', '\u009b', '\u202e', 'ä', '价', '🙂'),
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  ),
});

test.each([
  ['\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
  ['\u009b2J', '\\u009b2J'],
  ['50 %\r99 %', '50 %\\u000d99 %'],
  ['a\tb\u007f\u0000', 'a\\u0009b\\u007f\\u0000'],
  ['exe.\u202egpj', 'exe.\\u202egpj'],
  ['\u2066a\u2069\u200f\u061c', '\\u2066a\\u2069\\u200f\\u061c'],
  ['a\u2028b\u0085c', 'a\\u2028b\\u0085c'],
  ['two\nlines, 12 µs – “ä” 价 🙂', 'two\nlines, 12 µs – “ä” 价 🙂'],
])('%j is shown as it is, not obeyed', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('colours stay where the text is coloured, and nothing else does', () => {
  const text = '\u001b[31merror\u001b[39m: \u001b[8mhidden \u001b[2J \u001b[1;1H \u001b[311m';
  const plain = '\\u001b[8mhidden \\u001b[2J \\u001b[1;1H \\u001b[311m';
  expect(printable(text, { keepsColors: true })).toBe(`\u001b[31merror\u001b[39m: ${plain}`);
  expect(printable(text)).toBe(`\\u001b[31merror\\u001b[39m: ${plain}`);
});

test('whatever comes, no character is left that a terminal obeys, and JSON stays the same document', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(printable(text)).not.toMatch(/[^\n\P{Cc}]|\p{Bidi_C}/u);
      expect(printable(printable(text))).toBe(printable(text));
      expect(JSON.parse(printable(JSON.stringify({ [text]: text }, null, 2)))).toEqual({ [text]: text });
    }),
    { seed: 20_261_128, numRuns: 2_000 },
  );
});
