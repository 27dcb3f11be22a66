import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkName, foldName, isName, MAX_NAME_BYTES } from './names.js';

test.each([
  'BTCUSDT',
  'BTCUSDT_PERP_4h',
  'a',
  '币安人生USDT',
  '龙虾',
  'ビットUSDT',
  'ドージ',
  '도지USDT',
  '1000币安人生USDT',
  'サトシー',
])('%s is a name', (name) => {
  expect(checkName(name)).toBe(name);
  expect(name.normalize('NFC')).toBe(name);
});

test.each([
  ['', 'empty'],
  ['CON', 'Windows'],
  ['com1.x', 'Windows'],
  ['龙.', 'Windows'],
  ['../龙', 'separator of paths'],
  ['龙/虾', 'separator of paths'],
  ['.龙', 'does not begin'],
  ['龙 虾', 'a blank'],
  ['龙\u200d虾', 'not seen'],
  ['龙\u202e虾', 'not seen'],
  ['龙\u3000虾', 'a blank'],
  ['ＢＴＣUSDT', '"Ｂ"'],
  ['ВТСUSDT', '"В"'],
  ['ΒΤCUSDT', '"Β"'],
  ['é', '"é"'],
  ['שקל', '"ש"'],
  ['ريال', '"ر"'],
  ['ドージ'.normalize('NFD'), '"\u3099"'],
  ['도지'.normalize('NFD'), '"\u1103"'],
  ['\u3164', '"\u3164"'],
  ['\u1160', '"\u1160"'],
  ['ｶ', 'unusual form'],
  ['\uf900', 'unusual form'],
  ['⼀', '"⼀"'],
  ['龙😀', '"😀"'],
  ['龙\ud800', '"\\ud800"'],
  ['x'.repeat(65), '65 characters'],
  ['币'.repeat(51), '153 bytes'],
])('%j is refused: %s', (name, fault) => {
  expect(isName(name)).toBe(false);
  expect(() => checkName(name)).toThrow(fault);
});

test('whatever is a name has one spelling, fits into the name of a file, and shows every letter', () => {
  const pieces = fc.oneof(
    fc.constantFrom(...'ABCxyz019._-'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  let count = 0;
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1, maxLength: 4 }), (parts) => {
      const name = parts.join('');
      fc.pre(isName(name));
      count += 1;
      expect(name.normalize('NFKC')).toBe(name);
      expect(name).not.toMatch(/[\p{C}\p{Z}\p{M}\p{S}\p{Default_Ignorable_Code_Point}]|\.\.\/|[/\\:]/u);
      expect(new TextEncoder().encode(`${'0'.repeat(64)}-${name}-lstm_model.onnx`).length).toBeLessThanOrEqual(255);
    }),
    { numRuns: 2_000 },
  );
  expect(count).toBeGreaterThan(100);
  expect(MAX_NAME_BYTES).toBeLessThanOrEqual(255 - 64 - 20);
});

test('names that look alike are one name', () => {
  expect(foldName('ニンジャUSDT')).toBe(foldName('二ンジャusdt'));
  expect(foldName('币安人生USDT')).not.toBe(foldName('币安人USDT'));
});
