/**
 * Names of files and folders that are being made, and the collection of those that nobody will finish.
 *
 * A name carries its owner: `.tmp-tradeai-<host>-<pid>-<12 hex digits>`. On the owner's host a name is abandoned as soon
 * as its process is gone. Where that cannot be known (another host on a shared disk, a process number used again) it is
 * abandoned when it has not been touched for ten minutes, far longer than any write takes.
 */

import { randomUUID } from 'node:crypto';
import { lstat, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemCodeOf, toWriteError } from './system-errors.js';

const TEMPORARY_PREFIX = '.tmp-tradeai-';
const OWNER_PATTERN = /^([A-Za-z0-9_]+)-(\d{1,10})-[0-9a-f]{12}$/;
const HOST = hostname().replace(/[^A-Za-z0-9]/g, '_') || 'localhost';
const ABANDONED_AFTER_MS = 10 * 60_000;

/** A name no other process or call has: `<host>-<pid>-<12 hex digits>`. */
export function ownerName(): string {
  // The last digits of a UUID are 48 random bits, which the system is asked for in bulk.
  return `${HOST}-${process.pid}-${randomUUID().slice(-12)}`;
}

/** A hidden name beside the thing being made. */
export function temporaryName(): string {
  return TEMPORARY_PREFIX + ownerName();
}

/** Whether the owner of something last touched at `touchedAtMs` will never come back to it. */
export function isAbandoned(owner: string, touchedAtMs: number, nowMs = Date.now()): boolean {
  const match = OWNER_PATTERN.exec(owner);
  if (match === null) return false;
  if (match[1] === HOST && !isProcessAlive(Number(match[2]))) return true;
  return nowMs - touchedAtMs > ABANDONED_AFTER_MS;
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

function isProcessAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) !== 'ESRCH';
  }
}
