/**
 * The queue of trainings: one run at a time, all names that were asked for together in one run, because their verdicts
 * are adjusted together. The list of jobs is kept on disk, so that what was interrupted goes on after a restart.
 */

import { describeError, TradeAiError } from '../core/errors.js';
import { isOver, type JobOutcome } from '../ports/job.js';
import type { JobStore, TrainingRun, TrainingRunner } from '../ports/training-runner.js';
import type { Job, JobError } from '../wire/job.js';
import { isRunOlderThan, LONGEST_PAUSE_MS, makeRunId } from './run.js';

export interface JobQueueOptions {
  readonly runner: TrainingRunner;
  readonly store: JobStore;
  readonly now: () => number;
  /** Every change of a job, progress included. */
  readonly onChange: (job: Job) => void;
  readonly onProblem: (error: unknown) => void;
}

interface Batch {
  readonly runId: string;
  readonly jobIds: readonly string[];
}

/** Jobs that are over and still told of. */
const KEPT_JOBS = 100;
const MAXIMUM_QUEUED_JOBS = 1_000;

export class JobQueue {
  readonly #options: JobQueueOptions;
  #jobs: Job[] = [];
  /** Jobs that were asked for together, in the order of their turn. */
  #batches: Batch[] = [];
  #run: TrainingRun | undefined;
  #running: Promise<void> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();
  #isStopped = false;
  #nextId = 1;

  private constructor(options: JobQueueOptions) {
    this.#options = options;
  }

  /**
   * Opens the queue; nothing runs before `start`. What the end of the last server interrupted is queued again, in the runs
   * it was in, unless that is too long ago or the name was asked for again since.
   */
  static async open(options: JobQueueOptions): Promise<JobQueue> {
    const queue = new JobQueue(options);
    const known = await options.store.load();
    const nowMs = options.now();
    const newest = new Map(known.map((job) => [job.name, job.id]));
    const canGoOn = (job: Job) =>
      job.runId !== undefined &&
      newest.get(job.name) === job.id &&
      !isRunOlderThan(job.runId, nowMs - LONGEST_PAUSE_MS);
    queue.#jobs = known.map((job) => {
      if (isOver(job) && job.state !== 'interrupted') return job;
      if (canGoOn(job))
        return { ...job, state: 'queued', startedAtMs: null, endedAtMs: null, progress: null, error: null };
      return isOver(job) ? job : { ...job, state: 'interrupted', endedAtMs: nowMs, progress: null };
    });
    queue.#batches = batchesOf(queue.#jobs.filter((job) => !isOver(job)));
    queue.#nextId = 1 + Math.max(0, ...known.map(({ id }) => Number(id)));
    if (queue.#jobs.some(({ state }, index) => state !== known[index].state)) queue.#save();
    return queue;
  }

  /** Begins with what is queued. */
  start(): void {
    this.#runNext();
  }

  /** Newest first. */
  list(): Job[] {
    return [...this.#jobs].reverse();
  }

  /** @throws TradeAiError `JOB_NOT_FOUND` */
  get(id: string): Job {
    const job = this.#jobs.find((candidate) => candidate.id === id);
    if (job === undefined)
      throw new TradeAiError('JOB_NOT_FOUND', `there is no job ${JSON.stringify(id.slice(0, 40))}`);
    return job;
  }

  /**
   * Queues one job a name, to be trained and judged together. A name that is queued or running already is not queued
   * twice: its job is returned.
   *
   * @throws TradeAiError `JOBS_TOO_MANY`
   */
  add(names: readonly string[], trigger: string): Job[] {
    const waiting = new Map(this.#jobs.filter((job) => !isOver(job)).map((job) => [job.name, job.id]));
    const fresh = [...new Set(names)].filter((name) => !waiting.has(name));
    if (waiting.size + fresh.length > MAXIMUM_QUEUED_JOBS) {
      throw new TradeAiError(
        'JOBS_TOO_MANY',
        `${waiting.size} trainings are queued, at most ${MAXIMUM_QUEUED_JOBS} can be`,
        {
          hint: 'wait for them, or cancel some',
        },
      );
    }
    const runId = makeRunId(this.#options.now());
    const jobIds: string[] = [];
    for (const name of fresh) {
      const id = String(this.#nextId++);
      jobIds.push(id);
      waiting.set(name, id);
      this.#jobs.push({
        id,
        kind: 'retrain',
        name,
        state: 'queued',
        trigger,
        queuedAtMs: this.#options.now(),
        startedAtMs: null,
        endedAtMs: null,
        progress: null,
        result: null,
        error: null,
        runId,
      });
      this.#options.onChange(this.get(id));
    }
    if (jobIds.length > 0) {
      this.#batches.push({ runId, jobIds });
      this.#save();
      this.#runNext();
    }
    return [...new Set(names)].map((name) => this.get(waiting.get(name)!));
  }

  /** Cancels a job that is queued or running; a job that is over stays as it is. @throws TradeAiError `JOB_NOT_FOUND` */
  cancel(id: string): Job {
    const job = this.get(id);
    if (isOver(job)) return job;
    if (this.#run !== undefined && this.#batches[0].jobIds.includes(id)) this.#run.cancel(job.name);
    else this.#change(id, { state: 'cancelled', endedAtMs: this.#options.now() });
    return this.get(id);
  }

  /** Stops the run at hand, which keeps its checkpoint, and begins no other. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#run?.stop();
    await this.#running;
    for (const job of this.#jobs) {
      if (!isOver(job)) this.#change(job.id, { state: 'interrupted', endedAtMs: this.#options.now() });
    }
    await this.#saving;
  }

  #runNext(): void {
    if (this.#run !== undefined || this.#isStopped) return;
    while (this.#batches.length > 0 && this.#batches[0].jobIds.every((id) => isOver(this.get(id))))
      this.#batches.shift();
    const batch = this.#batches[0];
    if (batch === undefined) return;
    const jobs = batch.jobIds.map((id) => this.get(id)).filter((job) => !isOver(job));
    const idOf = new Map(jobs.map(({ name, id }) => [name, id]));
    this.#run = this.#options.runner.start(
      { runId: batch.runId, names: [...idOf.keys()] },
      {
        onProgress: (name, progress) => {
          const id = idOf.get(name)!;
          const startedAtMs = this.get(id).startedAtMs ?? this.#options.now();
          this.#change(id, { state: 'running', startedAtMs, progress });
        },
        onOutcome: (name, outcome) => this.#end(idOf.get(name)!, outcome),
      },
    );
    this.#running = this.#run.ended
      .catch((error: unknown) => {
        this.#options.onProblem(error);
        for (const id of idOf.values()) this.#end(id, { error: describeError(error) });
      })
      .then(() => {
        this.#run = undefined;
        this.#batches.shift();
        this.#runNext();
      });
  }

  #end(id: string, outcome: JobOutcome): void {
    if (isOver(this.get(id))) return;
    const endedAtMs = this.#options.now();
    if ('result' in outcome) this.#change(id, { state: 'done', endedAtMs, result: outcome.result });
    else this.#change(id, { state: this.#stateOf(outcome.error), endedAtMs, error: outcome.error });
  }

  #stateOf({ code }: JobError): Job['state'] {
    if (code !== 'INTERRUPTED') return 'failed';
    return this.#isStopped ? 'interrupted' : 'cancelled';
  }

  #change(id: string, change: Partial<Job>): void {
    const index = this.#jobs.findIndex((job) => job.id === id);
    const before = this.#jobs[index];
    const after: Job = { ...before, ...change };
    this.#jobs[index] = after;
    this.#options.onChange(after);
    if (after.state === before.state) return;
    if (isOver(after)) this.#forgetOldest();
    this.#save();
  }

  #forgetOldest(): void {
    let surplus = this.#jobs.filter(isOver).length - KEPT_JOBS;
    this.#jobs = this.#jobs.filter((job) => !isOver(job) || surplus-- <= 0);
  }

  /** Saves follow one another; the newest list is always written last. */
  #save(): void {
    this.#saving = this.#saving
      .then(() => this.#options.store.save(this.#jobs.map((job) => ({ ...job, progress: null }))))
      .catch(this.#options.onProblem);
  }
}

/** Jobs of a run each, in the order of the first. */
function batchesOf(jobs: readonly Job[]): Batch[] {
  const runs = new Map<string, string[]>();
  for (const { runId, id } of jobs) {
    if (runId !== undefined) runs.set(runId, [...(runs.get(runId) ?? []), id]);
  }
  return Array.from(runs, ([runId, jobIds]) => ({ runId, jobIds }));
}
