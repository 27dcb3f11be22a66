import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plain } from './sentences.js';
import {
  formatAge,
  formatClock,
  formatDuration,
  formatLongTime,
  formatShortAge,
  formatShortTime,
  formatStamp,
  formatTime,
  precisionOf,
} from './times.js';

const NOW = Date.UTC(2026, 1, 19, 3, 0);

test('says times in UTC, whatever the zone of the machine', () => {
  expect(plain(formatTime(NOW))).toBe('19 Feb 2026, 03:00 UTC');
  expect(plain(formatLongTime(NOW))).toBe('19 Feb 2026, 03:00');
  expect(plain(formatShortTime(NOW))).toBe('19 Feb, 03:00');
  expect(formatStamp(NOW)).toBe('2026-02-19 03:00');
});

test('says seconds where candles have them', () => {
  expect(plain(formatTime(NOW, precisionOf('1s')))).toBe('19 Feb 2026, 03:00:00 UTC');
  expect(plain(formatTime(NOW, precisionOf('1h')))).toBe('19 Feb 2026, 03:00 UTC');
  expect(formatClock(NOW + 7_000, 'second')).toBe('03:00:07');
  expect(formatStamp(NOW + 7_000, 'second')).toBe('2026-02-19 03:00:07');
});

test('every time is read back as the time it is', () => {
  const times = fc.integer({ min: 0, max: Date.UTC(2100, 0) / 1000 }).map((seconds) => seconds * 1000);
  fc.assert(
    fc.property(times, (timeMs) => {
      expect(Date.parse(`${formatStamp(timeMs, 'second').replace(' ', 'T')}Z`)).toBe(timeMs);
      expect(Date.parse(plain(formatTime(timeMs, 'second')))).toBe(timeMs);
    }),
  );
});

test.each([
  [NOW - 4_000, 'now'],
  [NOW + 4_000, 'now'],
  [NOW - 30_000, '30 s ago'],
  [NOW - 12 * 60_000, '12 min ago'],
  [NOW - 47 * 3_600_000, '47 h ago'],
  [NOW - 48 * 3_600_000, '2 d ago'],
  [NOW + 43 * 60_000, 'in 43 min'],
])('says how far %s is from now: %s', (timeMs, text) => {
  expect(plain(formatAge(timeMs, NOW))).toBe(text);
});

test('an age below what clocks can tell is not counted in seconds', () => {
  expect([3_000, 30_000].map((ageMs) => plain(formatShortAge(NOW - ageMs, NOW)))).toEqual(['< 10 s', '30 s']);
});

test('durations are in two units, short ones with a tenth', () => {
  expect([4.21, 9.96, 45, 200, 7_500].map((seconds) => plain(formatDuration(seconds)))).toEqual([
    '4.2 s',
    '10 s',
    '45 s',
    '3 min 20 s',
    '2 h 5 min',
  ]);
});
