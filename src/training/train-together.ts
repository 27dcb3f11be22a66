/** Training several names in one run: what was asked for together is tested together. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Collected, collectCandles } from '../candles/collect.js';
import { TradeAiError, throwIfAborted } from '../core/errors.js';
import type { TrainOptions } from '../options/train-options.js';
import type { RunKind, RunRecord } from '../ports/checkpoint-store.js';
import type { Ports } from '../ports/ports.js';
import type { ModelVersion } from '../ports/registry.js';
import { decodeModel } from '../versions/model-files.js';
import { decideRun, describeUndecided, type RunOutcome } from './decide-run.js';
import type { UndecidedVersion } from './publish.js';
import { hashOptions, isRunOlderThan, LONGEST_PAUSE_MS, makeRunId } from './run.js';
import { completeOptions, findStoppedName, findVersionOf, isTrainingAlone, leaveRun } from './stopped-runs.js';
import { publishTrained } from './train.js';
import type { TrainHooks } from './train-hooks.js';

/** Half a minute in all. */
const FORMER_PROCESS_LOOKS = 300;
const FORMER_PROCESS_LOOK_MS = 100;

export interface TogetherRequest {
  readonly kind: RunKind;
  readonly names: readonly string[];
  /** With which a name is trained. */
  readonly optionsOf: (name: string) => Promise<TrainOptions>;
  /** Whether a stopped run of the same names is gone on with. */
  readonly isResumed: boolean;
  /** Of the queue of jobs: the run to begin, or to go on with where it was stopped. */
  readonly runId?: string;
  /** Fencing tokens of names: a version is refused when its name has been claimed since. */
  readonly claims?: ReadonlyMap<string, number>;
  readonly ports: Ports;
}

export interface TogetherHooks {
  /** Stops everything. */
  readonly signal?: AbortSignal;
  /** What the training of one name tells; its own signal stops that name only. */
  readonly hooksOf?: (name: string) => TrainHooks;
  /** Called when a name's turn comes; without a name when the decision on all of them begins. */
  readonly onTurn?: (name?: string) => void;
  /** Called once a name, as soon as it is known what became of it. */
  readonly onOutcome?: (outcome: RunOutcome) => void;
}

/**
 * Trains every name and publishes each version as soon as it is trained. When all are, their p-values against no change are
 * adjusted together (Holm), so that twenty pairs do not find one lucky champion, and those that deserve it are promoted. A
 * name that fails does not stop the others.
 *
 * @throws TradeAiError `INTERRUPTED`; the run is kept then, to be gone on with
 */
export async function trainTogether(
  request: TogetherRequest,
  { signal, hooksOf = () => ({ signal }), onTurn, onOutcome }: TogetherHooks = {},
): Promise<RunOutcome[]> {
  const { names, runId, ports } = request;
  if (runId !== undefined) await waitForFormerProcess(runId, ports, signal);
  const { record, isStopped } = await openRecord(request);
  const hooks = new Map(names.map((name) => [name, hooksOf(name)]));
  const outcomes = new Map<string, RunOutcome>();
  const settle = (outcome: RunOutcome) => {
    outcomes.set(outcome.name, outcome);
    onOutcome?.(outcome);
  };
  await ports.checkpoints.begin(record);
  try {
    const versions: UndecidedVersion[] = [];
    for (const name of record.names) {
      throwIfAborted(signal);
      if (names.includes(name)) onTurn?.(name);
      try {
        const published = isStopped ? await findPublished(request, record, name) : undefined;
        if (published !== undefined) versions.push(describeUndecided(published));
        else if (names.includes(name))
          versions.push(await trainName(request, { name, record, hooks: hooks.get(name)! }));
      } catch (error) {
        if (signal?.aborted) throw error;
        settle({ name, error });
      }
    }
    onTurn?.();
    const isCancelled = (name: string) => hooks.get(name)?.signal?.aborted === true;
    const isOver = (name: string) => !names.includes(name);
    for (const outcome of await decideRun({ record, versions, ports, isOver, isCancelled })) {
      settle(isCancelled(outcome.name) ? toCancelled(outcome) : outcome);
    }
    await finish(record, outcomes, ports);
  } catch (error) {
    await leaveRun(record, ports).catch(() => undefined);
    throw error;
  }
  return names.map((name) => outcomes.get(name)!);
}

/**
 * Waits, for a while, for whoever has a run of the queue: the process of a server that was killed, which keeps its progress
 * before it ends.
 */
async function waitForFormerProcess(
  runId: string,
  { checkpoints }: Ports,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let look = 0; look < FORMER_PROCESS_LOOKS; look++) {
    if (!(await checkpoints.isRunning(runId))) return;
    throwIfAborted(signal);
    await delay(FORMER_PROCESS_LOOK_MS);
  }
}

/** The run to go on with, or a new one. @throws TradeAiError `CHECKPOINT_NOT_FOUND` */
async function openRecord({
  kind,
  names,
  runId,
  isResumed,
  ports,
}: TogetherRequest): Promise<{ record: RunRecord; isStopped: boolean }> {
  const isSame = (run: RunRecord) =>
    runId === undefined
      ? run.startedBy === 'person' && [...run.names].sort().join() === [...names].sort().join()
      : run.id === runId;
  const oldestMs = ports.now() - LONGEST_PAUSE_MS;
  let record: RunRecord | undefined;
  for (const run of await ports.checkpoints.listRuns()) {
    if (run.kind !== kind || run.isRunning || isTrainingAlone(run)) continue;
    if (isRunOlderThan(run.id, oldestMs) || (isSame(run) && !isResumed)) await ports.checkpoints.end(run.id);
    else if (isSame(run)) record = run;
  }
  if (record !== undefined) return { record, isStopped: true };
  if (kind === 'train' && isResumed) {
    throw new TradeAiError('CHECKPOINT_NOT_FOUND', `there is no stopped training of ${names.join(', ')} together`, {
      commandHint: 'start one without --resume, or name the symbols of the one that was stopped',
    });
  }
  const id = runId ?? makeRunId(ports.now());
  return {
    record: { id, kind, names: [...new Set(names)], startedBy: runId === undefined ? 'person' : 'queue' },
    isStopped: false,
  };
}

/** The version that a stopped run has published of a name; of a training only one of the options it is asked for with now. */
async function findPublished(
  { kind, optionsOf, ports }: TogetherRequest,
  record: RunRecord,
  name: string,
): Promise<ModelVersion | undefined> {
  const published = await findVersionOf(record, name, ports);
  if (published === undefined || kind === 'retrain') return published;
  const { config } = decodeModel(published);
  return hashOptions(completeOptions(await optionsOf(name), config)) === hashOptions(config) ? published : undefined;
}

interface NameInRun {
  readonly name: string;
  readonly record: RunRecord;
  readonly hooks: TrainHooks;
}

/** Trains and publishes one name; with the progress of a stopped run of the same options, where there is any. */
async function trainName(
  { optionsOf, claims, ports }: TogetherRequest,
  { name, record, hooks }: NameInRun,
): Promise<UndecidedVersion> {
  const options = await optionsOf(name);
  const { stopped, notices } = await findStoppedName({ name, options, record, ports, hooks });
  const collected: Collected = stopped?.collected ?? (await collectCandles(options, ports, hooks));
  const version = await publishTrained({
    options,
    collected: { ...collected, notices: [...collected.notices, ...notices] },
    ports,
    hooks,
    record,
    stopped: stopped?.training,
    claim: claims?.get(name),
  });
  await ports.checkpoints.remove({ runId: record.id, name });
  return version;
}

/** Keeps a run for the names that were stopped, or whose process died, and can go on; forgets it when there are none. */
async function finish(
  record: RunRecord,
  outcomes: ReadonlyMap<string, RunOutcome>,
  { checkpoints }: Ports,
): Promise<void> {
  const kept = (await checkpoints.listRuns()).find(({ id }) => id === record.id)?.checkpoints ?? [];
  const stopped = kept.filter((name) => !outcomes.has(name) || isInterruption(outcomes.get(name)));
  if (stopped.length === 0) await checkpoints.end(record.id);
  else await checkpoints.leave({ ...record, names: stopped });
}

function isInterruption(outcome: RunOutcome | undefined): boolean {
  if (outcome === undefined || !('error' in outcome)) return false;
  return outcome.error instanceof TradeAiError && outcome.error.code === 'INTERRUPTED';
}

function toCancelled(outcome: RunOutcome): RunOutcome {
  const { name } = outcome;
  const what = 'report' in outcome ? `: version ${outcome.report.version} is published, and was not promoted` : '';
  return { name, error: new TradeAiError('INTERRUPTED', `cancelled when ${name} was trained already${what}`) };
}
