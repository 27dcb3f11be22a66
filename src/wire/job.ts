import { z } from 'zod';
import { problemSchema } from './error.js';
import { figure, listOf, orNull, timeMs } from './parts.js';
import { verdictSchema } from './version.js';
import { JOB_STATES } from './vocabulary.js';

export const jobStateSchema = z.enum(JOB_STATES);

/** How far a training is. */
const progressSchema = z.object({
  stage: z.string().describe('`collecting`, `fold 2/4`, `final refit`, `judging`'),
  stageIndex: z.int(),
  stageCount: z.int(),
  /** Of the stage in progress: epochs of its furthest member, and the most there can be. */
  epoch: z.int(),
  epochs: z.int(),
  sequencesPerSecond: figure,
  /** At this pace and without early stopping: it may end sooner. */
  secondsLeft: figure,
  /** Of the stage in progress, mean over the members that ran the epoch, one entry an epoch. */
  trainLoss: listOf(figure),
  validationLoss: listOf(figure),
});

const resultSchema = z.object({
  version: z.int(),
  promoted: z.boolean(),
  verdict: verdictSchema,
  reasons: listOf(z.string()),
});

/** One model to be trained again. */
export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(['retrain']),
  /** Name of the model. */
  name: z.string(),
  state: jobStateSchema,
  /** Why it was started: `schedule`, `request`, `drift`. */
  trigger: z.string(),
  queuedAtMs: timeMs,
  startedAtMs: orNull(timeMs),
  endedAtMs: orNull(timeMs),
  progress: orNull(progressSchema),
  result: orNull(resultSchema),
  error: orNull(problemSchema),
  /** The run of all jobs that were asked for together; absent in a list of an older program. */
  runId: z.string().optional(),
});

export type TrainingProgress = Readonly<z.infer<typeof progressSchema>>;
export type JobResult = Readonly<z.infer<typeof resultSchema>>;
export type JobError = Readonly<z.infer<typeof problemSchema>>;
export type Job = Readonly<z.infer<typeof jobSchema>>;
