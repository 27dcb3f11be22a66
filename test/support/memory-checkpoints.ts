/** Checkpoints in memory: one place, looked at by as many processes as are opened. */

import { TradeAiError } from '../../src/core/errors.js';
import { checkName } from '../../src/core/names.js';
import type { CheckpointStore, RunRecord } from '../../src/ports/checkpoint-store.js';

export interface MemoryCheckpoints {
  /** The place as one more process sees it. */
  open(): CheckpointStore;
}

interface MemoryRun {
  record: RunRecord;
  owner: CheckpointStore | undefined;
  readonly checkpoints: Map<string, Uint8Array>;
}

export function openMemoryCheckpoints(): MemoryCheckpoints {
  const runs = new Map<string, MemoryRun>();
  const open = (): CheckpointStore => {
    const self: CheckpointStore = {
      async listRuns() {
        return [...runs.values()]
          .map(({ record, owner, checkpoints }) => ({
            ...record,
            isRunning: owner !== undefined && owner !== self,
            checkpoints: record.names.filter((name) => checkpoints.has(name)),
          }))
          .sort((a, b) => (a.id < b.id ? -1 : 1));
      },
      async isRunning(runId) {
        const owner = runs.get(runId)?.owner;
        return owner !== undefined && owner !== self;
      },
      async begin(record) {
        for (const name of record.names) checkName(name, 'model name');
        const known = runs.get(record.id);
        if (known?.owner !== undefined && known.owner !== self) {
          throw new TradeAiError('WORKSPACE_BUSY', `another process has ${record.id}`);
        }
        runs.set(record.id, { record, owner: self, checkpoints: known?.checkpoints ?? new Map() });
      },
      async save({ runId, name }, bytes) {
        runs.get(runId)!.checkpoints.set(name, bytes);
      },
      load: async ({ runId, name }) => runs.get(runId)?.checkpoints.get(name),
      async remove({ runId, name }) {
        runs.get(runId)?.checkpoints.delete(name);
      },
      async leave(record) {
        Object.assign(runs.get(record.id)!, { record, owner: undefined });
      },
      async end(runId) {
        runs.delete(runId);
      },
    };
    return self;
  };
  return { open };
}
