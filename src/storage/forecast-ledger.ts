/**
 * The ledger of served forecasts: `data/ledger/<name>/2026-11.jsonl`, one file a model and month of the candles forecast
 * at (UTC). Lines are only ever added; a crash can tear the last one, which was never answered for, and the next writer
 * cuts it off. Several processes may write: the folder of a name is locked while one does, readers need no lock.
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkName } from '../core/names.js';
import { isPending, type LedgerEntry, type RecordedForecast } from '../evaluation/ledger.js';
import { withFolderLock } from '../files/folder-lock.js';
import { systemCodeOf, toReadError } from '../files/system-errors.js';
import { collectAbandoned } from '../files/temporary-names.js';
import { makeFolder } from '../files/write-atomically.js';
import type { ForecastLedger, LedgerPage, LedgerQuery } from '../ports/ledger.js';
import type { LedgerLine } from './ledger-lines.js';
import { keyOf, LedgerMonth } from './ledger-month.js';

const MONTH_FILE = /^(\d{4}-\d{2})\.jsonl$/;
/** Entries held in memory over all names, about half a kilobyte each; the month files used longest ago go first. */
const MAXIMUM_HELD_ENTRIES = 150_000;

/**
 * Opens the ledger of a workspace; nothing is created before the first forecast.
 *
 * @param onNote told of torn and damaged lines
 * @example const [entry] = await openForecastLedger('.').append([forecast])
 */
export function openForecastLedger(home: string, onNote: (text: string) => void): ForecastLedger {
  const root = join(home, 'data', 'ledger');
  const months = new MonthCache(onNote);
  const folderOf = (name: string) => join(root, checkName(name));
  const writers = new Map<string, Promise<unknown>>();

  /** Runs one write of a name after the other, so that calls of this process do not wait in the lock's polling. */
  const write = async <Result>(name: string, action: (folder: string) => Promise<Result>): Promise<Result> => {
    const folder = folderOf(name);
    const isFirst = !writers.has(name);
    const run = async () => {
      await makeFolder(folder);
      return withFolderLock(folder, async (lock) => {
        if (isFirst) await collectAbandoned(folder);
        await lock.confirm();
        return action(folder);
      });
    };
    const result = (writers.get(name) ?? Promise.resolve()).then(run);
    writers.set(
      name,
      result.catch(() => undefined),
    );
    return result;
  };

  /** Adds to each month the lines that `choose` makes of its items, with one sync a month. */
  const addByMonth = <Item extends { readonly version: number; readonly asOfMs: number }>(
    name: string,
    items: readonly Item[],
    choose: (item: Item, entry: LedgerEntry | undefined) => LedgerLine | undefined,
  ): Promise<LedgerEntry[]> =>
    write(name, async (folder) => {
      const entries: LedgerEntry[] = [];
      for (const [month, ofMonth] of groupByMonth(items)) {
        const file = months.open(join(folder, `${month}.jsonl`));
        await file.refresh();
        const lines = new Map<string, LedgerLine>();
        for (const item of ofMonth) {
          const line = choose(item, file.find(item));
          if (line !== undefined && !lines.has(keyOf(item))) lines.set(keyOf(item), line);
        }
        await file.append([...lines.values()]);
        entries.push(...ofMonth.map((item) => file.find(item)).filter((entry) => entry !== undefined));
      }
      months.shrink();
      return entries;
    });

  return {
    async append(forecasts) {
      const byName = groupBy(forecasts, ({ name }) => name);
      const parts = await Promise.all(
        Array.from(byName, ([name, ofName]) =>
          addByMonth(name, ofName, (forecast, entry) =>
            entry === undefined ? { kind: 'forecast', ...forecast } : undefined,
          ),
        ),
      );
      const entries = new Map(parts.flat().map((entry) => [`${entry.name} ${keyOf(entry)}`, entry]));
      return forecasts.map((forecast) => entries.get(`${forecast.name} ${keyOf(forecast)}`)!);
    },

    async resolve(name, resolutions) {
      if (resolutions.length === 0) return [];
      return addByMonth(name, resolutions, (resolution, entry) =>
        entry !== undefined && isPending(entry) ? { kind: 'outcome', ...resolution } : undefined,
      );
    },

    async pending(name) {
      const pending: LedgerEntry[] = [];
      for (const path of await listMonths(folderOf(name))) {
        const file = months.open(path);
        await file.refresh();
        pending.push(...file.list().filter(isPending));
      }
      months.shrink();
      return pending.reverse();
    },

    async read(query) {
      const entries: LedgerEntry[] = [];
      for (const path of await monthsBefore(folderOf(query.name), query.beforeMs)) {
        const file = months.open(path);
        await file.refresh();
        const page = takePage(file.list(), query, entries);
        months.shrink();
        if (page !== undefined) return page;
      }
      return { entries, nextBeforeMs: null, problems: [] };
    },

    async recordings(query) {
      const { entries } = await this.read(query);
      const wanted = new Set(entries.map(keyOf));
      const found = new Map<string, RecordedForecast>();
      for (const month of new Set(entries.map(({ asOfMs }) => monthOf(asOfMs)))) {
        await new LedgerMonth(join(folderOf(query.name), `${month}.jsonl`), () => undefined).refresh((forecast) => {
          const key = keyOf(forecast);
          if (wanted.has(key) && !found.has(key)) found.set(key, forecast);
        });
      }
      return entries.map((entry) => found.get(keyOf(entry))).filter((forecast) => forecast !== undefined);
    },

    async *scan(name, version) {
      for (const path of (await listMonths(folderOf(name))).reverse()) {
        const file = months.open(path);
        await file.refresh();
        yield file
          .list()
          .filter((entry) => entry.version === version)
          .reverse();
        months.shrink();
      }
    },
  };
}

/** Month files that were read, bounded in what they hold. */
class MonthCache {
  readonly #onNote: (text: string) => void;
  /** By path, used longest ago first. */
  readonly #files = new Map<string, LedgerMonth>();

  constructor(onNote: (text: string) => void) {
    this.#onNote = onNote;
  }

  open(path: string): LedgerMonth {
    const file = this.#files.get(path) ?? new LedgerMonth(path, this.#onNote);
    this.#files.delete(path);
    this.#files.set(path, file);
    return file;
  }

  shrink(): void {
    let held = 0;
    for (const file of this.#files.values()) held += file.entryCount;
    for (const [path, file] of this.#files) {
      if (held <= MAXIMUM_HELD_ENTRIES) return;
      held -= file.entryCount;
      this.#files.delete(path);
    }
  }
}

/**
 * Adds a month's entries, newest first, to the page; the page when it is full. Versions of one candle stay together.
 */
function takePage(
  ofMonth: readonly LedgerEntry[],
  { version, beforeMs = Number.POSITIVE_INFINITY, limit }: LedgerQuery,
  page: LedgerEntry[],
): LedgerPage | undefined {
  for (const entry of ofMonth) {
    if (entry.asOfMs >= beforeMs || (version !== undefined && entry.version !== version)) continue;
    if (page.length < limit) {
      page.push(entry);
      continue;
    }
    const cutMs = entry.asOfMs;
    const whole = page.filter(({ asOfMs }) => asOfMs !== cutMs);
    const entries = whole.length > 0 ? whole : page;
    return { entries, nextBeforeMs: entries.at(-1)?.asOfMs ?? null, problems: [] };
  }
  return undefined;
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

function groupByMonth<Item extends { readonly asOfMs: number }>(items: readonly Item[]): Map<string, Item[]> {
  return groupBy(items, ({ asOfMs }) => monthOf(asOfMs));
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
