/**
 * Names of files and folders that are being made, and the collection of those that nobody will finish.
 *
 * A name carries its owner: `.tmp-tradeai-<owner>` (see owner.ts). Where the table of processes can tell, a name is
 * abandoned as soon as its process is gone. Where that cannot be known (another host on a shared disk, another container)
 * it is abandoned when it has not been touched for ten minutes, far longer than any write takes.
 */

import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbandoned, ownerName } from './owner.js';
import { systemCodeOf, toWriteError } from './system-errors.js';

const TEMPORARY_PREFIX = '.tmp-tradeai-';
/** A hidden name beside the thing being made. */
export function temporaryName(): string {
  return TEMPORARY_PREFIX + ownerName();
}

/**
 * Removes abandoned temporary files and folders from a folder; returns their names. Other names are never touched.
 *
 * @throws TradeAiError `STORAGE_UNWRITABLE`
 */
export async function collectAbandoned(folder: string, nowMs = Date.now()): Promise<string[]> {
  const removed: string[] = [];
  try {
    for (const name of await readdir(folder)) {
      if (!name.startsWith(TEMPORARY_PREFIX)) continue;
      const touchedAtMs = await touchTimeMs(join(folder, name));
      if (touchedAtMs === undefined) continue;
      if (!isAbandoned(name.slice(TEMPORARY_PREFIX.length), touchedAtMs, nowMs)) continue;
      await rm(join(folder, name), { recursive: true, force: true });
      removed.push(name);
    }
    return removed;
  } catch (error) {
    throw toWriteError(folder, error);
  }
}

/** When something was last changed; `undefined` when it is gone, as its owner may finish it at any time. */
async function touchTimeMs(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
