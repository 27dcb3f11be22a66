/**
 * The ledger of served forecasts: `data/ledger/<name>/2026-11.jsonl`, one file a model and month of the candles forecast
 * at (UTC). Lines are only ever added; a crash can tear the last one, which was never answered for, and the next writer
 * cuts it off. Several processes may write: the folder of a name is locked while one does, readers need no lock.
 *
 * A ledger of years costs what its newest months cost: where the lines of a month stand is saved beside it (see
 * ledger-index.ts), and a month that nothing can become of any more is read only by who asks for it, line by line.
 */

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import { checkName } from '../core/names.js';
import type { LedgerEntry } from '../evaluation/ledger.js';
import { withFolderLock } from '../files/folder-lock.js';
import { systemCodeOf, toReadError } from '../files/system-errors.js';
import { collectAbandoned } from '../files/temporary-names.js';
import { makeFolder } from '../files/write-atomically.js';
import type { ForecastLedger } from '../ports/ledger.js';
import type { LedgerResolution, RecordedForecast } from '../wire/ledger.js';
import type { LedgerQuery } from '../wire/request.js';
import type { LedgerIndex } from './ledger-index.js';
import { type LedgerLine, type StoredForecast, toEntry } from './ledger-lines.js';
import { keyOf, LedgerMonth } from './ledger-month.js';

const MONTH_FILE = /^(\d{4}-\d{2})\.jsonl$/;
/** Months that forecasts may still be added to: the newest, and the one before it while clocks do not agree. */
const OPEN_MONTHS = 2;
/** Forecasts of a version that are scanned together. */
const SCAN_ROWS = 1_000;
/** What is known of months is held within so many bytes over all names: the index of 1.4 million forecasts. */
const DEFAULT_HELD_BYTES = 64 * 1024 * 1024;

/**
 * Opens the ledger of a workspace; nothing is created before the first forecast.
 *
 * @param onNote told of torn and damaged lines, and of files that cannot be read, once each
 * @param heldBytes memory for what is known of months; the month used last is held whatever it takes
 * @example const [entry] = await openForecastLedger('.').append([forecast])
 */
export function openForecastLedger(
  home: string,
  onNote: (text: string) => void,
  { heldBytes = DEFAULT_HELD_BYTES } = {},
): ForecastLedger {
  const root = join(home, 'data', 'ledger');
  const told = new Set<string>();
  const tell = (text: string) => {
    if (told.has(text)) return;
    told.add(text);
    onNote(text);
  };
  const months = new MonthCache(heldBytes, tell);
  const folderOf = (name: string) => join(root, checkName(name));
  const writers = new Map<string, Promise<unknown>>();
  /** Months, by their paths, of whose forecasts something has become: all of them, for good. */
  const resolved = new Set<string>();

  /** Does something with a month that can be read; one that cannot is told of, and `undefined`. */
  const attempt = async <Result>(path: string, action: (month: LedgerMonth) => Promise<Result>) => {
    try {
      return await months.use(path, action);
    } catch (error) {
      if (!(error instanceof TradeAiError) || error.code !== 'STORAGE_UNREADABLE') throw error;
      tell(`left out a month of the ledger: ${error.message}`);
      return undefined;
    }
  };

  /** Runs one write of a name after the other, so that calls of this process do not wait in the lock's polling. */
  const write = async <Result>(name: string, action: (folder: string) => Promise<Result>): Promise<Result> => {
    const folder = folderOf(name);
    const isFirst = !writers.has(name);
    const run = async () => {
      if (isFirst) await makeFolder(folder);
      return withFolderLock(folder, async (lock) => {
        if (isFirst) await collectAbandoned(folder);
        await lock.confirm();
        return action(folder);
      });
    };
    const result = (writers.get(name) ?? Promise.resolve()).then(run);
    // The folder may be gone: the next write begins anew.
    const written = result.catch(() => writers.delete(name));
    writers.set(name, written);
    return result;
  };

  /** Adds those of some lines to their months that say something new, with one sync a month. @returns entries, by key */
  const addLines = (name: string, lines: readonly LedgerLine[]): Promise<Map<string, LedgerEntry>> =>
    write(name, async (folder) => {
      const entries = new Map<string, LedgerEntry>();
      for (const [month, ofMonth] of groupBy(lines, ({ asOfMs }) => monthOf(asOfMs))) {
        const path = join(folder, `${month}.jsonl`);
        resolved.delete(path);
        const found = await months.use(path, (file) => file.add(ofMonth));
        for (const entry of found) entries.set(keyOf(entry), entry);
      }
      return entries;
    });

  /** Whether forecasts of a version may lie in a month; the head of its saved index says that. */
  const mayHold = async (month: LedgerMonth, version: number) => {
    const [first, last] = (await month.peek()).versions;
    return version >= first && version <= last;
  };

  const readPage = async (query: LedgerQuery) => {
    const { version, limit } = query;
    const found: StoredForecast[] = [];
    const problems: string[] = [];
    for (const path of await monthsBefore(folderOf(query.name), query.beforeMs)) {
      let isFull = false;
      let badLines = 0;
      const ofMonth = await attempt(path, async (month) => {
        if (version !== undefined && !(await mayHold(month, version))) return [];
        return month.read((index) => {
          badLines = index.badLines;
          const { rows, cutMs } = chooseRows(index, query, limit - found.length);
          isFull = cutMs !== undefined;
          // Versions of one candle stay together.
          const whole = rows.filter((row) => index.keyAt(row).asOfMs !== cutMs);
          return whole.length + found.length > 0 ? whole : rows;
        });
      });
      const month = basename(path, '.jsonl');
      if (ofMonth === undefined) problems.push(`the forecasts of ${month} cannot be read`);
      else found.push(...ofMonth);
      if (badLines > 0) problems.push(`${badLines} lines of ${month} are not as they were written, and are left out`);
      if (isFull) return { found, nextBeforeMs: found.at(-1)?.recording.asOfMs ?? null, problems };
    }
    return { found, nextBeforeMs: null, problems };
  };

  return {
    async append(forecasts) {
      const byName = groupBy(forecasts, ({ name }) => name);
      const added = await Promise.all(
        Array.from(byName, ([name, ofName]) => addLines(name, ofName.map(toForecastLine))),
      );
      const entries = new Map(Array.from(byName.keys(), (name, i) => [name, added[i]]));
      return forecasts.map((forecast) => entries.get(forecast.name)!.get(keyOf(forecast))!);
    },

    async resolve(name, resolutions, forecasts = []) {
      const items = [...resolutions, ...forecasts];
      if (items.length === 0) return [];
      const entries = await addLines(name, [...resolutions.map(toOutcomeLine), ...forecasts.map(toForecastLine)]);
      return items.map((item) => entries.get(keyOf(item))).filter((entry) => entry !== undefined);
    },

    async pending(name) {
      const pending: LedgerEntry[][] = [];
      for (const [i, path] of (await listMonths(folderOf(name))).entries()) {
        if (i >= OPEN_MONTHS && resolved.has(path)) continue;
        const ofMonth = await attempt(path, (month) => month.pending());
        if (ofMonth === undefined) continue;
        if (ofMonth.length === 0) resolved.add(path);
        pending.push(ofMonth);
      }
      return pending.reverse().flat();
    },

    async read(query) {
      const { found, nextBeforeMs, problems } = await readPage(query);
      return { entries: found.map(toEntry), nextBeforeMs, problems };
    },

    async recordings(query) {
      const { found } = await readPage(query);
      return found.map(({ recording }) => recording);
    },

    async *scan(name, version) {
      for (const path of (await listMonths(folderOf(name))).reverse()) {
        if (!(await attempt(path, (month) => mayHold(month, version)))) continue;
        let batch: readonly StoredForecast[] | undefined;
        do {
          const asOfMs = batch?.at(-1)?.recording.asOfMs ?? Number.NEGATIVE_INFINITY;
          batch = await attempt(path, (month) => month.read((index) => rowsAfter(index, { version, asOfMs })));
          if (batch !== undefined) yield batch.map(toEntry);
        } while (batch !== undefined && batch.length > 0);
      }
    },
  };
}

interface HeldMonth {
  readonly month: LedgerMonth;
  countedBytes: number;
}

/** Month files that were read, bounded in what they hold. */
class MonthCache {
  readonly #maximumBytes: number;
  readonly #onNote: (text: string) => void;
  /** By path, used longest ago first. */
  readonly #months = new Map<string, HeldMonth>();
  /** Of all months, as they were counted: adding them up with every use would cost as much as there are names. */
  #heldBytes = 0;

  constructor(maximumBytes: number, onNote: (text: string) => void) {
    this.#maximumBytes = maximumBytes;
    this.#onNote = onNote;
  }

  async use<Result>(path: string, action: (month: LedgerMonth) => Promise<Result>): Promise<Result> {
    const held = this.#months.get(path) ?? { month: new LedgerMonth(path, this.#onNote), countedBytes: 0 };
    this.#months.delete(path);
    this.#months.set(path, held);
    try {
      return await action(held.month);
    } finally {
      // One that was let go meanwhile counts no more.
      if (this.#months.get(path) === held) this.#count(path, held);
      await this.#shrink();
    }
  }

  #count(path: string, held: HeldMonth): void {
    const { heldBytes } = held.month;
    this.#heldBytes += heldBytes - held.countedBytes;
    held.countedBytes = heldBytes;
    if (heldBytes === 0) this.#months.delete(path);
  }

  async #shrink(): Promise<void> {
    for (const [path, { month, countedBytes }] of this.#months) {
      if (this.#heldBytes <= this.#maximumBytes || this.#months.size === 1) return;
      this.#heldBytes -= countedBytes;
      this.#months.delete(path);
      await month.release();
    }
  }
}

/** The newest rows of a query, newest first, and the candle of the first one for which there is no room. */
function chooseRows(
  index: LedgerIndex,
  { version, beforeMs = Number.POSITIVE_INFINITY }: LedgerQuery,
  room: number,
): { readonly rows: number[]; readonly cutMs?: number } {
  const rows: number[] = [];
  for (let row = index.firstFrom({ asOfMs: beforeMs, version: 0 }) - 1; row >= 0; row--) {
    const key = index.keyAt(row);
    if (version !== undefined && key.version !== version) continue;
    if (rows.length >= room) return { rows, cutMs: key.asOfMs };
    rows.push(row);
  }
  return { rows };
}

/** The rows of a version behind a candle, oldest first, a batch of them. */
function rowsAfter(index: LedgerIndex, { version, asOfMs }: { version: number; asOfMs: number }): number[] {
  const rows: number[] = [];
  const first = index.firstFrom({ asOfMs, version: Number.POSITIVE_INFINITY });
  for (let row = first; row < index.rowCount && rows.length < SCAN_ROWS; row++) {
    if (index.keyAt(row).version === version) rows.push(row);
  }
  return rows;
}

/** Paths of the month files, newest first. @throws TradeAiError `STORAGE_UNREADABLE` */
async function listMonths(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => MONTH_FILE.test(name))
      .sort()
      .reverse()
      .map((name) => join(folder, name));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw toReadError(folder, error);
  }
}

async function monthsBefore(folder: string, beforeMs: number | undefined): Promise<string[]> {
  const paths = await listMonths(folder);
  if (beforeMs === undefined || beforeMs > Date.UTC(9999, 11, 31)) return paths;
  const newest = `${monthOf(Math.max(0, beforeMs))}.jsonl`;
  return paths.filter((path) => path.slice(-newest.length) <= newest);
}

/** `2026-11` */
function monthOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7);
}

function groupBy<Item>(items: readonly Item[], keyOfItem: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function toForecastLine(forecast: RecordedForecast): LedgerLine {
  return { kind: 'forecast', ...forecast };
}

function toOutcomeLine(resolution: LedgerResolution): LedgerLine {
  return { kind: 'outcome', ...resolution };
}
