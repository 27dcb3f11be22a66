/** The candle store without a disk. */

import { joinRanges } from '../../src/candles/source-gaps.js';
import { checkName } from '../../src/core/names.js';
import { type CandleSeries, findGaps, rowCountOf, sliceCandles, sliceTimes } from '../../src/market/candle-series.js';
import { INTERVAL_MS, parseInterval } from '../../src/market/interval.js';
import { JOINED_GAP_ROWS } from '../../src/market/quality/contradiction.js';
import { setAsideRejected } from '../../src/market/quality/row-faults.js';
import type { TimeRange } from '../../src/market/time-range.js';
import type { CandleStore, StoredRange, StoredSeriesKey } from '../../src/ports/candle-store.js';
import { findRevisions, mergeCandles, refuseUnordered } from '../../src/storage/candle-merge.js';

/** Bytes that a candle counts for: the six numbers of it. */
const CANDLE_BYTES = 48;

interface MemorySeries {
  readonly key: StoredSeriesKey;
  readonly series: CandleSeries;
  readonly changeCount: number;
}

/** Opens an empty store. */
export function openMemoryCandleStore(): CandleStore {
  const stored = new Map<string, MemorySeries>();
  const sourceGaps = new Map<string, TimeRange[]>();
  const find = (key: StoredSeriesKey) => stored.get(textOf(key));
  return {
    async read(key) {
      const series = find(key)?.series;
      return series && sliceCandles(series, 0, rowCountOf(series));
    },
    async readRange(key, range) {
      const series = find(key)?.series;
      return series && cut(series, range);
    },
    async describe(key) {
      const series = find(key)?.series;
      return series && spanOf(series);
    },
    async findGaps(key) {
      const series = find(key)?.series;
      return series === undefined ? [] : findGaps(series).map(({ fromMs, toMs }) => ({ fromMs, toMs }));
    },
    async append(source, given, { inspect } = {}) {
      const key: StoredSeriesKey = { source, symbol: given.symbol, interval: given.interval };
      const text = textOf(key);
      const incoming = setAsideRejected(given).sound;
      refuseUnordered(incoming);
      const former = stored.get(text);
      const current = former?.series ?? sliceCandles(incoming, 0, 0);
      const { openTimeMs } = incoming;
      const marginMs = (JOINED_GAP_ROWS + 1) * INTERVAL_MS[key.interval];
      const around = sliceTimes(current, openTimeMs[0] - marginMs, openTimeMs[openTimeMs.length - 1] + marginMs + 1);
      const kept = inspect && rowCountOf(around) > 0 ? inspect(around, incoming) : incoming;
      const { series, addedRows, revisedRows, hasChanged } = mergeCandles(current, kept);
      if (hasChanged) stored.set(text, { key, series, changeCount: (former?.changeCount ?? 0) + 1 });
      return { addedRows, revisedRows, revisions: findRevisions(current, kept) };
    },
    async remove(key) {
      sourceGaps.delete(textOf(key));
      return stored.delete(textOf(key));
    },
    async stamp(key) {
      const found = find(key);
      return found && `${found.changeCount}`;
    },
    async list() {
      return [...stored.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { key, series }]) => ({ ...key, ...spanOf(series), problem: null }));
    },
    readSourceGaps: async (key) => sourceGaps.get(textOf(key)) ?? [],
    async addSourceGaps(key, gaps) {
      sourceGaps.set(textOf(key), joinRanges([...(sourceGaps.get(textOf(key)) ?? []), ...gaps]));
    },
  };
}

function cut(series: CandleSeries, { fromMs, toMs, limit = Number.POSITIVE_INFINITY }: StoredRange): CandleSeries {
  const range = sliceTimes(series, fromMs, toMs);
  return sliceCandles(range, Math.max(0, rowCountOf(range) - limit), rowCountOf(range));
}

function spanOf({ openTimeMs }: CandleSeries) {
  return {
    rowCount: openTimeMs.length,
    firstOpenTimeMs: openTimeMs[0],
    lastOpenTimeMs: openTimeMs[openTimeMs.length - 1],
    sizeBytes: CANDLE_BYTES * openTimeMs.length,
  };
}

function textOf({ source, symbol, interval }: StoredSeriesKey): string {
  return [checkName(source, 'source'), checkName(symbol, 'symbol'), parseInterval(interval)].join(' ');
}
