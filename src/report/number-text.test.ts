import { expect, test } from 'vitest';
import {
  countOf,
  formatBps,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatR2,
  formatRange,
  formatSigned,
  formatSignedPercent,
  formatTime,
  makeSentence,
} from './number-text.js';

/** No-break spaces as plain ones, for reading. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test('a minus is a minus, and zero has no sign', () => {
  expect(formatSigned(-0.0427, 3)).toBe('−0.043');
  expect(formatSigned(0.0427, 3)).toBe('+0.043');
  expect(formatSigned(-0.0001, 3)).toBe('0.000');
  expect(formatNumber(-2, 1)).toBe('−2.0');
});

test('what is not defined is a dash', () => {
  for (const text of [
    formatNumber(null, 2),
    formatSigned(null, 2),
    formatPercent(null),
    formatBps(null),
    formatR2(null),
  ]) {
    expect(text).toBe('–');
  }
  expect(formatRange(null, String)).toBe('–');
});

test('fractions are written as percent', () => {
  expect(plain(formatPercent(0.5256, 2))).toBe('52.56 %');
  expect(plain(formatSignedPercent(-0.25))).toBe('−25.0 %');
  expect(plain(formatR2(0.00231))).toBe('+0.231 %');
  expect(plain(formatR2(-1.06))).toBe('−106.0 %');
});

test('costs have a digit after the point where they need it', () => {
  expect(plain(formatBps(10))).toBe('10 bps');
  expect(plain(formatBps(15.83))).toBe('15.8 bps');
  expect(plain(formatBps(432.1))).toBe('432 bps');
});

test('times are UTC, spans are in two units', () => {
  expect(plain(formatTime(Date.UTC(2026, 1, 19, 3, 5)))).toBe('19 Feb 2026, 03:05');
  expect(plain(formatDuration(4.21))).toBe('4.2 s');
  expect(plain(formatDuration(200))).toBe('3 min 20 s');
  expect(plain(formatDuration(7_500))).toBe('2 h 5 min');
});

test('counts have thousands and a plural', () => {
  expect(formatCount(26_280)).toBe('26,280');
  expect(countOf(1, 'fold')).toBe('1 fold');
  expect(countOf(1_200, 'row')).toBe('1,200 rows');
});

test('a text becomes a sentence once', () => {
  expect(makeSentence('champion 3 stays')).toBe('Champion 3 stays.');
  expect(makeSentence('Done.')).toBe('Done.');
});
