/**
 * Runs in a workspace folder:
 *
 *     models/checkpoints/20261128T111404123Z-9f3a1c2b/run.json            what was asked for
 *     models/checkpoints/20261128T111404123Z-9f3a1c2b/owner               the process that has it
 *     models/checkpoints/20261128T111404123Z-9f3a1c2b/NAME.safetensors    the progress of one name
 *     models/checkpoints/NAME.safetensors                                 a training that an older program stopped
 */

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { checkName, isName } from '../core/names.js';
import { withFolderLock } from '../files/folder-lock.js';
import {
  findLivingOwner,
  giveSignsOfLongLife,
  isOwnerName,
  type OwnerView,
  ownerName,
  readTouchTime,
} from '../files/owner.js';
import { systemCodeOf, toReadError, toWriteError } from '../files/system-errors.js';
import { collectAbandoned } from '../files/temporary-names.js';
import { makeFolder, writeFileAtomically } from '../files/write-atomically.js';
import type { CheckpointKey, CheckpointStore, RunRecord, StoredRun } from '../ports/checkpoint-store.js';
import { readEntries } from './version-folder.js';

const ENDING = '.safetensors';
/** Sorts before every run; what follows is the name. */
const OLD_RUN = '00000000T000000000Z-';

const runSchema = z.object({
  id: z.string(),
  kind: z.enum(['train', 'retrain']),
  names: z.array(z.string().refine(isName, 'expected a name')).min(1),
  startedBy: z.enum(['person', 'queue']),
}) satisfies z.ZodType<RunRecord>;

/** A store among those that share a folder. */
interface Self {
  readonly owner: string;
  readonly view: OwnerView;
}

/** Opens the runs of a workspace. Nothing is read or written before the first call. */
export function openCheckpointStore(home: string, view: OwnerView = {}): CheckpointStore {
  const folder = join(home, 'models', 'checkpoints');
  /** Of this store: two stores of one process do not take each other's runs. */
  const self: Self = { owner: ownerName(view.facts), view };
  const folderOf = (runId: string) => join(folder, checkName(runId, 'run'));
  const pathOf = ({ runId, name }: CheckpointKey) =>
    runId === OLD_RUN + name ? join(folder, checkName(name) + ENDING) : join(folderOf(runId), checkName(name) + ENDING);
  /** What ends the signs of life in the runs of this store. */
  const stopSigns = new Map<string, () => void>();
  const ownerOf = (runId: string) => join(folderOf(runId), 'owner');
  /** Ends the signs of life in a run. @returns whether nobody has taken it from this store */
  const letGo = async (runId: string) => {
    const stop = stopSigns.get(runId);
    if (stop === undefined) return true;
    stop();
    const owner = await readText(ownerOf(runId));
    if (owner !== undefined && owner !== self.owner) return false;
    stopSigns.delete(runId);
    return true;
  };

  return {
    async listRuns() {
      // All at once: whether a run is under way may take some looks.
      const runs = await Promise.all(
        (await readEntries(folder)).map((entry) =>
          entry.isDirectory() ? readRun(join(folder, entry.name), entry.name, self) : describeOldRun(entry.name),
        ),
      );
      return runs.filter((run) => run !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1));
    },

    async isRunning(runId) {
      if (runId.startsWith(OLD_RUN)) return false;
      return (await readRun(folderOf(runId), runId, self))?.isRunning ?? false;
    },

    async begin(run) {
      if (isOldRun(run)) return;
      const runFolder = folderOf(run.id);
      for (const name of run.names) checkName(name, 'model name');
      await makeFolder(runFolder);
      await collectAbandoned(runFolder);
      await withFolderLock(runFolder, async (lock) => {
        const known = await readRun(runFolder, run.id, self);
        if (known?.isRunning) {
          throw new TradeAiError('WORKSPACE_BUSY', `another process goes on with the training ${run.id} already`, {
            hint: 'wait for it, or end it first',
          });
        }
        await lock.confirm();
        await writeFileAtomically(ownerOf(run.id), self.owner);
        await lock.confirm();
        await writeRun(runFolder, run);
      });
      stopSigns.get(run.id)?.();
      const isOurs = async () => (await readText(ownerOf(run.id))) === self.owner;
      stopSigns.set(run.id, giveSignsOfLongLife(ownerOf(run.id), self.owner, isOurs));
    },

    async save(key, bytes) {
      const path = pathOf(key);
      if (!key.runId.startsWith(OLD_RUN)) await requireOwner(ownerOf(key.runId), key.runId, self.owner);
      await writeFileAtomically(path, bytes);
    },

    async load(key) {
      const path = pathOf(key);
      try {
        return await readFile(path);
      } catch (error) {
        if (systemCodeOf(error) === 'ENOENT') return undefined;
        throw toReadError(path, error);
      }
    },

    remove: (key) => removeAll(pathOf(key)),

    async leave(run) {
      if (isOldRun(run)) return;
      if (!(await letGo(run.id))) return;
      try {
        await writeRun(folderOf(run.id), run);
      } finally {
        await removeAll(ownerOf(run.id));
      }
    },

    async end(runId) {
      if (runId.startsWith(OLD_RUN)) {
        const name = runId.slice(OLD_RUN.length);
        await removeAll(pathOf({ runId, name }));
      } else if (await letGo(runId)) await removeAll(folderOf(runId));
    },
  };
}

/** `undefined` for a folder that is no run, or one that has just been forgotten. */
async function readRun(runFolder: string, id: string, self: Self): Promise<StoredRun | undefined> {
  const text = await readText(join(runFolder, 'run.json'));
  if (text === undefined) return undefined;
  const run = runSchema.safeParse(parseJson(text)).data;
  if (run === undefined || run.id !== id) return undefined;
  const names = (await readEntries(runFolder)).map((entry) => entry.name);
  return {
    ...run,
    isRunning: await isOwned(join(runFolder, 'owner'), self),
    checkpoints: run.names.filter((name) => names.includes(name + ENDING)),
  };
}

function describeOldRun(fileName: string): StoredRun | undefined {
  const name = fileName.slice(0, -ENDING.length);
  if (!fileName.endsWith(ENDING) || !isName(name)) return undefined;
  return {
    id: OLD_RUN + name,
    kind: 'train',
    names: [name],
    startedBy: 'person',
    isRunning: false,
    checkpoints: [name],
  };
}

function isOldRun({ id }: RunRecord): boolean {
  return id.startsWith(OLD_RUN);
}

async function writeRun(runFolder: string, { id, kind, names, startedBy }: RunRecord): Promise<void> {
  await writeFileAtomically(
    join(runFolder, 'run.json'),
    `${JSON.stringify({ id, kind, names, startedBy }, null, 2)}\n`,
  );
}

/** Whether somebody else who lives has it. A file that names nobody holds nobody back. */
async function isOwned(path: string, self: Self): Promise<boolean> {
  const living = await findLivingOwner(async () => {
    const owner = await readText(path);
    if (owner === undefined || owner === self.owner || !isOwnerName(owner)) return undefined;
    const touchedAtMs = await readTouchTime(path).catch(() => undefined);
    return touchedAtMs === undefined ? undefined : { owner, touchedAtMs };
  }, self.view);
  return living !== undefined;
}

/** @throws TradeAiError `WORKSPACE_BUSY` when another process has taken the run, because this one was stopped for too long */
async function requireOwner(path: string, runId: string, self: string): Promise<void> {
  const owner = await readText(path);
  if (owner === undefined || owner === self) return;
  throw new TradeAiError('WORKSPACE_BUSY', `another process goes on with the training ${runId} by now`, {
    hint: 'leave it to that process',
  });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw toReadError(path, error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function removeAll(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw toWriteError(path, error);
  }
}
