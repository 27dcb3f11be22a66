import type { Job, JobError, JobResult } from '../wire/job.js';

/** What became of one name of a run. */
export type JobOutcome = { readonly result: JobResult } | { readonly error: JobError };

export function isOver({ state }: Job): boolean {
  return state !== 'queued' && state !== 'running';
}
