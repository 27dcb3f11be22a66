import type { Job } from '../../src/ports/job.js';
import type { JobStore } from '../../src/ports/training-runner.js';

/** Remembers jobs as long as the process lives. */
export function openMemoryJobStore(known: readonly Job[] = []): JobStore {
  let jobs = known;
  return {
    load: async () => jobs,
    async save(newest) {
      jobs = structuredClone(newest);
    },
  };
}
