/**
 * The one long-lived process of a folder: a file says who it is, for as long as it lives. What a killed process left is
 * taken over.
 */

import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { withFolderLock } from './folder-lock.js';
import {
  findLivingOwner,
  giveSignsOfLongLife,
  isOwnerName,
  type OwnerTrace,
  type OwnerView,
  ownerName,
  readTouchTime,
} from './owner.js';
import { systemCodeOf, toReadError } from './system-errors.js';
import { makeFolder, writeFileAtomically } from './write-atomically.js';

export interface WorkspaceOwner {
  /** Tells who asks where this process can be reached. */
  tellUrl(url: string): Promise<void>;
  /** Aborted when another process has taken the folder over, because this one gave no sign of life for too long. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

const ownerSchema = z.object({
  owner: z.string().refine(isOwnerName),
  processId: z.int(),
  startedAtMs: z.int().min(-8.64e15).max(8.64e15),
  url: z.string().nullable(),
});
type OwnerFile = Readonly<z.infer<typeof ownerSchema>>;

/**
 * Takes a folder for this process.
 *
 * @param path of the file that says so
 * @throws TradeAiError `WORKSPACE_BUSY` naming who has it; `STORAGE_UNWRITABLE`
 */
export async function ownWorkspace(path: string, nowMs: number, view: OwnerView = {}): Promise<WorkspaceOwner> {
  const folder = dirname(path);
  await makeFolder(folder);
  const owner = ownerName(view.facts);
  const file: OwnerFile = { owner, processId: process.pid, startedAtMs: nowMs, url: null };
  await withFolderLock(
    folder,
    async (lock) => {
      await refuseWhileOwned(path, view);
      await lock.confirm();
      await write(path, file);
    },
    view,
  );
  const lost = new AbortController();
  /** A file that is gone, or can no longer be read, says nothing. */
  const isOurs = async () => {
    const current = await readOwner(path).catch(() => undefined);
    if (current !== undefined && current.owner !== owner) lost.abort();
    return !lost.signal.aborted;
  };
  const stopSigns = giveSignsOfLongLife(path, owner, isOurs);
  return {
    lost: lost.signal,
    tellUrl: (url) =>
      withFolderLock(
        folder,
        async (lock) => {
          if (!(await isOurs())) return;
          await lock.confirm();
          await write(path, { ...file, url });
        },
        view,
      ),
    async release() {
      stopSigns();
      await withFolderLock(
        folder,
        async (lock) => {
          if (!(await isOurs())) return;
          await lock.confirm();
          await rm(path, { force: true });
        },
        view,
      );
    },
  };
}

/** @throws TradeAiError `WORKSPACE_BUSY` naming the process that has the folder, when one has */
export async function refuseWhileOwned(path: string, view: OwnerView = {}): Promise<void> {
  const other = await findLivingOwner(() => readOwner(path), view);
  if (other === undefined) return;
  const where = other.url === null ? '' : ` at ${other.url}`;
  const since = new Date(other.startedAtMs).toISOString();
  throw new TradeAiError(
    'WORKSPACE_BUSY',
    `a server runs on this workspace already: process ${other.processId}${where}, since ${since}`,
    { commandHint: 'stop it first, or name another workspace with --home' },
  );
}

/** `undefined` when there is none: a file that is not ours, or half of one, holds nobody back. */
async function readOwner(path: string): Promise<(OwnerFile & OwnerTrace) | undefined> {
  try {
    const touchedAtMs = await readTouchTime(path);
    const file = ownerSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
    return file && { ...file, touchedAtMs };
  } catch (error) {
    if (error instanceof SyntaxError || systemCodeOf(error) === 'ENOENT') return undefined;
    throw toReadError(path, error);
  }
}

function write(path: string, file: OwnerFile): Promise<void> {
  return writeFileAtomically(path, `${JSON.stringify(file, null, 2)}\n`);
}
