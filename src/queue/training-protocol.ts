/** What the server and its training process say to each other. */

import type { JobOutcome } from '../ports/job.js';
import type { NoteFacts } from '../ports/note.js';
import type { RunToStart } from '../ports/training-runner.js';
import type { TrainingProgress } from '../wire/job.js';

/** From the server. */
export type TrainingCommand =
  | { readonly kind: 'train'; readonly run: RunToStart }
  | { readonly kind: 'cancel'; readonly name: string }
  | { readonly kind: 'stop' };

/** From the training process. What is no note is a sign of progress. */
export type TrainingNews =
  /** It is at a name, or with `null` at the decision on all of them; told again while it gets on. */
  | { readonly kind: 'at-work'; readonly name: string | null }
  | { readonly kind: 'progress'; readonly name: string; readonly progress: TrainingProgress }
  | { readonly kind: 'outcome'; readonly name: string; readonly outcome: JobOutcome }
  | { readonly kind: 'note'; readonly text: string; readonly facts?: NoteFacts };
