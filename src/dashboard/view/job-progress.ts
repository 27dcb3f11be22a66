/** How far a training is, as a share and in words. */

import type { Job } from '../../server/wire.js';
import { formatDuration, formatNumber } from '../format.js';

/** Share of the stages and epochs that are done, 0 to 1. */
export function shareDone({ progress, state }: Job): number {
  if (state === 'done') return 1;
  if (progress === null || progress.stageCount === 0) return 0;
  const inStage = progress.epochs === 0 ? 0 : Math.min(1, progress.epoch / progress.epochs);
  return Math.min(1, (progress.stageIndex + inStage) / progress.stageCount);
}

/** `fold 2/4, epoch 12 of at most 50`. */
export function describeProgress({ progress }: Job): string {
  if (progress === null) return 'preparing';
  return progress.epochs === 0
    ? progress.stage
    : `${progress.stage}, epoch ${progress.epoch} of at most ${progress.epochs}`;
}

export function describeSpeed({ progress }: Job): string {
  const speed = progress?.sequencesPerSecond ?? null;
  return speed === null ? '–' : `${formatNumber(speed, 0)}\u00a0sequences/s`;
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
