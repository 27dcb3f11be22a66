/**
 * Runs: trainings that were asked for together, under way or stopped, each with the checkpoints of its names.
 *
 * A run belongs to one process at a time. One whose process is gone is stopped; whoever goes on with it begins it again,
 * under the same id.
 */

/** What was asked for, which is who may go on with it: `train` and `retrain` never touch each other's. */
export type RunKind = 'train' | 'retrain';

export interface RunRecord {
  /** Sorts by the moment the run began. */
  readonly id: string;
  readonly kind: RunKind;
  /** All names asked for together, in their order. */
  readonly names: readonly string[];
  /** The queue of jobs goes on with its own runs itself; a person asks for it. */
  readonly startedBy: 'person' | 'queue';
}

export interface StoredRun extends RunRecord {
  readonly isRunning: boolean;
  /** Names of which progress is kept. */
  readonly checkpoints: readonly string[];
}

export interface CheckpointKey {
  readonly runId: string;
  readonly name: string;
}

export interface CheckpointStore {
  /** Runs that are not over, oldest first; trainings that older programs stopped are runs, too. */
  listRuns(): Promise<StoredRun[]>;
  /** Whether another process has a run that is not over; `false` of one that is not there. */
  isRunning(runId: string): Promise<boolean>;
  /** Takes a new run, or one that was stopped, for this process. @throws TradeAiError `WORKSPACE_BUSY` while another has it */
  begin(run: RunRecord): Promise<void>;
  save(key: CheckpointKey, bytes: Uint8Array): Promise<void>;
  load(key: CheckpointKey): Promise<Uint8Array | undefined>;
  remove(key: CheckpointKey): Promise<void>;
  /** Leaves a run, now with these names, to whoever goes on with it. */
  leave(run: RunRecord): Promise<void>;
  /** Forgets a run with all that is kept of it. */
  end(runId: string): Promise<void>;
}
