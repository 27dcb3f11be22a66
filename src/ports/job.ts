export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';

/** How far a training is. */
export interface TrainingProgress {
  /** `collecting`, `fold 2/4`, `last fit`, `judging`. */
  readonly stage: string;
  readonly stageIndex: number;
  readonly stageCount: number;
  /** Of the stage in progress: epochs of its furthest member, and the most there can be. */
  readonly epoch: number;
  readonly epochs: number;
  readonly sequencesPerSecond: number | null;
  /** At this pace and without early stopping: it may end sooner. */
  readonly secondsLeft: number | null;
  /** Of the stage in progress, mean over the members that ran the epoch. */
  readonly trainLoss: readonly number[];
  readonly validationLoss: readonly number[];
}

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
