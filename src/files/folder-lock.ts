/**
 * A lock between processes that a killed owner does not hold for ever.
 *
 * The lock is the folder `.lock`; whoever's file stands in it has it. To take it, a folder with one's own file inside is
 * made aside and renamed to `.lock`, which the system refuses while `.lock` is not empty. To break the lock of a dead
 * owner, that owner's file, and only that, is removed: should somebody else have broken and taken the lock meanwhile,
 * the name is gone and nothing happens. A plain O_EXCL lock file has no such safe way to be broken: between reading that
 * its owner is dead and removing it, it may have become someone else's.
 *
 * Who is dead, and when, is in owner.ts. An owner that is stopped for so long that it counts as dead, and goes on, has
 * lost the lock; `confirm` tells it so.
 */

import { mkdir, open, readdir, rename, rm, rmdir, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import { giveSignsOfLife, type OwnerState, type OwnerView, OwnerWatch, ownerName, readTouchTime } from './owner.js';
import { systemCodeOf, toReadError, toWriteError } from './system-errors.js';
import { temporaryName } from './temporary-names.js';

const LOCK_NAME = '.lock';

/** Locks of this process that are done with, but whose file the system refused to remove. */
const unreleased = new Set<string>();

export interface FolderLock {
  /** @throws TradeAiError `VERSION_CONFLICT` when the lock was lost to another process */
  confirm(): Promise<void>;
}

export interface FolderLockOptions extends OwnerView {
  /** How long the lock is waited for. */
  readonly timeoutMs?: number;
}

/**
 * Runs `action` while no other process or call runs one on the same folder.
 *
 * @throws TradeAiError `VERSION_CONFLICT` when the lock is not free within `timeoutMs`, `STORAGE_UNWRITABLE`
 */
export async function withFolderLock<T>(
  folder: string,
  action: (lock: FolderLock) => Promise<T>,
  options: FolderLockOptions = {},
): Promise<T> {
  const owner = await acquire(folder, options);
  const ownerPath = join(folder, LOCK_NAME, owner);
  const stopSigns = giveSignsOfLife(ownerPath);
  try {
    return await action({
      async confirm() {
        if (await isThere(ownerPath)) return;
        throw new TradeAiError('VERSION_CONFLICT', `the lock of ${folder} was taken over by another process`, {
          hint: 'run the command again',
        });
      },
    });
  } finally {
    stopSigns();
    await unlink(ownerPath).catch(() => unreleased.add(owner));
    await rmdir(join(folder, LOCK_NAME)).catch(() => {});
  }
}

async function acquire(folder: string, { timeoutMs = 10_000, ...view }: FolderLockOptions): Promise<string> {
  const lockPath = join(folder, LOCK_NAME);
  const owner = ownerName(view.facts);
  const watch = new OwnerWatch(view);
  const prepared = join(folder, temporaryName());
  const deadlineMs = performance.now() + timeoutMs;
  try {
    await mkdir(prepared);
    await (await open(join(prepared, owner), 'wx')).close();
    for (let isLate = false; !(await take(prepared, lockPath)); ) {
      if (isLate) {
        throw new TradeAiError(
          'VERSION_CONFLICT',
          `another process has held the lock of ${folder} for ${timeoutMs} ms`,
          { hint: 'wait until it is done and run the command again' },
        );
      }
      const state = await breakAbandoned(lockPath, watch);
      // Of a silent owner it is known soon what it is, however slow this computer.
      isLate = state !== 'silent' && performance.now() > deadlineMs;
      if (state !== 'dead') await watch.pause();
    }
    // It is judged by its age, which is that of the wait for it until now. Where it is lost already, `confirm` says so.
    const now = new Date();
    await utimes(join(lockPath, owner), now, now).catch(() => {});
    return owner;
  } catch (error) {
    await rm(prepared, { recursive: true, force: true }).catch(() => {});
    throw toWriteError(folder, error);
  }
}

/** Whether the prepared folder became the lock. */
async function take(prepared: string, lockPath: string): Promise<boolean> {
  try {
    await rename(prepared, lockPath);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    // Windows says EPERM where a folder stands
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || (process.platform === 'win32' && code === 'EPERM')) return false;
    throw error;
  }
}

/** Removes the files of dead owners. @returns `dead` when the lock may be free now */
async function breakAbandoned(lockPath: string, watch: OwnerWatch): Promise<OwnerState> {
  try {
    const owners = await readdir(lockPath);
    const states = new Set<OwnerState>();
    for (const owner of owners) {
      const path = join(lockPath, owner);
      const state = unreleased.has(owner) ? 'dead' : watch.judge(owner, await readTouchTime(path));
      states.add(state);
      if (state !== 'dead') continue;
      await unlink(path);
      unreleased.delete(owner);
    }
    if (owners.length > 0 && !states.has('dead')) return states.has('living') ? 'living' : 'silent';
    await rmdir(lockPath).catch(() => {});
    return 'dead';
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return 'dead';
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw toReadError(path, error);
  }
}
