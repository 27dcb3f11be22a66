/**
 * Taking a series away with all that belongs to it. Its folder is renamed, and from then on is there for nobody; what is
 * beside the store goes next, the renamed folder last. As long as that is there, the next append or removal of the symbol
 * finishes what a kill has left.
 */

import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toWriteError } from '../files/system-errors.js';
import { moveIntoPlace, syncFolder } from '../files/write-atomically.js';
import { INTERVAL_MS, parseInterval } from '../market/interval.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import { isAbsent, namesIn, type SeriesPlace } from './candle-reader.js';
import { quarantinePath } from './quarantine.js';
import { sourceGapsPath } from './source-gaps-file.js';

const REMOVED_PREFIX = '.removed-';

export interface SeriesRemoval {
  readonly home: string;
  readonly place: SeriesPlace;
  /** Throws when the lock of the symbol was lost. */
  readonly confirm: () => Promise<void>;
}

/**
 * Removes a series, under the lock of its symbol.
 *
 * @returns whether there was one
 * @throws TradeAiError `STORAGE_UNWRITABLE`
 */
export async function removeSeries({ home, place, confirm }: SeriesRemoval): Promise<boolean> {
  const { key, folder, singleFile } = place;
  const symbolFolder = dirname(folder);
  await finishRemovals(home, key, symbolFolder);
  const hasFolder = !(await isAbsent(folder));
  if (!hasFolder && (await isAbsent(singleFile))) return false;
  await confirm();
  // Where both are there, the folder has all that the file of an older version had.
  if (hasFolder) await remove(singleFile);
  await moveIntoPlace(hasFolder ? folder : singleFile, join(symbolFolder, REMOVED_PREFIX + key.interval));
  await finishRemovals(home, key, symbolFolder);
  return true;
}

/** Ends the removals of a symbol that were begun, under its lock. @throws TradeAiError `STORAGE_UNWRITABLE` */
export async function finishRemovals(
  home: string,
  { source, symbol }: Pick<StoredSeriesKey, 'source' | 'symbol'>,
  symbolFolder: string,
): Promise<void> {
  for (const name of (await namesIn(symbolFolder)) ?? []) {
    const interval = name.slice(REMOVED_PREFIX.length);
    if (!name.startsWith(REMOVED_PREFIX) || !Object.hasOwn(INTERVAL_MS, interval)) continue;
    const key = { source, symbol, interval: parseInterval(interval) };
    for (const path of [quarantinePath(home, key), sourceGapsPath(home, key)]) {
      if (await isAbsent(path)) continue;
      await remove(path);
      await syncFolder(dirname(path));
    }
    await remove(join(symbolFolder, name));
  }
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw toWriteError(path, error);
  }
}
