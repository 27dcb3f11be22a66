import type { TrainingProgress } from '../pipeline/training-progress.js';

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';

/** One model to be trained again. */
export interface Job {
  readonly id: string;
  readonly kind: 'retrain';
  /** Name of the model. */
  readonly name: string;
  readonly state: JobState;
  /** Why it was queued: `schedule`, `request`, `drift`. */
  readonly trigger: string;
  readonly queuedAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly progress: TrainingProgress | null;
  readonly result: JobResult | null;
  readonly error: JobError | null;
}

export interface JobResult {
  readonly version: number;
  readonly promoted: boolean;
  readonly verdict: 'skill' | 'no-demonstrated-skill';
  readonly reasons: readonly string[];
}

export interface JobError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** What became of one name of a run. */
export type JobOutcome = { readonly result: JobResult } | { readonly error: JobError };

export function isOver({ state }: Job): boolean {
  return state !== 'queued' && state !== 'running';
}
