import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CandleSeries,
  findGaps,
  rowCountOf,
  selectCandles,
  sliceCandles,
  sliceTimes,
} from '../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import { simulateMarket } from '../market/simulated-market.js';
import { mergeCandles } from '../storage/candle-merge.js';
import type { CandleStore, StoredSeriesKey } from './candle-store.js';

const FIRST_MS = Date.UTC(2023, 10, 20);
const KEY = { source: 'binance', symbol: 'BTCUSDT', interval: '1h' } as const;

function market(rowCount: number, interval: Interval = '1h'): CandleSeries {
  const { series } = simulateMarket({
    ...KEY,
    interval,
    rowCount,
    seed: 4,
    firstOpenTimeMs: FIRST_MS,
    plantedR2: 0,
  });
  const count = Float64Array.from({ length: rowCount }, (_, row) => (row % 7 === 0 ? Number.NaN : row));
  return { ...series, extras: { 'trade "count"': count } };
}

/**
 * What every candle store must do.
 *
 * @param openStore an empty one
 */
export function testCandleStoreContract(openStore: () => CandleStore): void {
  test('what is not there is undefined, and an empty series makes nothing', async () => {
    const store = openStore();
    const nothing = { addedRows: 0, revisedRows: 0, revisions: [] };
    expect(await store.append('binance', market(0))).toEqual(nothing);
    expect(await store.read(KEY)).toBeUndefined();
    expect(await store.readRange(KEY, {})).toBeUndefined();
    expect(await store.describe(KEY)).toBeUndefined();
    expect(await store.stamp(KEY)).toBeUndefined();
    expect(await store.findGaps(KEY)).toEqual([]);
    expect(await store.list()).toEqual([]);
  });

  test('a series comes back bit for bit, further columns included', async () => {
    const store = openStore();
    const given = market(3000);
    expect(await store.append('binance', given)).toEqual({ addedRows: 3000, revisedRows: 0, revisions: [] });
    expect(await store.read(KEY)).toEqual(given);
    expect(await store.append('binance', given)).toEqual({ addedRows: 0, revisedRows: 0, revisions: [] });
    expect(await store.read(KEY)).toEqual(given);
  });

  test('a series that was removed was never there, and its neighbours are as they were', async () => {
    const store = openStore();
    const daily = { ...KEY, interval: '1d' } as const;
    await store.append('binance', market(3000));
    await store.append('binance', market(40, '1d'));
    for (const key of [KEY, daily]) await store.addSourceGaps(key, [{ fromMs: 0, toMs: FIRST_MS }]);
    expect(await store.remove(KEY)).toBe(true);
    expect(await store.remove(KEY)).toBe(false);
    expect(await store.read(KEY)).toBeUndefined();
    expect(await store.stamp(KEY)).toBeUndefined();
    expect(await store.readSourceGaps(KEY)).toEqual([]);
    expect((await store.list()).map(({ interval }) => interval)).toEqual(['1d']);
    expect(await store.readSourceGaps(daily)).toHaveLength(1);
    expect(await store.append('binance', market(7))).toMatchObject({ addedRows: 7 });
    expect((await store.read(KEY))?.openTimeMs).toHaveLength(7);
  });

  test('an append that is looked at and refused leaves everything as it was', async () => {
    const store = openStore();
    const given = market(3000);
    const refuse = () => {
      throw new Error('refused');
    };
    expect(await store.append('binance', given, { inspect: refuse })).toMatchObject({ addedRows: 3000 });
    const stamp = await store.stamp(KEY);
    const doubled = { ...given, volume: given.volume.map((volume) => 2 * volume) };
    await expect(store.append('binance', doubled, { inspect: refuse })).rejects.toThrow('refused');
    expect(await store.stamp(KEY)).toBe(stamp);
    const seen: CandleSeries[] = [];
    const appended = await store.append('binance', sliceCandles(doubled, 1500, 1510), {
      inspect: (...both) => {
        seen.push(...both);
        return sliceCandles(both[1], 0, 1);
      },
    });
    expect(seen).toEqual([sliceCandles(given, 1399, 1611), sliceCandles(doubled, 1500, 1510)]);
    expect(appended).toMatchObject({ addedRows: 0, revisedRows: 1 });
  });

  test('a revised candle is replaced and told, as it was and as it is', async () => {
    const store = openStore();
    await store.append('binance', market(3000));
    const revised = sliceCandles(market(3000), 1000, 1010);
    revised.volume[5] += 1;
    expect(await store.append('binance', revised)).toMatchObject({
      addedRows: 0,
      revisedRows: 1,
      revisions: [{ was: { volume: market(3000).volume[1005] }, now: { volume: revised.volume[5] } }],
    });
    expect((await store.read(KEY))?.volume[1005]).toBe(revised.volume[5]);
  });

  test('of many revisions the first are told', async () => {
    const store = openStore();
    await store.append('binance', market(600));
    const doubled = { ...market(600), volume: market(600).volume.map((volume) => 2 * volume) };
    const { revisedRows, revisions } = await store.append('binance', doubled);
    expect(revisedRows).toBe(600);
    expect(revisions.length).toBeGreaterThan(1);
    expect(revisions.map(({ now }) => now.openTimeMs)).toEqual([...doubled.openTimeMs.slice(0, revisions.length)]);
  });

  test('ranges are half-open and give the newest', async () => {
    const store = openStore();
    const whole = market(3000);
    await store.append('binance', whole);
    const [fromMs, toMs] = [whole.openTimeMs[500], whole.openTimeMs[2900]];
    expect(await store.readRange(KEY, {})).toEqual(whole);
    expect(await store.readRange(KEY, { fromMs, toMs })).toEqual(sliceCandles(whole, 500, 2900));
    expect(await store.readRange(KEY, { fromMs, toMs, limit: 7 })).toEqual(sliceCandles(whole, 2893, 2900));
    expect(await store.readRange(KEY, { limit: 2 })).toEqual(sliceCandles(whole, 2998, 3000));
    expect(await store.readRange(KEY, { fromMs: toMs })).toEqual(sliceCandles(whole, 2900, 3000));
    const none = await store.readRange(KEY, { fromMs: toMs, toMs: fromMs });
    expect(none && rowCountOf(none)).toBe(0);
  });

  test('tells rows, times and gaps without candles', async () => {
    const store = openStore();
    const whole = market(3000);
    const rows = Array.from({ length: 3000 }, (_, row) => row).filter((row) => row % 400 !== 399 && row !== 1005);
    const holed = selectCandles(whole, rows);
    await store.append('binance', holed);
    await store.append('demo', sliceCandles(whole, 0, 10));
    const span = {
      rowCount: rows.length,
      firstOpenTimeMs: whole.openTimeMs[0],
      lastOpenTimeMs: whole.openTimeMs[2999],
    };
    expect(await store.describe(KEY)).toMatchObject(span);
    expect(await store.findGaps(KEY)).toEqual(findGaps(holed).map(({ fromMs, toMs }) => ({ fromMs, toMs })));
    expect(await store.list()).toEqual([
      { ...KEY, ...span, sizeBytes: expect.any(Number), problem: null },
      { ...KEY, source: 'demo', ...(await store.describe({ ...KEY, source: 'demo' })), problem: null },
    ]);
  });

  test('the stamp changes with every change, whichever candle it is of, and with nothing else', async () => {
    const store = openStore();
    await store.append('binance', market(3000));
    const stamps = [await store.stamp(KEY)];
    await store.append('binance', market(3000));
    await store.read(KEY);
    expect(await store.stamp(KEY)).toBe(stamps[0]);
    for (const row of [10, 1500, 2999]) {
      const revised = sliceCandles(market(3000), row, row + 1);
      revised.volume[0] += 1;
      await store.append('binance', revised);
      stamps.push(await store.stamp(KEY));
    }
    expect(new Set(stamps).size).toBe(4);
  });

  test('what callers do with the arrays they gave or got changes nothing that is stored', async () => {
    const store = openStore();
    const given = market(300);
    await store.append('binance', sliceCandles(given, 0, 100));
    await store.append('binance', given);
    given.close.fill(1);
    const got = [await store.read(KEY), await store.readRange(KEY, { limit: 5 })];
    expect(got[0]).toEqual(market(300));
    for (const series of got) series?.close.fill(2);
    expect(await store.read(KEY)).toEqual(market(300));
    expect(await store.readRange(KEY, { limit: 5 })).toEqual(sliceCandles(market(300), 295, 300));
  });

  test('rows that cannot be candles are set aside', async () => {
    const store = openStore();
    const given = market(20);
    given.high[7] = Number.NaN;
    expect(await store.append('binance', given)).toMatchObject({ addedRows: 19 });
    expect((await store.read(KEY))?.openTimeMs).not.toContain(given.openTimeMs[7]);
  });

  test('times that do not ascend, and names and intervals that are none, are refused', async () => {
    const store = openStore();
    const given = market(3);
    const reversed = { ...given, openTimeMs: given.openTimeMs.toReversed() };
    await expect(store.append('binance', reversed)).rejects.toMatchObject({ code: 'CANDLES_INVALID' });
    for (const key of [
      { ...KEY, source: '../x' },
      { ...KEY, symbol: 'a/b' },
    ]) {
      await expect(store.read(key)).rejects.toMatchObject({ code: 'NAME_INVALID' });
      await expect(store.append(key.source, { ...given, symbol: key.symbol })).rejects.toMatchObject({
        code: 'NAME_INVALID',
      });
    }
    const none = { ...KEY, interval: '../1h' as '1h' };
    await expect(store.read(none)).rejects.toMatchObject({ code: 'INTERVAL_INVALID' });
    expect(await store.list()).toEqual([]);
  });

  test('gaps of the source are kept, joined', async () => {
    const store = openStore();
    expect(await store.readSourceGaps(KEY)).toEqual([]);
    await store.addSourceGaps(KEY, [{ fromMs: 10, toMs: 20 }]);
    await store.addSourceGaps(KEY, [
      { fromMs: 20, toMs: 30 },
      { fromMs: 50, toMs: 60 },
    ]);
    expect(await store.readSourceGaps(KEY)).toEqual([
      { fromMs: 10, toMs: 30 },
      { fromMs: 50, toMs: 60 },
    ]);
  });

  /** Parts of one history of a length whose files are of days, of months and of years. */
  const anyParts = fc.record({
    interval: fc.constantFrom<Interval>('1s', '1m', '4h', '1d'),
    parts: fc.array(
      fc.record({
        start: fc.nat(1400),
        rowCount: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 900 })),
        stride: fc.constantFrom(1, 1, 1, 97),
        hasCount: fc.boolean(),
        volumeFactor: fc.constantFrom(1, 1, 2),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  });

  test('parts in any order and of any kind make what merging them makes', async () => {
    const check = async (interval: Interval, parts: readonly CandleSeries[]) => {
      const store = openStore();
      const key: StoredSeriesKey = { ...KEY, interval };
      let expected = sliceCandles(parts[0], 0, 0);
      for (const part of parts) {
        const { series, addedRows, revisedRows } = mergeCandles(expected, part);
        expected = series;
        expect(await store.append('binance', part)).toMatchObject({ addedRows, revisedRows });
      }
      expect(await store.read(key)).toEqual(expected);
      const { openTimeMs } = expected;
      expect(await store.describe(key)).toMatchObject({
        rowCount: openTimeMs.length,
        firstOpenTimeMs: openTimeMs[0],
        lastOpenTimeMs: openTimeMs.at(-1),
      });
      expect(await store.findGaps(key)).toEqual(findGaps(expected).map(({ fromMs, toMs }) => ({ fromMs, toMs })));
      const fromMs = openTimeMs[openTimeMs.length >> 1];
      expect(await store.readRange(key, { fromMs })).toEqual(sliceTimes(expected, fromMs));
    };
    await fc.assert(
      fc.asyncProperty(anyParts, ({ interval, parts }) => {
        const whole = market(2400, interval);
        // So that the candles stand on both sides of the end of a day, a month and a year.
        const shiftMs = Date.UTC(2024, 0, 1) - 1000 * INTERVAL_MS[interval] - whole.openTimeMs[0];
        const shifted = { ...whole, openTimeMs: whole.openTimeMs.map((timeMs) => timeMs + shiftMs) };
        return check(
          interval,
          parts.map(({ start, rowCount, stride, hasCount, volumeFactor }) => {
            const rows = Array.from({ length: rowCount }, (_, row) => start + row * stride).filter((row) => row < 2400);
            const part = selectCandles(shifted, rows);
            const volume = part.volume.map((value) => value * volumeFactor);
            return { ...part, volume, extras: hasCount ? part.extras : {} };
          }),
        );
      }),
      { numRuns: 25 },
    );
  }, 60_000);
}
