/**
 * The candle store: `data/candles/<source>/<SYMBOL>/<interval>.parquet` in the workspace. Plain Parquet, so DuckDB,
 * pandas or any other reader can use the files.
 */

import type { BigIntStats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkName, isName } from '../core/names.js';
import { withFolderLock } from '../files/folder-lock.js';
import { systemCodeOf, toReadError } from '../files/system-errors.js';
import { collectAbandoned } from '../files/temporary-names.js';
import { makeFolder } from '../files/write-atomically.js';
import { type CandleSeries, findGaps, rowCountOf, sliceCandles, sliceTimes } from '../market/candle-series.js';
import { INTERVAL_MS, parseInterval } from '../market/interval.js';
import type { AppendResult, CandleStore, StoredSeriesEntry, StoredSeriesKey } from '../ports/candle-store.js';
import { findRevisions, mergeCandles, refuseUnordered } from './candle-merge.js';
import { readCandleParquet, readCandleSpans, writeCandleParquet } from './candle-parquet.js';
import { quarantineRejected } from './quarantine.js';
import { identityOf, SeriesMemory } from './series-memory.js';
import { addSourceGaps, readSourceGaps } from './source-gaps-file.js';

/** Another process may be merging years of minute candles. */
const LOCK_TIMEOUT_MS = 60_000;

/**
 * Opens the store of a workspace; nothing is created before the first append. Two processes may append at once: the folder
 * of a symbol is locked, which lets one read, merge and rename after the other, and readers need no lock.
 *
 * @example const store = openCandleStore('.'); await store.append('binance', series)
 */
export function openCandleStore(home: string): CandleStore {
  const root = join(home, 'data', 'candles');
  const memory = new SeriesMemory();
  return {
    async read(key) {
      const series = await readSeries(root, key, memory);
      // The caller may do with its arrays what it likes.
      return series && memory.holds(series) ? sliceCandles(series, 0, rowCountOf(series)) : series;
    },
    async readRange(key, { fromMs, toMs, limit = Number.POSITIVE_INFINITY }) {
      const series = await readSeries(root, key, memory);
      const range = series && sliceTimes(series, fromMs, toMs);
      return range && sliceCandles(range, Math.max(0, rowCountOf(range) - limit), rowCountOf(range));
    },
    async describe(key) {
      const path = pathOf(root, key);
      const stats = await statsOf(path);
      if (stats === undefined) return undefined;
      const [span] = await readCandleSpans([path]);
      return { ...span, sizeBytes: Number(stats.size) };
    },
    async findGaps(key) {
      const series = await readSeries(root, key, memory);
      return series ? findGaps(series).map(({ fromMs, toMs }) => ({ fromMs, toMs })) : [];
    },
    append: async (source, series) =>
      appendSeries(root, source, await quarantineRejected(home, source, series), memory),
    async stamp(key) {
      const stats = await statsOf(pathOf(root, key));
      return stats && identityOf(stats);
    },
    list: () => listSeries(root),
    readSourceGaps: (key) => readSourceGaps(home, key),
    addSourceGaps: (key, gaps) => addSourceGaps(home, key, gaps),
  };
}

async function readSeries(root: string, key: StoredSeriesKey, memory: SeriesMemory): Promise<CandleSeries | undefined> {
  const path = pathOf(root, key);
  const stats = await statsOf(path);
  if (stats === undefined) return undefined;
  const remembered = memory.recall(path, stats);
  if (remembered) return remembered;
  const series = await readCandleParquet(path, key.symbol, key.interval);
  memory.remember(path, stats, series);
  return series;
}

async function appendSeries(
  root: string,
  source: string,
  incoming: CandleSeries,
  memory: SeriesMemory,
): Promise<AppendResult> {
  const key = { source, symbol: incoming.symbol, interval: incoming.interval };
  const path = pathOf(root, key);
  refuseUnordered(incoming);
  if (rowCountOf(incoming) === 0) {
    return { addedRows: 0, revisedRows: 0, revisions: [] };
  }
  const folder = dirname(path);
  await makeFolder(folder);
  return withFolderLock(
    folder,
    async (lock) => {
      await collectAbandoned(folder);
      const current = await readSeries(root, key, memory);
      const merged = current
        ? mergeCandles(current, incoming)
        : { series: incoming, addedRows: rowCountOf(incoming), revisedRows: 0, hasChanged: true };
      if (merged.hasChanged) {
        const stats = await writeCandleParquet(path, merged.series, source, () => lock.confirm());
        // The first series is the caller's own.
        if (current) memory.remember(path, stats, merged.series);
      }
      const revisions = current ? findRevisions(current, incoming) : [];
      return { addedRows: merged.addedRows, revisedRows: merged.revisedRows, revisions };
    },
    LOCK_TIMEOUT_MS,
  );
}

async function listSeries(root: string): Promise<StoredSeriesEntry[]> {
  const keys: StoredSeriesKey[] = [];
  for (const source of await namesIn(root)) {
    for (const symbol of await namesIn(join(root, source))) {
      for (const file of await namesIn(join(root, source, symbol))) {
        const interval = file.replace(/\.parquet$/, '');
        if (interval !== file && Object.hasOwn(INTERVAL_MS, interval)) {
          keys.push({ source, symbol, interval: parseInterval(interval) });
        }
      }
    }
  }
  const paths = keys.map((key) => pathOf(root, key));
  const spans = await readCandleSpans(paths);
  return Promise.all(
    keys.map(async (key, index) => ({
      ...key,
      ...spans[index],
      sizeBytes: (await stat(paths[index])).size,
      problem: null,
    })),
  );
}

function pathOf(root: string, { source, symbol, interval }: StoredSeriesKey): string {
  return join(root, checkName(source, 'source'), checkName(symbol, 'symbol'), `${parseInterval(interval)}.parquet`);
}

/** Names in a folder in order, without what nobody here can have written; none when it is absent. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter(isName).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw toReadError(folder, error);
  }
}

async function statsOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw toReadError(path, error);
  }
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '');
}
