/**
 * The one long-lived process of a folder: a file says who it is, for as long as it lives. What a killed process left is
 * taken over.
 */

import { readFile, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import { withFolderLock } from './folder-lock.js';
import { systemCodeOf, toReadError } from './system-errors.js';
import { isAbandoned, ownerName } from './temporary-names.js';
import { makeFolder, writeFileAtomically } from './write-atomically.js';

export interface WorkspaceOwner {
  /** Tells who asks where this process can be reached. */
  tellUrl(url: string): Promise<void>;
  /** Aborted when another process has taken the folder over, because this one gave no sign of life for too long. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

interface OwnerFile {
  /** `<host>-<pid>-<12 hex digits>` */
  readonly owner: string;
  readonly processId: number;
  readonly startedAtMs: number;
  readonly url: string | null;
}

/** Well within the time after which an untouched file of another host counts as abandoned. */
const TOUCH_INTERVAL_MS = 60_000;

/**
 * Takes a folder for this process.
 *
 * @param path of the file that says so
 * @throws TradeAiError `WORKSPACE_BUSY` naming who has it; `STORAGE_UNWRITABLE`
 */
export async function ownWorkspace(
  path: string,
  nowMs: number,
  touchIntervalMs = TOUCH_INTERVAL_MS,
): Promise<WorkspaceOwner> {
  const folder = dirname(path);
  await makeFolder(folder);
  const file: OwnerFile = {
    owner: ownerName(),
    processId: process.pid,
    startedAtMs: nowMs,
    url: null,
  };
  await withFolderLock(folder, async (lock) => {
    const other = await readOwner(path);
    if (other !== undefined && !isFormerSelf(other) && !isAbandoned(other.owner, other.touchedAtMs, nowMs)) {
      const where = other.url === null ? '' : ` at ${other.url}`;
      const since = new Date(other.startedAtMs).toISOString();
      throw new TradeAiError(
        'WORKSPACE_BUSY',
        `a server runs on this workspace already: process ${other.processId}${where}, since ${since}`,
        { hint: 'stop it first, or serve another workspace with --home' },
      );
    }
    await lock.confirm();
    await write(path, file);
  });
  let known = file;
  const lost = new AbortController();
  const timer = setInterval(() => {
    void touch(path, file.owner).then((isOurs) => {
      if (!isOurs) lost.abort();
    });
  }, touchIntervalMs);
  timer.unref();
  return {
    lost: lost.signal,
    async tellUrl(url) {
      known = { ...known, url };
      await write(path, known);
    },
    async release() {
      clearInterval(timer);
      if ((await readOwner(path))?.owner === file.owner) await rm(path, { force: true });
    },
  };
}

async function readOwner(path: string): Promise<(OwnerFile & { touchedAtMs: number }) | undefined> {
  try {
    const { mtimeMs: touchedAtMs } = await stat(path);
    const { owner, processId, startedAtMs, url }: OwnerFile = JSON.parse(await readFile(path, 'utf8'));
    return { owner, processId, startedAtMs, url, touchedAtMs };
  } catch (error) {
    // A file that is not ours, or half of one, holds nobody back.
    if (error instanceof SyntaxError || systemCodeOf(error) === 'ENOENT') return undefined;
    throw toReadError(path, error);
  }
}

function write(path: string, file: OwnerFile): Promise<void> {
  return writeFileAtomically(path, `${JSON.stringify(file, null, 2)}\n`);
}

/**
 * Whether a file was left by a killed process that had the name and number of this one, as in a container started again.
 * The number alone says nothing: in every container it is 1.
 */
function isFormerSelf({ owner, processId }: OwnerFile): boolean {
  const host = (name: string) => name.slice(0, name.indexOf('-'));
  return processId === process.pid && host(owner) === host(ownerName());
}

/** Says that the owner lives. @returns whether the folder is still its own; a file that cannot be read says nothing */
async function touch(path: string, owner: string): Promise<boolean> {
  try {
    const current = await readOwner(path);
    if (current !== undefined && current.owner !== owner) return false;
    const now = new Date();
    await utimes(path, now, now);
  } catch {
    // Gone, or a disk in trouble: the next touch sees more.
  }
  return true;
}
