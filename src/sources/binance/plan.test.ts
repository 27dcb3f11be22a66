import { expect, test } from 'vitest';
import { INTERVAL_MS, type Interval } from '../../market/interval.js';
import { countRequests, type FetchPiece, type FilePiece, labelOf, planFetch } from './plan.js';

const NOW_MS = Date.UTC(2025, 8, 20, 12);

const plan = (interval: Interval, from: number, to = NOW_MS, options = {}) =>
  planFetch({ interval, startMs: from, endMs: to, nowMs: NOW_MS, ...options });
const shown = (pieces: readonly FetchPiece[]) =>
  pieces.map((piece) =>
    piece.kind === 'file'
      ? labelOf(piece)
      : [piece.startMs, piece.endMs].map((timeMs) => new Date(timeMs).toISOString().slice(0, 13)).join(' … '),
  );

test('minutes take the month files, and the present month its pages', () => {
  expect(shown(plan('1m', Date.UTC(2025, 5, 1)))).toEqual([
    '2025-06',
    '2025-07',
    '2025-08',
    '2025-09-01T00 … 2025-09-20T12',
  ]);
});

test('hours and longer take pages alone: a month of them is one page, a file two requests', () => {
  for (const interval of ['30m', '1h', '4h', '1d', '1w'] as const) {
    expect(plan(interval, Date.UTC(2017, 7, 1))).toEqual([
      { kind: 'pages', startMs: Date.UTC(2017, 7, 1), endMs: NOW_MS },
    ]);
  }
});

test('seconds take day files where there is no month file yet', () => {
  expect(shown(plan('1s', Date.UTC(2025, 7, 31), Date.UTC(2025, 8, 3, 1)))).toEqual([
    '2025-08',
    '2025-09-01',
    '2025-09-02',
    '2025-09-03',
  ]);
});

test('a month that is over has a file from the first Monday on', () => {
  const options = (nowMs: number) => ({ interval: '1m', startMs: Date.UTC(2025, 6), endMs: nowMs, nowMs }) as const;
  // The fourth of August 2025 is a Monday.
  expect(shown(planFetch(options(Date.UTC(2025, 7, 3))))).toEqual(['2025-07-01T00 … 2025-08-03T00']);
  expect(shown(planFetch(options(Date.UTC(2025, 7, 5))))).toEqual(['2025-07', '2025-08-01T00 … 2025-08-05T00']);
});

test('few rows at the end of a month are cheaper as pages, unless the file is here', () => {
  const startMs = Date.UTC(2025, 6, 31, 12);
  expect(shown(plan('1m', startMs, Date.UTC(2025, 8, 1)))).toEqual(['2025-07-31T12 … 2025-08-01T00', '2025-08']);
  const hasFile = (piece: FilePiece) => labelOf(piece) === '2025-07';
  expect(shown(plan('1m', startMs, Date.UTC(2025, 8, 1), { hasFile }))).toEqual(['2025-07', '2025-08']);
});

test.each(Object.keys(INTERVAL_MS) as Interval[])(
  'the pieces of %s cover the range, in order, without overlap',
  (interval) => {
    for (const startMs of [Date.UTC(2017, 7, 17, 4), Date.UTC(2025, 7, 31, 23, 59), NOW_MS - 1]) {
      const pieces = plan(interval, startMs);
      let coveredMs = startMs;
      for (const piece of pieces) {
        expect(piece.startMs).toBeLessThanOrEqual(coveredMs);
        expect(piece.kind === 'pages' ? piece.startMs : coveredMs).toBe(coveredMs);
        coveredMs = Math.min(NOW_MS, piece.endMs);
      }
      expect(coveredMs).toBe(NOW_MS);
    }
  },
);

test('eight years take a fraction of the requests that pages alone would take', () => {
  const [startMs, endMs] = [Date.UTC(2017, 7, 1), Date.UTC(2025, 7, 1)];
  const requestsOf = (interval: Interval) => countRequests(plan(interval, startMs, endMs), interval);
  const pagesOf = (interval: Interval) => (endMs - startMs) / INTERVAL_MS[interval] / 1000;
  expect(pagesOf('1m') / requestsOf('1m')).toBeGreaterThan(20);
  expect(requestsOf('1h')).toBe(pagesOf('1h'));
});
