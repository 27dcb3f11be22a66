/**
 * Reading a series that somebody may be writing. The tail is read before the folder is listed, and the segments after it,
 * each once and as it is by then:
 *
 * - candles on their way from the tail into a segment are seen in one of them at least, and those seen in both are taken
 *   once, as the tail has them;
 * - a segment that was listed has all rows that were there before the listing, and so have those before it.
 *
 * So the files make one series whatever is written meanwhile. Only one that is gone makes a new listing necessary: what an
 * append removes after a kill is in the tail by then. What was read is read again only where it has changed.
 */

import { createHash } from 'node:crypto';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { joinCandles } from '../candles/store-writer.js';
import { runLimited } from '../core/concurrency.js';
import { systemCodeOf, toReadError } from '../files/system-errors.js';
import {
  CANDLE_COLUMNS,
  type CandleSeries,
  findGaps,
  firstRowAt,
  rowCountOf,
  sliceCandles,
} from '../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import type { TimeRange } from '../market/time-range.js';
import type { StoredRange, StoredSeriesKey, StoredSpan } from '../ports/candle-store.js';
import type { CandleFiles } from './candle-files.js';
import { allocateCandles, chooseGroups, segmentRangeOf, TAIL_NAME, viewCandles, withExtras } from './candle-layout.js';
import { mergeCandles } from './candle-merge.js';
import { type CandleFooter, damagedFile, type Identified } from './candle-parquet.js';

/** Where a series is stored. */
export interface SeriesPlace {
  readonly key: StoredSeriesKey;
  readonly folder: string;
  /** Where older versions of the program stored it, as one file. */
  readonly singleFile: string;
}

export interface Segment {
  readonly path: string;
  readonly range: TimeRange;
}

/** What was read of a long series, by path. */
type KnownFiles = Map<string, Identified<CandleSeries>>;

/** The tail, and the segments that were there after it was read: what they hold by now may be newer. */
interface Snapshot {
  readonly tail: CandleSeries | undefined;
  /** Ascending. */
  readonly segments: readonly Segment[];
}

const FILES_AT_ONCE = 4;
/** A whole series of more files than these would drive out what charts ask for. */
const HELD_FILES = 12;
const EVER: TimeRange = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };

export class CandleReader {
  readonly #files: CandleFiles;

  constructor(files: CandleFiles) {
    this.#files = files;
  }

  /** The candles of a range, as arrays of its own; `undefined` where nothing is stored. */
  readRange(place: SeriesPlace, range: StoredRange): Promise<CandleSeries | undefined> {
    const known: KnownFiles = new Map();
    return this.#withSnapshot(place, (snapshot) => this.#gather(place, snapshot, range, known));
  }

  /** `undefined` where nothing is stored. */
  describe(place: SeriesPlace): Promise<StoredSpan | undefined> {
    return this.#withSnapshot(place, async (snapshot) => {
      const { tail, segments } = snapshot;
      const paths = pathsOf(place, snapshot);
      const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
      const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
      const footers = await this.#footersOf(segments);
      if (isTorn(tail, footers.at(-1))) {
        const { openTimeMs } = await this.#gather(place, snapshot, {});
        return { ...spanOf(openTimeMs.length, openTimeMs[0], openTimeMs[openTimeMs.length - 1]), sizeBytes };
      }
      const rowCount = footers.reduce((sum, footer) => sum + footer.rowCount, tail ? rowCountOf(tail) : 0);
      const firstOpenTimeMs = footers[0]?.firstOpenTimeMs ?? tail?.openTimeMs[0] ?? Number.NaN;
      const lastOpenTimeMs = tail?.openTimeMs.at(-1) ?? footers.at(-1)?.lastOpenTimeMs ?? Number.NaN;
      return { ...spanOf(rowCount, firstOpenTimeMs, lastOpenTimeMs), sizeBytes };
    });
  }

  /** Reads only the segments in which a candle is missing. */
  async findGaps(place: SeriesPlace): Promise<TimeRange[]> {
    const found = await this.#withSnapshot(place, async (snapshot) => {
      const { interval } = place.key;
      const footers = await this.#footersOf(snapshot.segments);
      const { tail } = snapshot;
      const gaps: TimeRange[] = [];
      let endMs = Number.NaN;
      const meet = (firstMs: number, lastMs: number, inner: readonly TimeRange[]) => {
        if (hasGap(endMs, firstMs, interval)) gaps.push({ fromMs: endMs, toMs: firstMs });
        gaps.push(...inner);
        endMs = lastMs + INTERVAL_MS[interval];
      };
      for (const [index, { rowCount, firstOpenTimeMs, lastOpenTimeMs }] of footers.entries()) {
        if (lastOpenTimeMs - firstOpenTimeMs === (rowCount - 1) * INTERVAL_MS[interval]) {
          meet(firstOpenTimeMs, lastOpenTimeMs, []);
          continue;
        }
        // It may have got rows since.
        const series = await this.#files.candles(snapshot.segments[index].path, place.key);
        meet(series.openTimeMs[0], series.openTimeMs[rowCountOf(series) - 1], gapsOf(series));
      }
      if (tail && endMs > tail.openTimeMs[0]) return gapsOf(await this.#gather(place, snapshot, {}));
      if (tail) meet(tail.openTimeMs[0], tail.openTimeMs[rowCountOf(tail) - 1], gapsOf(tail));
      return gaps;
    });
    return found ?? [];
  }

  /** Of all files together; `undefined` where nothing is stored. */
  stamp(place: SeriesPlace): Promise<string | undefined> {
    return this.#withSnapshot(place, async (snapshot) => {
      const paths = pathsOf(place, snapshot);
      const identities = await runLimited(paths.length, FILES_AT_ONCE, (index) => this.#files.identity(paths[index]));
      return createHash('sha256').update(identities.join('\n')).digest('hex');
    });
  }

  /** All bytes of a series that may be broken. */
  async sizeOf(place: SeriesPlace): Promise<number> {
    const names = (await namesIn(place.folder)) ?? [];
    const paths = [place.singleFile, ...names.map((name) => join(place.folder, name))];
    const sizes = await Promise.all(
      paths.map((path) =>
        stat(path)
          .then(({ size }) => size)
          .catch(() => 0),
      ),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Runs `use` on what is stored now, and again when a file of it is gone by then. */
  async #withSnapshot<T>(place: SeriesPlace, use: (snapshot: Snapshot) => Promise<T>): Promise<T | undefined> {
    for (;;) {
      try {
        const snapshot = await this.#takeSnapshot(place);
        return snapshot && (await use(snapshot));
      } catch (error) {
        if (!(await isGone(error))) throw toReadError(place.folder, error);
      }
    }
  }

  async #takeSnapshot(place: SeriesPlace): Promise<Snapshot | undefined> {
    const tail = await this.#readTail(place);
    const names = await namesIn(place.folder);
    if (names === undefined) return this.#takeSingleFile(place);
    // The folder, or its tail, has come since.
    if (tail === undefined && names.includes(TAIL_NAME)) throw goneFile(join(place.folder, TAIL_NAME));
    const segments = segmentsOf(place.folder, names, place.key.interval);
    return tail === undefined && segments.length === 0 ? undefined : { tail, segments };
  }

  async #takeSingleFile({ singleFile, folder }: SeriesPlace): Promise<Snapshot | undefined> {
    if (await isAbsent(singleFile)) {
      // It may have become a folder between two looks.
      if (await isAbsent(folder)) return undefined;
      throw goneFile(singleFile);
    }
    return { tail: undefined, segments: [{ path: singleFile, range: EVER }] };
  }

  async #readTail({ folder, key }: SeriesPlace): Promise<CandleSeries | undefined> {
    try {
      return await this.#files.candles(join(folder, TAIL_NAME), key);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return undefined;
      throw error;
    }
  }

  /** From the newest segment back, until there are enough. */
  async #gather(
    place: SeriesPlace,
    { tail, segments }: Snapshot,
    range: StoredRange,
    known: KnownFiles = new Map(),
  ): Promise<CandleSeries> {
    const { fromMs = EVER.fromMs, toMs = EVER.toMs, limit = Number.POSITIVE_INFINITY } = range;
    const cut = (series: CandleSeries) => {
      const start = firstRowAt(series.openTimeMs, fromMs);
      return viewCandles(series, start, Math.max(start, firstRowAt(series.openTimeMs, toMs)));
    };
    const readSegment = async (segment: Segment, choose?: Parameters<CandleFiles['candlesOfGroups']>[2]) => {
      const series = choose
        ? await this.#files.candlesOfGroups(segment.path, place.key, choose)
        : await this.#files.candles(segment.path, place.key);
      const { openTimeMs } = series;
      if (openTimeMs.length > 0) refuseStrayTimes(segment, openTimeMs[0], openTimeMs[openTimeMs.length - 1]);
      return cut(series);
    };
    const wanted = segments.filter((segment) => segment.range.fromMs < toMs && segment.range.toMs > fromMs);
    const newest = tail && cut(tail);
    let parts: CandleSeries[] = [];
    if (limit === Number.POSITIVE_INFINITY) {
      if (wanted.length > HELD_FILES) {
        const whole = await this.#readLong(place.key, wanted, newest, known);
        const kept = cut(whole);
        return rowCountOf(kept) === rowCountOf(whole) ? whole : sliceCandles(kept, 0, rowCountOf(kept));
      }
      parts = await runLimited(wanted.length, FILES_AT_ONCE, (index) => readSegment(wanted[index]));
    } else {
      const tailFromMs = tail?.openTimeMs[0] ?? EVER.toMs;
      let missing = limit - (newest && !(await this.#isTorn(tail, wanted)) ? rowCountOf(newest) : 0);
      for (let index = wanted.length - 1; index >= 0 && missing > 0; index--) {
        // Those that the tail has too count with the tail.
        const need = { rowCount: missing, beforeMs: tailFromMs };
        parts.unshift(await readSegment(wanted[index], (groups) => chooseGroups(groups, { fromMs, toMs }, need)));
        missing -= firstRowAt(parts[0].openTimeMs, tailFromMs);
      }
      // A chart copies what it shows.
      if (missing < 0 && parts.length > 0) parts[0] = viewCandles(parts[0], -missing, rowCountOf(parts[0]));
    }
    const whole = joinWithTail(place.key, parts, newest);
    const rowCount = rowCountOf(whole);
    return rowCount <= limit ? whole : sliceCandles(whole, rowCount - limit, rowCount);
  }

  /**
   * Reads straight into the arrays that it returns: to copy years of minutes takes as long as to read them. Where a file
   * is another one than that of the footer by then, or `known`, all of them are joined at last.
   */
  async #readLong(
    key: StoredSeriesKey,
    segments: readonly Segment[],
    tail: CandleSeries | undefined,
    known: KnownFiles,
  ): Promise<CandleSeries> {
    const footers = await this.#footersOf(segments);
    const starts = [0];
    for (const [index, { rowCount }] of footers.entries()) starts.push(starts[index] + rowCount);
    const segmentRows = starts[segments.length];
    const names = new Set([...footers.flatMap(({ extraNames }) => extraNames), ...Object.keys(tail?.extras ?? {})]);
    const whole = allocateCandles(key, segmentRows + (tail ? rowCountOf(tail) : 0), [...names]);
    const parts = await runLimited(segments.length, FILES_AT_ONCE, async (index) => {
      const { extraNames } = footers[index];
      const { path } = segments[index];
      const rows = viewCandles(whole, starts[index], starts[index + 1]);
      for (const name of names) if (!extraNames.includes(name)) rows.extras[name].fill(Number.NaN);
      const read = await this.#files.candlesOnce(path, key, known.get(path), withExtras(rows, extraNames));
      known.set(path, read);
      const { openTimeMs } = read.content;
      refuseStrayTimes(segments[index], openTimeMs[0], openTimeMs[openTimeMs.length - 1]);
      return read.content;
    });
    const isInPlace = parts.every(({ openTimeMs }) => openTimeMs.buffer === whole.openTimeMs.buffer);
    if (!isInPlace || overlaps(parts, tail)) return joinWithTail(key, parts, tail);
    if (tail) {
      const rows = viewCandles(whole, segmentRows, rowCountOf(whole));
      for (const name of CANDLE_COLUMNS) rows[name].set(tail[name]);
      for (const name of names) {
        if (Object.hasOwn(tail.extras, name)) rows.extras[name].set(tail.extras[name]);
        else rows.extras[name].fill(Number.NaN);
      }
    }
    return whole;
  }

  /** Whether the segments have candles that the tail has too, or newer ones, as after a kill. */
  async #isTorn(tail: CandleSeries | undefined, segments: readonly Segment[]): Promise<boolean> {
    const newest = segments.at(-1);
    return newest !== undefined && isTorn(tail, await this.#files.footer(newest.path));
  }

  #footersOf(segments: readonly Segment[]): Promise<CandleFooter[]> {
    return runLimited(segments.length, FILES_AT_ONCE, async (index) => {
      const footer = await this.#files.footer(segments[index].path);
      refuseStrayTimes(segments[index], footer.firstOpenTimeMs, footer.lastOpenTimeMs);
      return footer;
    });
  }
}

/** The segments among the names in a folder, ascending. */
export function segmentsOf(folder: string, names: readonly string[], interval: Interval): Segment[] {
  return [...names].sort().flatMap((name) => {
    const range = segmentRangeOf(name, interval);
    return range === undefined ? [] : [{ path: join(folder, name), range }];
  });
}

/** Names in a folder; `undefined` when there is none. */
export async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return undefined;
    throw toReadError(folder, error);
  }
}

export async function isAbsent(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return true;
    throw toReadError(path, error);
  }
}

/** Whether it says that a file is gone. A link that leads nowhere is not: the next listing would have it again. */
async function isGone(error: unknown): Promise<boolean> {
  if (!(error instanceof Error && systemCodeOf(error) === 'ENOENT' && 'path' in error)) return false;
  const left = await lstat(String(error.path)).catch(() => undefined);
  return left === undefined || !left.isSymbolicLink();
}

/** As the system says it of a file that was there a moment ago. */
function goneFile(path: string): Error {
  return Object.assign(new Error(`${path} has gone`), { code: 'ENOENT', syscall: 'open', path });
}

function pathsOf({ folder }: SeriesPlace, { tail, segments }: Snapshot): string[] {
  return [...segments.map(({ path }) => path), ...(tail ? [join(folder, TAIL_NAME)] : [])];
}

/** @throws TradeAiError `CANDLE_FILE_UNREADABLE` where a file has another's name */
function refuseStrayTimes({ path, range }: Segment, firstMs: number, lastMs: number): void {
  if (firstMs >= range.fromMs && lastMs < range.toMs) return;
  throw damagedFile(path, new Error('its candles are not of the time that its name says'));
}

function isTorn(tail: CandleSeries | undefined, newest: CandleFooter | undefined): boolean {
  return tail !== undefined && newest !== undefined && newest.lastOpenTimeMs >= tail.openTimeMs[0];
}

/** Whether the parts have candles that the tail has too, or newer ones. */
function overlaps(parts: readonly CandleSeries[], tail: CandleSeries | undefined): boolean {
  const lastMs = parts.findLast((part) => rowCountOf(part) > 0)?.openTimeMs.at(-1);
  return lastMs !== undefined && tail !== undefined && rowCountOf(tail) > 0 && lastMs >= tail.openTimeMs[0];
}

/** One series, in arrays of its own. */
function joinWithTail(
  key: StoredSeriesKey,
  parts: readonly CandleSeries[],
  tail: CandleSeries | undefined,
): CandleSeries {
  if (tail === undefined) return joinParts(key, parts);
  return overlaps(parts, tail) ? mergeCandles(joinParts(key, parts), tail).series : joinParts(key, [...parts, tail]);
}

function joinParts(key: StoredSeriesKey, parts: readonly CandleSeries[]): CandleSeries {
  if (parts.length === 1) return sliceCandles(parts[0], 0, rowCountOf(parts[0]));
  if (parts.length > 1) return joinCandles(parts);
  return allocateCandles(key, 0, []);
}

function spanOf(rowCount: number, firstOpenTimeMs: number, lastOpenTimeMs: number) {
  return { rowCount, firstOpenTimeMs, lastOpenTimeMs };
}

function gapsOf(series: CandleSeries): TimeRange[] {
  return findGaps(series).map(({ fromMs, toMs }) => ({ fromMs, toMs }));
}

/** As `findGaps` sees it: at least half a candle. */
function hasGap(endMs: number, firstMs: number, interval: Interval): boolean {
  return Math.round((firstMs - endMs) / INTERVAL_MS[interval]) > 0;
}
