/** The walk against exchanges of every kind, made of functions: what matters is which candles come, and in how many requests. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candle } from '../../market/candle-series.js';
import { type LongerCandles, type PageReader, walkCandles } from './paging.js';

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const START_MS = Date.UTC(2020, 0, 6);
const END_MS = START_MS + 400 * DAY_MS;

const candleAt = (openTimeMs: number): Candle => ({ openTimeMs, open: 1, high: 1, low: 1, close: 1, volume: 1 });

type Kind = 'oldest-from-since' | 'window' | 'newest-only';

/** Candles of one length, and an exchange of that kind that gives at most `cap` of them at a time. */
function readerOf(times: readonly number[], lengthMs: number, kind: Kind, cap: number): PageReader {
  return async (sinceMs, limit) => {
    const rows = Math.min(cap, limit);
    if (sinceMs === undefined || kind === 'newest-only') {
      return times
        .slice(-cap)
        .filter((timeMs) => timeMs >= (sinceMs ?? 0))
        .map(candleAt);
    }
    const from = times.filter((timeMs) => timeMs >= sinceMs);
    if (kind === 'oldest-from-since') return from.slice(0, rows).map(candleAt);
    return from
      .filter((timeMs) => timeMs < sinceMs + limit * lengthMs)
      .slice(-rows)
      .map(candleAt);
  };
}

function longerOf(times: readonly number[], lengthMs: number, kind: Kind, cap: number): LongerCandles {
  const opens = [...new Set(times.map((timeMs) => Math.floor(timeMs / lengthMs) * lengthMs))];
  return { lengthMs, readPage: readerOf(opens, lengthMs, kind, cap) };
}

async function walk(times: readonly number[], kind: Kind, cap: number, pageRows: number, withLonger = true) {
  const read = readerOf(times, MINUTE_MS, kind, cap);
  let requests = 0;
  const told: number[] = [];
  const came: number[] = [];
  const pages = walkCandles({
    exchangeId: 'test',
    fromMs: START_MS,
    endMs: END_MS,
    presentMs: END_MS,
    lengthMs: MINUTE_MS,
    pageRows,
    readPage: (sinceMs, limit) => {
      requests++;
      return read(sinceMs, limit);
    },
    longer: withLonger ? [7 * DAY_MS, DAY_MS, 60 * MINUTE_MS].map((length) => longerOf(times, length, kind, cap)) : [],
    onNewestOnly: (rows) => told.push(rows),
  });
  for await (const page of pages) came.push(...page.map(({ openTimeMs }) => openTimeMs));
  return { came, requests, told };
}

/** Ranges of candles with long and short gaps between them. */
const history = fc
  .array(fc.record({ gap: fc.oneof(fc.nat(5), fc.nat(90_000)), length: fc.integer({ min: 1, max: 400 }) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((ranges) => {
    const times: number[] = [];
    let timeMs = START_MS;
    for (const { gap, length } of ranges) {
      timeMs += gap * MINUTE_MS;
      for (let row = 0; row < length; row++, timeMs += MINUTE_MS) times.push(timeMs);
    }
    return times;
  });

test('every candle comes once, whatever the gaps, the kind of exchange and its cap', async () => {
  const kind = fc.constantFrom<Kind>('oldest-from-since', 'window');
  const cap = fc.integer({ min: 50, max: 300 });
  await fc.assert(
    fc.asyncProperty(history, kind, cap, fc.constantFrom(100, 300, 1000), async (times, kindOf, capOf, pageRows) => {
      const { came, requests } = await walk(times, kindOf, capOf, pageRows);
      expect(came).toEqual(times);
      expect(requests).toBeLessThan(60 + (3 * times.length) / Math.min(capOf, pageRows) + 40 * 5);
    }),
    { numRuns: Number(process.env['TRADEAI_TEST_RUNS'] ?? 60) },
  );
});

test('without longer candles the start of a long silence is found in few requests', async () => {
  const times = Array.from({ length: 5000 }, (_, row) => END_MS - (5000 - row) * MINUTE_MS);
  const { came, requests } = await walk(times, 'window', 100, 100, false);
  expect(came).toEqual(times);
  // 50 pages, and 400 days before them
  expect(requests).toBeLessThan(85);
});

test('an exchange that gives its newest candles only is told once', async () => {
  const times = Array.from({ length: 5000 }, (_, row) => END_MS - (5000 - row) * MINUTE_MS);
  const { came, requests, told } = await walk(times, 'newest-only', 720, 720);
  expect(came).toEqual(times.slice(-720));
  expect(told).toEqual([720]);
  expect(requests).toBe(1);
});

test('a history without a candle ends', async () => {
  for (const kind of ['oldest-from-since', 'window', 'newest-only'] as const) {
    const { came, requests } = await walk([], kind, 100, 100);
    expect(came).toEqual([]);
    expect(requests).toBeLessThan(40);
  }
});
