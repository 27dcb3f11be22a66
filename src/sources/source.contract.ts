import { describe, expect, test } from 'vitest';
import { checkName } from '../core/names.js';
import { CANDLE_COLUMNS, type CandleSeries, rowCountOf } from '../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import type { CandleRequest, CandleSource } from '../ports/candle-source.js';

export interface OpenedSource {
  readonly source: CandleSource;
  readonly symbol: string;
  readonly interval: Interval;
  /** Open times of all candles that are closed, ascending; at least twenty. */
  readonly openTimeMs: ArrayLike<number>;
}

/**
 * What every candle source must do: give closed candles oldest first and once, within a half-open range, the same ones
 * each time, and stop when it is told to.
 */
export function testSourceContract(name: string, open: () => Promise<OpenedSource>): void {
  const fetchPages = async ({ source, symbol, interval }: OpenedSource, request: Partial<CandleRequest> = {}) => {
    const pages: CandleSeries[] = [];
    for await (const page of source.fetchCandles({ symbol, interval, ...request })) pages.push(page);
    return pages;
  };
  const timesOf = (pages: readonly CandleSeries[]) => pages.flatMap((page) => [...page.openTimeMs]);

  describe(`source ${name}`, () => {
    test('has a name that a folder may have', async () => {
      const { source } = await open();
      expect(checkName(source.name)).toBe(source.name);
    });

    test('gives every closed candle once, oldest first, and no open one', async () => {
      const opened = await open();
      expect(timesOf(await fetchPages(opened))).toEqual(Array.from(opened.openTimeMs));
    });

    test('gives pages of whole columns under the names asked for, none of them empty', async () => {
      const opened = await open();
      const pages = await fetchPages(opened);
      for (const page of pages) {
        expect(page).toMatchObject({ symbol: opened.symbol, interval: opened.interval });
        expect(rowCountOf(page)).toBeGreaterThan(0);
        for (const column of CANDLE_COLUMNS) {
          expect(page[column]).toHaveLength(rowCountOf(page));
          expect(page[column].every(Number.isFinite)).toBe(true);
        }
        for (const values of Object.values(page.extras)) expect(values).toHaveLength(rowCountOf(page));
      }
    });

    test('takes the range half-open, also between the candles', async () => {
      const opened = await open();
      const times = Array.from(opened.openTimeMs);
      const half = INTERVAL_MS[opened.interval] / 2;
      const between = async (fromMs: number, toMs: number) => timesOf(await fetchPages(opened, { fromMs, toMs }));
      expect(await between(times[3], times[9])).toEqual(times.slice(3, 9));
      expect(await between(times[3] + 1, times[9] + 1)).toEqual(times.slice(4, 10));
      expect(await between(times[3] - half, times[9] - half)).toEqual(times.slice(3, 9));
      expect(await between(times[3], times[3])).toEqual([]);
    });

    test('gives nothing before the first candle and nothing behind the last closed one', async () => {
      const opened = await open();
      const times = Array.from(opened.openTimeMs);
      const last = times[times.length - 1];
      const behind = { fromMs: last + INTERVAL_MS[opened.interval] };
      expect(timesOf(await fetchPages(opened, behind))).toEqual([]);
      const before = { fromMs: times[0] - 5 * INTERVAL_MS[opened.interval], toMs: times[0] };
      expect(timesOf(await fetchPages(opened, before))).toEqual([]);
      expect(timesOf(await fetchPages(opened, { fromMs: last }))).toEqual([last]);
    });

    test('gives the same candles each time', async () => {
      const opened = await open();
      const values = async () =>
        (await fetchPages(opened)).flatMap((page) => CANDLE_COLUMNS.flatMap((column) => [...page[column]]));
      expect(await values()).toEqual(await values());
    });

    test('tells its progress', async () => {
      const opened = await open();
      const told: [number, number][] = [];
      const pages = await fetchPages(opened, { onProgress: (rows, lastMs) => told.push([rows, lastMs]) });
      expect(told).toHaveLength(pages.length);
      expect(told.at(-1)).toEqual([opened.openTimeMs.length, opened.openTimeMs[opened.openTimeMs.length - 1]]);
    });

    test('stops with INTERRUPTED when it is told to, also between pages', async () => {
      const opened = await open();
      await expect(fetchPages(opened, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'INTERRUPTED' });
      const hasMorePages = (await fetchPages(opened)).length > 1;
      const controller = new AbortController();
      const request = { signal: controller.signal, onProgress: () => controller.abort() };
      const stopped = fetchPages(opened, request).then(
        () => undefined,
        (error) => error.code,
      );
      expect(await stopped).toBe(hasMorePages ? 'INTERRUPTED' : undefined);
    });
  });
}
