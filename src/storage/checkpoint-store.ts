import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import { checkName } from '../core/names.js';
import { writeFileAtomically } from '../files/write-atomically.js';
import type { CheckpointStore } from '../ports/checkpoint-store.js';

/** Stopped trainings as `models/checkpoints/NAME.safetensors` of the workspace. */
export function openCheckpointStore(home: string): CheckpointStore {
  const pathOf = (name: string) => join(home, 'models', 'checkpoints', `${checkName(name)}.safetensors`);
  return {
    async save(name, bytes) {
      const path = pathOf(name);
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomically(path, bytes);
    },
    async load(name) {
      const path = pathOf(name);
      try {
        return await readFile(path);
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new TradeAiError('STORAGE_UNREADABLE', `${path} cannot be read`, { cause });
      }
    },
    async remove(name) {
      await rm(pathOf(name), { force: true });
    },
  };
}
