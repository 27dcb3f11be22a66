/** How far a training is, in the few numbers that a person who watches it wants. */

import type { MemberIndex } from '../lstm/ensemble.js';
import type { MemberProgress } from '../lstm/trainer.js';
import type { TrainingProgress } from '../wire/job.js';
import type { TrainHooks, TrainStart } from './train-hooks.js';

const COLLECTING: TrainingProgress = {
  stage: 'collecting',
  stageIndex: 0,
  stageCount: 0,
  epoch: 0,
  epochs: 0,
  sequencesPerSecond: null,
  secondsLeft: null,
  trainLoss: [],
  validationLoss: [],
};

/** Follows one training through its hooks. */
export class TrainingWatch {
  readonly #now: () => number;
  readonly #onProgress: (progress: TrainingProgress) => void;
  #start: TrainStart | undefined;
  #startedMs = 0;
  #members: (MemberProgress | undefined)[][] = [];
  #progress: TrainingProgress = COLLECTING;

  constructor(now: () => number, onProgress: (progress: TrainingProgress) => void) {
    this.#now = now;
    this.#onProgress = onProgress;
  }

  readonly hooks: Omit<TrainHooks, 'signal'> = {
    onFetch: () => this.#tell(COLLECTING),
    onStart: (start) => {
      this.#start = start;
      this.#startedMs = this.#now();
      this.#members = start.stages.map((stage) => stage.epochsRun.map(() => undefined));
      this.#tell({
        ...COLLECTING,
        stage: start.stages[0].label,
        stageCount: start.stages.length,
        epochs: start.config.epochs,
      });
    },
    onEpoch: (index, progress) => this.#tellEpoch(index, progress),
    onJudge: () => {
      const stageCount = this.#start?.stages.length ?? 0;
      this.#tell({ ...this.#progress, stage: 'judging', stageIndex: stageCount, stageCount, secondsLeft: null });
    },
  };

  #tell(progress: TrainingProgress): void {
    this.#progress = progress;
    this.#onProgress(progress);
  }

  #tellEpoch({ ensemble, member }: MemberIndex, progress: MemberProgress): void {
    const start = this.#start!;
    this.#members[ensemble][member] = progress;
    const seconds = (this.#now() - this.#startedMs) / 1000;
    const { epochs } = start.config;
    let sequences = 0;
    let epochsDone = 0;
    let epochsSaved = 0;
    let epochsBefore = 0;
    for (const [stageIndex, members] of this.#members.entries()) {
      const { trainRows, epochsRun } = start.stages[stageIndex];
      for (const [memberIndex, known] of members.entries()) {
        const before = epochsRun[memberIndex];
        const done = known?.epochsRun ?? before;
        epochsBefore += before;
        epochsDone += done - before;
        sequences += (done - before) * trainRows;
        if (known?.isFinished) epochsSaved += epochs - done;
      }
    }
    const epochsLeft = this.#members.flat().length * epochs - epochsBefore - epochsDone - epochsSaved;
    const stageMembers = this.#members[ensemble].filter((known) => known !== undefined);
    this.#tell({
      stage: start.stages[ensemble].label,
      stageIndex: ensemble,
      stageCount: start.stages.length,
      epoch: Math.max(...stageMembers.map(({ epochsRun }) => epochsRun)),
      epochs,
      sequencesPerSecond: seconds > 0 ? sequences / seconds : null,
      secondsLeft: epochsDone > 0 ? (seconds / epochsDone) * epochsLeft : null,
      trainLoss: meanCurve(stageMembers.map(({ trainLoss }) => trainLoss)),
      validationLoss: meanCurve(stageMembers.map(({ validationLoss }) => validationLoss)),
    });
  }
}

/** Batches are told of at most so often. */
const BATCH_INTERVAL_MS = 1_000;

/**
 * Follows the batches of one training, for whoever must know whether it gets on. An engine is asked how far it is by the
 * clock, also when it hangs: only what has changed is told.
 */
export function watchBatches(now: () => number, onProgress: () => void): NonNullable<TrainHooks['onBatch']> {
  const known = new Map<string, string>();
  let toldMs = Number.NEGATIVE_INFINITY;
  return ({ ensemble, member }, epoch, sequencesDone) => {
    const network = `${ensemble} ${member}`;
    const place = `${epoch} ${sequencesDone}`;
    if (known.get(network) === place) return;
    known.set(network, place);
    if (now() - toldMs < BATCH_INTERVAL_MS) return;
    toldMs = now();
    onProgress();
  };
}

/** The mean of curves of different lengths, epoch by epoch, over those that reach it. */
function meanCurve(curves: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...curves.map((curve) => curve.length));
  return Array.from({ length }, (_, epoch) => {
    const values = curves.filter((curve) => curve.length > epoch).map((curve) => curve[epoch]);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}
