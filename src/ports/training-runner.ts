/** Trainings for a queue of jobs: who runs them, and who remembers the jobs. */

import type { Job, TrainingProgress } from '../wire/job.js';
import type { JobOutcome } from './job.js';

/** Names to be trained and decided together. */
export interface RunToStart {
  /** Under which its progress is kept: one that was stopped goes on when it is started again. */
  readonly runId: string;
  readonly names: readonly string[];
}

/** Trains names; in another process, so that whoever waits for an answer here does not wait for a training. */
export interface TrainingRunner {
  start(run: RunToStart, listener: RunListener): TrainingRun;
}

export interface RunListener {
  readonly onProgress: (name: string, progress: TrainingProgress) => void;
  /** Once a name. */
  readonly onOutcome: (name: string, outcome: JobOutcome) => void;
}

export interface TrainingRun {
  /** Resolves when the run is over, however it ended; then every name has had its outcome. */
  readonly ended: Promise<void>;
  /** Stops one name; the others go on. */
  cancel(name: string): void;
  /** Stops everything; what has been trained is kept in checkpoints. */
  stop(): Promise<void>;
}

/** Keeps the list of jobs between two lives of the server. */
export interface JobStore {
  load(): Promise<readonly Job[]>;
  save(jobs: readonly Job[]): Promise<void>;
}
