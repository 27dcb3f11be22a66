/**
 * The candle store: a folder for each series, `data/candles/<source>/<SYMBOL>/<interval>/`, of plain Parquet, so DuckDB,
 * pandas or any other reader can use the files. Those of closed days, months or years never change; the newest candles
 * are in a small one beside them (candle-layout.ts says which lie where). Older versions of the program made one file of
 * each series: it is read as it is, and becomes a folder with the first append.
 */

import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runLimited } from '../core/concurrency.js';
import { TradeAiError } from '../core/errors.js';
import { checkName, isName } from '../core/names.js';
import { withFolderLock } from '../files/folder-lock.js';
import { collectAbandoned } from '../files/temporary-names.js';
import { makeFolder, syncFolder } from '../files/write-atomically.js';
import { type CandleSeries, rowCountOf } from '../market/candle-series.js';
import { INTERVAL_MS, parseInterval } from '../market/interval.js';
import { JOINED_GAP_ROWS } from '../market/quality/contradiction.js';
import { setAsideRejected } from '../market/quality/row-faults.js';
import type {
  AppendOptions,
  AppendResult,
  CandleStore,
  StoredSeriesEntry,
  StoredSeriesKey,
} from '../ports/candle-store.js';
import { CandleFiles } from './candle-files.js';
import { refuseUnordered } from './candle-merge.js';
import { readCandleParquet } from './candle-parquet.js';
import { CandleReader, isAbsent, namesIn, type SeriesPlace } from './candle-reader.js';
import { finishRemovals, removeSeries } from './candle-removal.js';
import { type SeriesWrite, writeSeries } from './candle-writer.js';
import { quarantineRejected } from './quarantine.js';
import { addSourceGaps, readSourceGaps } from './source-gaps-file.js';
import { markWorkspaceFormat } from './workspace-format.js';

/** Another process may be merging years of minute candles. */
const LOCK_TIMEOUT_MS = 60_000;
const SERIES_AT_ONCE = 8;
const SUFFIX = '.parquet';
const NOTHING_APPENDED: AppendResult = { addedRows: 0, revisedRows: 0, revisions: [] };

interface OpenStore {
  readonly home: string;
  readonly root: string;
  readonly programVersion: string;
  readonly files: CandleFiles;
  readonly reader: CandleReader;
  /** The workspace says by now which format it has. */
  isMarked: boolean;
}

/**
 * Opens the store of a workspace; nothing is created before the first append. Two processes may append at once: the folder
 * of a symbol is locked, which lets one write after the other, and readers need no lock.
 *
 * @param programVersion for the workspace's mark
 * @example const store = openCandleStore('.', '1.0.0'); await store.append('binance', series)
 */
export function openCandleStore(home: string, programVersion = 'unknown'): CandleStore {
  const root = join(home, 'data', 'candles');
  const files = new CandleFiles();
  const reader = new CandleReader(files);
  const store: OpenStore = { home, root, programVersion, files, reader, isMarked: false };
  return {
    read: async (key) => reader.readRange(placeOf(root, key), {}),
    readRange: async (key, range) => reader.readRange(placeOf(root, key), range),
    describe: async (key) => reader.describe(placeOf(root, key)),
    findGaps: async (key) => reader.findGaps(placeOf(root, key)),
    stamp: async (key) => reader.stamp(placeOf(root, key)),
    append: (source, series, options) => appendSeries(store, source, series, options),
    remove: (key) => removeStored(store, key),
    list: () => listSeries(root, reader),
    readSourceGaps: (key) => readSourceGaps(home, key),
    addSourceGaps: (key, gaps) => addSourceGaps(home, key, gaps),
  };
}

async function appendSeries(
  store: OpenStore,
  source: string,
  given: CandleSeries,
  { inspect }: AppendOptions = {},
): Promise<AppendResult> {
  const place = placeOf(store.root, { source, symbol: given.symbol, interval: given.interval });
  if (rowCountOf(given) === 0) return NOTHING_APPENDED;
  const symbolFolder = dirname(place.folder);
  await makeFolder(symbolFolder);
  if (!store.isMarked) await markWorkspaceFormat(store.home, store.programVersion);
  store.isMarked = true;
  return withFolderLock(
    symbolFolder,
    async (lock) => {
      await collectAbandoned(symbolFolder);
      await finishRemovals(store.home, place.key, symbolFolder);
      const inspected = inspect && (await inspectStored(store, place, setAsideRejected(given).sound, inspect));
      const sound = await quarantineRejected(store.home, source, given);
      const incoming = inspected ?? sound;
      refuseUnordered(incoming);
      if (rowCountOf(incoming) === 0) return NOTHING_APPENDED;
      const write = { place, files: store.files, confirm: () => lock.confirm() };
      await convertSingleFile(write);
      return writeSeries({ ...write, incoming });
    },
    { timeoutMs: LOCK_TIMEOUT_MS },
  );
}

async function removeStored({ home, root }: OpenStore, key: StoredSeriesKey): Promise<boolean> {
  const place = placeOf(root, key);
  const symbolFolder = dirname(place.folder);
  if (await isAbsent(symbolFolder)) return false;
  return withFolderLock(
    symbolFolder,
    async (lock) => {
      await collectAbandoned(symbolFolder);
      return removeSeries({ home, place, confirm: () => lock.confirm() });
    },
    { timeoutMs: LOCK_TIMEOUT_MS },
  );
}

/** Shows what is stored over the time of the candles, and so much around it as prices are compared over; returns what to store. */
async function inspectStored(
  { reader }: OpenStore,
  place: SeriesPlace,
  incoming: CandleSeries,
  inspect: NonNullable<AppendOptions['inspect']>,
): Promise<CandleSeries> {
  const { openTimeMs, interval } = incoming;
  const marginMs = (JOINED_GAP_ROWS + 1) * INTERVAL_MS[interval];
  const range = { fromMs: openTimeMs[0] - marginMs, toMs: openTimeMs[openTimeMs.length - 1] + marginMs + 1 };
  const stored = rowCountOf(incoming) > 0 ? await reader.readRange(place, range) : undefined;
  return stored && rowCountOf(stored) > 0 ? inspect(stored, incoming) : incoming;
}

/** Makes a folder of the one file of a series. Where both are there a former conversion was killed between the two. */
async function convertSingleFile({ place, ...write }: Omit<SeriesWrite, 'incoming'>): Promise<void> {
  if (await isAbsent(place.singleFile)) return;
  if (await isAbsent(place.folder)) {
    const { content } = await readCandleParquet(place.singleFile, place.key);
    await writeSeries({ ...write, place, incoming: content });
  }
  await rm(place.singleFile);
  await syncFolder(dirname(place.folder));
}

async function listSeries(root: string, reader: CandleReader): Promise<StoredSeriesEntry[]> {
  const keys: StoredSeriesKey[] = [];
  for (const source of await usualNamesIn(root)) {
    for (const symbol of await usualNamesIn(join(root, source))) {
      const names = await usualNamesIn(join(root, source, symbol));
      const intervals = new Set(names.map((name) => (name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name)));
      for (const interval of intervals) {
        if (Object.hasOwn(INTERVAL_MS, interval)) keys.push({ source, symbol, interval: parseInterval(interval) });
      }
    }
  }
  const entries = await runLimited(keys.length, SERIES_AT_ONCE, (index) => describeEntry(root, keys[index], reader));
  return entries.filter((entry) => entry !== undefined);
}

/** `undefined` for a folder in which nothing is stored. */
async function describeEntry(
  root: string,
  key: StoredSeriesKey,
  reader: CandleReader,
): Promise<StoredSeriesEntry | undefined> {
  const place = placeOf(root, key);
  try {
    const span = await reader.describe(place);
    return span && { ...key, ...span, problem: null };
  } catch (error) {
    if (!(error instanceof TradeAiError)) throw error;
    const unknown = { rowCount: null, firstOpenTimeMs: null, lastOpenTimeMs: null };
    return { ...key, ...unknown, sizeBytes: await reader.sizeOf(place), problem: error.message };
  }
}

function placeOf(root: string, key: StoredSeriesKey): SeriesPlace {
  const { source, symbol, interval } = key;
  const folder = join(root, checkName(source, 'source'), checkName(symbol, 'symbol'), parseInterval(interval));
  return { key, folder, singleFile: folder + SUFFIX };
}

/** Names in a folder in order, without what nobody here can have written; none when it is absent. */
async function usualNamesIn(folder: string): Promise<string[]> {
  return ((await namesIn(folder)) ?? []).filter(isName).sort();
}
