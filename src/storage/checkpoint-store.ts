/**
 * Runs in a workspace folder:
 *
 *     models/checkpoints/20261128T111404123Z-9f3a1c2b/run.json            what was asked for
 *     models/checkpoints/20261128T111404123Z-9f3a1c2b/owner               the process that has it
 *     models/checkpoints/20261128T111404123Z-9f3a1c2b/NAME.safetensors    the progress of one name
 *     models/checkpoints/NAME.safetensors                                 a training that an older program stopped
 */

import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { checkName, isName } from '../core/names.js';
import { withFolderLock } from '../files/folder-lock.js';
import { systemCodeOf, toReadError, toWriteError } from '../files/system-errors.js';
import { collectAbandoned, isAbandoned, ownerName } from '../files/temporary-names.js';
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

/** Opens the runs of a workspace. Nothing is read or written before the first call. */
export function openCheckpointStore(home: string): CheckpointStore {
  const folder = join(home, 'models', 'checkpoints');
  /** Of this store: two stores of one process do not take each other's runs. */
  const self = ownerName();
  const folderOf = (runId: string) => join(folder, checkName(runId, 'run'));
  const pathOf = ({ runId, name }: CheckpointKey) =>
    runId === OLD_RUN + name ? join(folder, checkName(name) + ENDING) : join(folderOf(runId), checkName(name) + ENDING);
  const leaveOwner = (runId: string) => removeAll(join(folderOf(runId), 'owner'));

  return {
    async listRuns() {
      const runs: StoredRun[] = [];
      for (const entry of await readEntries(folder)) {
        const run = entry.isDirectory()
          ? await readRun(join(folder, entry.name), entry.name, self)
          : describeOldRun(entry.name);
        if (run !== undefined) runs.push(run);
      }
      return runs.sort((a, b) => (a.id < b.id ? -1 : 1));
    },

    async begin(run) {
      if (isOldRun(run)) return;
      const runFolder = folderOf(run.id);
      for (const name of run.names) checkName(name, 'model name');
      await makeFolder(runFolder);
      await collectAbandoned(runFolder);
      await withFolderLock(runFolder, async () => {
        const known = await readRun(runFolder, run.id, self);
        if (known?.isRunning) {
          throw new TradeAiError('WORKSPACE_BUSY', `another process goes on with the training ${run.id} already`, {
            hint: 'wait for it, or end it first',
          });
        }
        await writeFileAtomically(join(runFolder, 'owner'), self);
        await writeRun(runFolder, run);
      });
    },

    async save(key, bytes) {
      await writeFileAtomically(pathOf(key), bytes);
      if (key.runId === OLD_RUN + key.name) return;
      // A sign of life, for processes of other hosts.
      await writeFileAtomically(join(folderOf(key.runId), 'owner'), self);
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
      await writeRun(folderOf(run.id), run);
      await leaveOwner(run.id);
    },

    async end(runId) {
      if (runId.startsWith(OLD_RUN)) {
        const name = runId.slice(OLD_RUN.length);
        await removeAll(pathOf({ runId, name }));
      } else await removeAll(folderOf(runId));
    },
  };
}

/** `undefined` for a folder that is no run, or one that has just been forgotten. */
async function readRun(runFolder: string, id: string, self: string): Promise<StoredRun | undefined> {
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

/** Whether somebody else who lives has it. */
async function isOwned(path: string, self: string): Promise<boolean> {
  const owner = await readText(path);
  if (owner === undefined || owner === self) return false;
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && !isAbandoned(owner, stats.mtimeMs);
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
