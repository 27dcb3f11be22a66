/**
 * Files that are there whole or not at all, also after a power cut: write to a hidden file in the same folder, fsync it,
 * rename it over the old one, fsync the folder. Without the first fsync a file can come back empty, without the second
 * the rename can be forgotten (https://www.usenix.org/conference/osdi14/technical-sessions/presentation/pillai).
 */

import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { toWriteError } from './system-errors.js';
import { temporaryName } from './temporary-names.js';

/** A file written and synced under a hidden name, not yet in its place. */
export interface StagedFile {
  readonly path: string;
  /** Puts it in its place, durably. */
  commit(): Promise<void>;
  /** Removes it; does nothing after `commit`. */
  discard(): Promise<void>;
}

/**
 * Replaces the file at `path`: a reader sees the old bytes or the new ones. Missing folders are made.
 *
 * @throws TradeAiError `STORAGE_UNWRITABLE`; the old file is then as it was
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const staged = await stageFile(path, bytes);
  try {
    await staged.commit();
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

/**
 * Does the part of `writeFileAtomically` that can run out of space, so that several files can be staged before the
 * first is committed.
 *
 * @throws TradeAiError `STORAGE_UNWRITABLE`
 */
export async function stageFile(path: string, bytes: Uint8Array | string): Promise<StagedFile> {
  const folder = dirname(path);
  await makeFolder(folder);
  const temporaryPath = join(folder, temporaryName());
  const discard = () => rm(temporaryPath, { force: true }).catch(() => {});
  try {
    await writeFileSynced(temporaryPath, bytes);
  } catch (error) {
    await discard();
    throw toWriteError(path, error);
  }
  return { path, commit: () => moveIntoPlace(temporaryPath, path), discard };
}

/**
 * Puts a finished and synced file or folder in its place, durably. Both paths lie in one folder.
 *
 * @throws TradeAiError `STORAGE_UNWRITABLE`
 */
export async function moveIntoPlace(temporaryPath: string, path: string): Promise<void> {
  try {
    await rename(temporaryPath, path);
  } catch (error) {
    throw toWriteError(path, error);
  }
  await syncFolder(dirname(path));
}

/** Writes a file and fsyncs it. Not atomic: for files that nobody looks at yet. Throws the system's own error. */
export async function writeFileSynced(path: string, bytes: Uint8Array | string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Makes the names in a folder durable.
 *
 * @throws TradeAiError `STORAGE_UNWRITABLE`
 */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder and needs no such call
  if (process.platform === 'win32') return;
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    throw toWriteError(path, error);
  }
}

/**
 * Makes a folder and those above it, durably.
 *
 * @throws TradeAiError `STORAGE_UNWRITABLE`
 */
export async function makeFolder(path: string): Promise<void> {
  let firstMade: string | undefined;
  try {
    firstMade = await mkdir(path, { recursive: true });
  } catch (error) {
    throw toWriteError(path, error);
  }
  if (firstMade === undefined) return;
  const topmost = dirname(resolve(firstMade));
  for (let made = resolve(path); made !== topmost; made = dirname(made)) await syncFolder(dirname(made));
}
