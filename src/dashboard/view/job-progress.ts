/** How far a training is, as a share and in words. */

import { formatDuration } from '../../text/times.js';
import type { Job } from '../../wire/wire.js';

/** Share of the stages and epochs that are done, 0 to 1; what comes after the last epoch (the judging) counts as one stage more. */
export function shareDone({ progress, state }: Job): number {
  if (state === 'done') return 1;
  if (progress === null || progress.stageCount === 0) return 0;
  const inStage = hasNoEpochs(progress) ? 0 : Math.min(1, progress.epoch / progress.epochs);
  return Math.min(progress.stageIndex + inStage, progress.stageCount) / (progress.stageCount + 1);
}

/** `epoch 12 of at most 50`; what is done where there are none. */
export function describeEpochs({ progress }: Job): string {
  if (progress === null || progress.stageCount === 0) return 'reads the candles';
  if (progress.stageIndex >= progress.stageCount) return 'on rows the version never saw';
  return hasNoEpochs(progress) ? 'before the first epoch' : `epoch ${progress.epoch} of at most ${progress.epochs}`;
}

function hasNoEpochs({ epochs, stageIndex, stageCount }: NonNullable<Job['progress']>): boolean {
  return epochs === 0 || stageIndex >= stageCount;
}

export function describeTimeLeft({ progress }: Job): string {
  const seconds = progress?.secondsLeft ?? null;
  return seconds === null ? '–' : `about ${formatDuration(seconds)}`;
}

/** Running first, then waiting, then the newest of what has ended. */
export function sortJobs(jobs: readonly Job[]): Job[] {
  const rank = ({ state }: Job) => (state === 'running' ? 0 : state === 'queued' ? 1 : 2);
  return [...jobs].sort(
    (a, b) => rank(a) - rank(b) || (rank(a) === 1 ? a.queuedAtMs - b.queuedAtMs : b.queuedAtMs - a.queuedAtMs),
  );
}
