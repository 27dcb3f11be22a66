import type { JobStore } from '../../src/ports/training-runner.js';
import type { Job } from '../../src/wire/job.js';

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
