/**
 * Appending to a series, under the lock of its symbol. Whatever moment it is killed at, the segments and the tail together
 * have what was stored and a part of the new rows that adjoins it, and the next append puts every row where it belongs:
 *
 * 1. Segments that get rows, or revised ones, are written: outward from what is stored, so that no hole comes to be.
 *    Rows that leave the tail are among them, and are in both until
 * 2. the tail is written.
 * 3. After a kill between the two, segments may have rows that belong into the tail: they are taken out at last.
 *
 * A new series is made aside, several files at once, and is there when all of it is.
 */

import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runLimited } from '../core/concurrency.js';
import { toWriteError } from '../files/system-errors.js';
import { collectAbandoned, temporaryName } from '../files/temporary-names.js';
import { moveIntoPlace, syncFolder } from '../files/write-atomically.js';
import { type CandleSeries, firstRowAt, rowCountOf, sliceCandles } from '../market/candle-series.js';
import type { AppendResult, RevisedCandle } from '../ports/candle-store.js';
import type { CandleFiles } from './candle-files.js';
import { splitIntoSegments, TAIL_NAME, tailStartOf, viewCandles, withExtras } from './candle-layout.js';
import { findRevisions, type MergedCandles, mergeCandles, REVISIONS_SHOWN } from './candle-merge.js';
import { replaceCandleParquet, writeCandleParquet } from './candle-parquet-writer.js';
import { isAbsent, namesIn, type SeriesPlace, segmentsOf } from './candle-reader.js';

const CANDLE_COLUMN_COUNT = 6;
/** Each waits for the disk most of its time. */
const FILES_AT_ONCE = 8;

export interface SeriesWrite {
  readonly place: SeriesPlace;
  readonly incoming: CandleSeries;
  readonly files: CandleFiles;
  /** Throws when the lock was lost. */
  readonly confirm: () => Promise<void>;
}

/** What is stored, and where the segments end. */
interface Stored {
  readonly segmentNames: readonly string[];
  readonly tail: CandleSeries | undefined;
  /** The rows that an append may still move: those of the tail, and those behind its beginning in segments. */
  readonly open: CandleSeries | undefined;
  /** Rows before it are in segments and nowhere else. */
  readonly openFromMs: number;
  readonly extraNames: readonly string[];
}

/** Makes a series whose folder is missing. */
async function createSeries({ place, incoming, confirm }: SeriesWrite): Promise<AppendResult> {
  const { folder, key } = place;
  const rowCount = rowCountOf(incoming);
  const columnCount = CANDLE_COLUMN_COUNT + Object.keys(incoming.extras).length;
  const tailFromMs = tailStartOf(incoming.openTimeMs[rowCount - 1], incoming.interval, columnCount);
  const tailRow = firstRowAt(incoming.openTimeMs, tailFromMs);
  const tail = viewCandles(incoming, tailRow, rowCount);
  const parts = [...splitIntoSegments(viewCandles(incoming, 0, tailRow)), { name: TAIL_NAME, series: tail }];
  const aside = join(dirname(folder), temporaryName());
  try {
    await mkdir(aside);
    await runLimited(parts.length, FILES_AT_ONCE, (index) => {
      const { name, series } = parts[index];
      const file = { path: join(folder, name), series, source: key.source, isPacked: name !== TAIL_NAME };
      return writeCandleParquet(file, join(aside, name));
    });
    await syncFolder(aside);
    await confirm();
    await moveIntoPlace(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => {});
    throw toWriteError(folder, error);
  }
  return { addedRows: rowCount, revisedRows: 0, revisions: [] };
}

/** Merges candles into a series; its folder is made where it is missing. */
export async function writeSeries(write: SeriesWrite): Promise<AppendResult> {
  const { incoming, place } = write;
  const fileNames = await namesIn(place.folder);
  if (fileNames === undefined) return createSeries(write);
  const stored = await readStored(write, fileNames);
  const names = [...new Set([...stored.extraNames, ...Object.keys(incoming.extras)])].sort();
  const split = firstRowAt(incoming.openTimeMs, stored.openFromMs);
  const older = viewCandles(incoming, 0, split);
  const newer = viewCandles(incoming, split, rowCountOf(incoming));
  const merged = mergeInto(stored.open, newer);
  const tailFromMs = tailStartOf(
    merged.series.openTimeMs[rowCountOf(merged.series) - 1],
    incoming.interval,
    CANDLE_COLUMN_COUNT + names.length,
  );
  const tailRow = firstRowAt(merged.series.openTimeMs, tailFromMs);
  const count = new AppendCount();
  count.add(merged, stored.open, newer);
  const folded = viewCandles(merged.series, 0, tailRow);
  for (const rows of planSegments(stored, names, older, folded)) await writeSegment(write, rows, names, count);
  const tail = withExtras(sliceCandles(merged.series, tailRow, rowCountOf(merged.series)), names);
  if (stored.tail === undefined || !isSame(stored.tail, tail)) await writeFile(write, TAIL_NAME, tail, true);
  if (stored.open !== stored.tail) await clearSegments(write, tailFromMs);
  return count.result;
}

/** What an append has come to so far. */
class AppendCount {
  #addedRows = 0;
  #revisedRows = 0;
  readonly #revisions: RevisedCandle[] = [];

  add({ addedRows, revisedRows }: MergedCandles, current: CandleSeries | undefined, incoming: CandleSeries): void {
    this.#addedRows += addedRows;
    this.#revisedRows += revisedRows;
    if (current && revisedRows > 0) this.#revisions.push(...findRevisions(current, incoming));
  }

  get result(): AppendResult {
    const revisions = this.#revisions.sort((a, b) => a.now.openTimeMs - b.now.openTimeMs).slice(0, REVISIONS_SHOWN);
    return { addedRows: this.#addedRows, revisedRows: this.#revisedRows, revisions };
  }
}

async function readStored(
  { place: { folder, key }, files }: SeriesWrite,
  fileNames: readonly string[],
): Promise<Stored> {
  if (fileNames.some((name) => name.startsWith('.'))) await collectAbandoned(folder);
  const segments = segmentsOf(folder, fileNames, key.interval);
  const tail = fileNames.includes(TAIL_NAME) ? await files.candles(join(folder, TAIL_NAME), key) : undefined;
  const newest = segments.at(-1);
  const footer = newest && (await files.footer(newest.path));
  const common = {
    segmentNames: segments.map(({ path }) => path.slice(folder.length + 1)),
    tail,
    extraNames: tail ? Object.keys(tail.extras) : (footer?.extraNames ?? []),
  };
  if (footer === undefined) return { ...common, open: tail, openFromMs: Number.NEGATIVE_INFINITY };
  const lastMs = footer.lastOpenTimeMs;
  if (tail && lastMs < tail.openTimeMs[0]) return { ...common, open: tail, openFromMs: lastMs + 1 };
  // An append was killed, or somebody has removed the tail.
  const openFromMs = tail?.openTimeMs[0] ?? tailStartOf(lastMs, key.interval, CANDLE_COLUMN_COUNT);
  let open: CandleSeries | undefined;
  for (const { path, range } of segments) {
    if (range.toMs <= openFromMs) continue;
    const series = await files.candles(path, key);
    const part = viewCandles(series, firstRowAt(series.openTimeMs, openFromMs), rowCountOf(series));
    open = mergeInto(open, part).series;
  }
  return { ...common, open: tail ? mergeInto(open, tail).series : open, openFromMs };
}

/** The rows that a segment gets. */
interface SegmentRows {
  readonly name: string;
  readonly older?: CandleSeries;
  /** Rows that leave the tail. */
  readonly folded?: CandleSeries;
}

/** The segments to look at, in the order in which they are written. */
function planSegments(
  { segmentNames, tail, extraNames }: Stored,
  names: readonly string[],
  older: CandleSeries,
  folded: CandleSeries,
): SegmentRows[] {
  const plan = new Map<string, SegmentRows>();
  // All files of a series have the same columns.
  if (names.length > extraNames.length) for (const name of segmentNames) plan.set(name, { name });
  for (const { name, series } of splitIntoSegments(older)) plan.set(name, { name, older: series });
  for (const { name, series } of splitIntoSegments(folded)) plan.set(name, { ...plan.get(name), name, folded: series });
  const firstStored = segmentNames[0] ?? (tail && splitIntoSegments(tail)[0].name) ?? '';
  const ascending = [...plan.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const before = ascending.filter(({ name }) => name < firstStored);
  return [...ascending.slice(before.length), ...before.reverse()];
}

async function writeSegment(
  write: SeriesWrite,
  { name, older, folded }: SegmentRows,
  names: readonly string[],
  count: AppendCount,
): Promise<void> {
  const path = join(write.place.folder, name);
  const current = (await isAbsent(path)) ? undefined : await write.files.candles(path, write.place.key);
  let series = current;
  if (older) {
    const merged = mergeInto(series, older);
    count.add(merged, series, older);
    series = merged.series;
  }
  if (folded) series = mergeInto(series, folded).series;
  if (series === undefined) return;
  const padded = withExtras(series, names);
  if (current && isSame(current, padded)) return;
  // A segment that is new may be made of the caller's own arrays.
  await writeFile(write, name, padded, current !== undefined);
}

/** Takes out of segments what is in the tail by now. */
async function clearSegments(write: SeriesWrite, tailFromMs: number): Promise<void> {
  const { folder, key } = write.place;
  for (const { path, range } of segmentsOf(folder, (await namesIn(folder)) ?? [], key.interval)) {
    if (range.toMs <= tailFromMs) continue;
    const series = await write.files.candles(path, key);
    const end = firstRowAt(series.openTimeMs, tailFromMs);
    if (end === rowCountOf(series)) continue;
    if (end > 0) {
      await writeFile(write, path.slice(folder.length + 1), sliceCandles(series, 0, end), true);
      continue;
    }
    await write.confirm();
    await rm(path);
    await syncFolder(folder);
  }
}

async function writeFile(
  { place, files, confirm }: SeriesWrite,
  name: string,
  series: CandleSeries,
  isOurs: boolean,
): Promise<void> {
  const path = join(place.folder, name);
  const file = { path, series, source: place.key.source, isPacked: name !== TAIL_NAME };
  const identity = await replaceCandleParquet(file, confirm);
  files.remember(path, { identity, content: series }, isOurs);
}

/** Merging into nothing copies nothing. */
function mergeInto(current: CandleSeries | undefined, incoming: CandleSeries): MergedCandles {
  if (current) return mergeCandles(current, incoming);
  return { series: incoming, addedRows: rowCountOf(incoming), revisedRows: 0, hasChanged: rowCountOf(incoming) > 0 };
}

function isSame(a: CandleSeries, b: CandleSeries): boolean {
  const left: Record<string, Float64Array> = { ...a.extras, ...columnsOf(a) };
  const right: Record<string, Float64Array> = { ...b.extras, ...columnsOf(b) };
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && isSameColumn(left[name], right[name]))
  );
}

function columnsOf({ openTimeMs, open, high, low, close, volume }: CandleSeries) {
  return { openTimeMs, open, high, low, close, volume };
}

function isSameColumn(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let row = 0; row < a.length; row++) if (!Object.is(a[row], b[row])) return false;
  return true;
}
