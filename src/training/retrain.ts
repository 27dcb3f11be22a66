/** Judging and training again what the registry holds: each name with the options of its champion, on its newest candles. */

import { setTimeout as delay } from 'node:timers/promises';
import { collectCandles } from '../candles/collect.js';
import { TradeAiError, throwIfAborted } from '../core/errors.js';
import { decideVerdict } from '../evaluation/verdict.js';
import type { ModelConfig } from '../options/model-config.js';
import type { RunRecord } from '../ports/checkpoint-store.js';
import type { Ports } from '../ports/ports.js';
import { loadModel } from '../versions/load-model.js';
import type { TrainReport } from '../versions/train-report.js';
import { decideRun, describeUndecided, type RunOutcome } from './decide-run.js';
import { judgeRun } from './judge-run.js';
import { reportOf, type UndecidedVersion } from './publish.js';
import { isRunOlderThan, LONGEST_PAUSE_MS, makeRunId, openRun, type RunRequest } from './run.js';
import { findStoppedRetraining, findVersionOf, leaveRun } from './stopped-runs.js';
import { publishTrained } from './train.js';
import type { TrainHooks } from './train-hooks.js';
import { trainRun } from './train-run.js';

/** Half a minute in all. */
const FORMER_PROCESS_LOOKS = 300;
const FORMER_PROCESS_LOOK_MS = 100;

export interface AgainOptions {
  /** A file in place of the store; for one name only. */
  readonly data?: string;
  /** Zone of its times that tell no offset; that of the training when absent. */
  readonly timeZone?: string;
  readonly offline: boolean;
}

export interface RetrainOptions extends AgainOptions {
  /** Of the queue of jobs: the run to begin, or to go on with where it was stopped. */
  readonly runId?: string;
  /** Whether a champion that was trained offline, or from a file, is trained again from what is stored. */
  readonly prefersStored?: boolean;
  /** Fencing tokens of names: a version is refused when its name has been claimed since. */
  readonly claims?: ReadonlyMap<string, number>;
}

/**
 * Judges the options of a champion again on its newest candles; nothing is published, and nothing kept when it is stopped.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`; what training throws
 */
export async function evaluateAgain(
  name: string,
  again: AgainOptions,
  ports: Ports,
  hooks: TrainHooks = {},
): Promise<TrainReport> {
  const options = await optionsOfChampion(name, again, ports);
  const collected = await collectCandles(options, ports, hooks);
  const run = await openRun({ options, collected, ports, hooks });
  const judged = await judgeRun(run, await trainRun(run));
  const why = 'judged only: nothing was published';
  const report = reportOf(judged, decideVerdict(judged.judged.skill), { isPromoted: false, reasons: [why] });
  const { weightsSha256 } = report.artifacts;
  return { ...report, artifacts: { model: null, scaler: null, featureNames: null, weightsSha256, reason: why } };
}

export type RetrainOutcome = RunOutcome;

export interface RetrainHooks {
  /** Stops everything. */
  readonly signal?: AbortSignal;
  /** What the training of one name tells; its own signal stops that name only. */
  readonly hooksOf?: (name: string) => TrainHooks;
  /** Called when a name's turn comes; without a name when the decision on all of them begins. */
  readonly onTurn?: (name?: string) => void;
  /** Called once a name, as soon as it is known what became of it. */
  readonly onOutcome?: (outcome: RetrainOutcome) => void;
}

/**
 * Trains every name anew and publishes each version as soon as it is trained. When all are, their p-values against no
 * change are adjusted together (Holm), so that twenty pairs do not find one lucky champion, and those that deserve it are
 * promoted. A name that fails does not stop the others. A run that was stopped goes on where it was.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND` without a name; `INTERRUPTED`
 */
export async function retrain(
  names: readonly string[],
  options: RetrainOptions,
  ports: Ports,
  { signal, hooksOf = () => ({ signal }), onTurn, onOutcome }: RetrainHooks = {},
): Promise<RetrainOutcome[]> {
  if (names.length === 0) {
    throw new TradeAiError('MODEL_NOT_FOUND', 'there is no model to train again', {
      commandHint: 'train one with `tradeai train --symbol BTCUSDT`',
    });
  }
  if (options.data !== undefined && names.length > 1) {
    throw new TradeAiError('USAGE', `a file has the candles of one model, was asked for ${names.join(', ')}`, {
      commandHint: 'name the model in place of --all, or store the files first with `tradeai data import FILE`',
    });
  }
  if (options.runId !== undefined) await waitForFormerProcess(options.runId, ports, signal);
  const { record, isStopped } = await openRecord(names, options, ports);
  const hooks = new Map(names.map((name) => [name, hooksOf(name)]));
  const outcomes = new Map<string, RetrainOutcome>();
  const settle = (outcome: RetrainOutcome) => {
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
        const published = isStopped ? await findVersionOf(record, name, ports) : undefined;
        if (published !== undefined) versions.push(describeUndecided(published));
        else if (names.includes(name)) {
          versions.push(await trainAgain({ name, options, ports, record, hooks: hooks.get(name)! }));
        }
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

/** The run to go on with, or a new one. */
async function openRecord(
  names: readonly string[],
  { runId }: RetrainOptions,
  ports: Ports,
): Promise<{ record: RunRecord; isStopped: boolean }> {
  const isSame = (run: RunRecord) =>
    runId === undefined
      ? run.startedBy === 'person' && [...run.names].sort().join() === [...names].sort().join()
      : run.id === runId;
  const oldestMs = ports.now() - LONGEST_PAUSE_MS;
  let record: RunRecord | undefined;
  for (const run of await ports.checkpoints.listRuns()) {
    if (run.kind !== 'retrain' || run.isRunning) continue;
    if (isRunOlderThan(run.id, oldestMs)) await ports.checkpoints.end(run.id);
    else if (isSame(run)) record = run;
  }
  if (record !== undefined) return { record, isStopped: true };
  const id = runId ?? makeRunId(ports.now());
  return {
    record: { id, kind: 'retrain', names: [...new Set(names)], startedBy: runId === undefined ? 'person' : 'queue' },
    isStopped: false,
  };
}

interface NameAgain {
  readonly name: string;
  readonly options: RetrainOptions;
  readonly ports: Ports;
  readonly record: RunRecord;
  readonly hooks: TrainHooks;
}

/** Trains and publishes one name; with the progress of a stopped retraining of the same options, where there is any. */
async function trainAgain({ name, options: again, ports, record, hooks }: NameAgain): Promise<UndecidedVersion> {
  const options = await optionsOfChampion(name, again, ports);
  const claim = again.claims?.get(name);
  const { stopped, notices } = await findStoppedRetraining({ name, options, record, ports, hooks });
  const collected = stopped?.collected ?? (await collectCandles(options, ports, hooks));
  const request: RunRequest = {
    options,
    collected: { ...collected, notices: [...collected.notices, ...notices] },
    ports,
    hooks,
    record,
    stopped: stopped?.training,
    claim,
  };
  const version = await publishTrained(request);
  await ports.checkpoints.remove({ runId: record.id, name });
  return version;
}

async function optionsOfChampion(
  name: string,
  { data, timeZone, offline, prefersStored = false }: AgainOptions & Pick<RetrainOptions, 'prefersStored'>,
  ports: Ports,
): Promise<ModelConfig> {
  const { config } = await loadModel(ports, name);
  // What was open-ended then reaches to the newest candle now.
  if (prefersStored) return { ...config, data, offline: offline || config.offline };
  return { ...config, data: data ?? config.data, timeZone: timeZone ?? config.timeZone, offline };
}

/** Keeps a run for the names that were stopped, or whose process died, and can go on; forgets it when there are none. */
async function finish(
  record: RunRecord,
  outcomes: ReadonlyMap<string, RetrainOutcome>,
  { checkpoints }: Ports,
): Promise<void> {
  const kept = (await checkpoints.listRuns()).find(({ id }) => id === record.id)?.checkpoints ?? [];
  const stopped = kept.filter((name) => !outcomes.has(name) || isInterruption(outcomes.get(name)));
  if (stopped.length === 0) await checkpoints.end(record.id);
  else await checkpoints.leave({ ...record, names: stopped });
}

function isInterruption(outcome: RetrainOutcome | undefined): boolean {
  if (outcome === undefined || !('error' in outcome)) return false;
  return outcome.error instanceof TradeAiError && outcome.error.code === 'INTERRUPTED';
}

function toCancelled(outcome: RetrainOutcome): RetrainOutcome {
  const { name } = outcome;
  const what = 'report' in outcome ? `: version ${outcome.report.version} is published, and was not promoted` : '';
  return { name, error: new TradeAiError('INTERRUPTED', `cancelled when ${name} was trained already${what}`) };
}
