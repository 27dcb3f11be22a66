/** The main use case: collect, build, train, judge, save, promote. */

import { collectCandles, keepFileCandles } from '../candles/collect.js';
import { modelNameOf, type TrainOptions } from '../options/train-options.js';
import type { RunRecord } from '../ports/checkpoint-store.js';
import type { Ports } from '../ports/ports.js';
import { bindConfig } from '../versions/load-model.js';
import type { TrainReport } from '../versions/train-report.js';
import { collectAgain } from './collect-again.js';
import { decideRun, describeUndecided } from './decide-run.js';
import { judgeRun } from './judge-run.js';
import { publishRun, type UndecidedVersion } from './publish.js';
import { isRunOlderThan, makeRunId, openRun, type RunRequest } from './run.js';
import { loadStoppedTraining } from './run-checkpoint.js';
import { findStoppedTraining, findVersionOf, forgetFinished, leaveRun } from './stopped-runs.js';
import type { TrainHooks } from './train-hooks.js';
import { trainRun } from './train-run.js';
import { requireTrainingMemory } from './training-budget.js';

/**
 * Trains a model and publishes it as a new version.
 *
 * @throws TradeAiError of every kind; `INTERRUPTED` after a checkpoint has been kept
 */
export async function trainModel(options: TrainOptions, ports: Ports, hooks: TrainHooks = {}): Promise<TrainReport> {
  requireTrainingMemory(options);
  const collected = await collectCandles(options, ports, hooks);
  const name = modelNameOf(collected.series.symbol, collected.series.interval, options.name);
  await forgetFinished(name, ports);
  const record: RunRecord = { id: makeRunId(ports.now()), kind: 'train', names: [name], startedBy: 'person' };
  return holdRun(record, ports, async () => {
    const version = await publishTrained({ options, collected, ports, hooks, record });
    return decideAlone(record, version, ports);
  });
}

export interface ResumeChoice {
  readonly name: string;
  /** Of several stopped trainings; the newest when absent. */
  readonly runId?: string;
}

/**
 * Goes on with a training that was stopped; the weights are those of one that never stopped.
 *
 * @throws TradeAiError `CHECKPOINT_NOT_FOUND`; `CANDLES_INVALID` when the candles have changed since
 */
export async function resumeTraining(
  { name, runId }: ResumeChoice,
  ports: Ports,
  hooks: TrainHooks = {},
): Promise<TrainReport> {
  const { run: record, others } = await findStoppedTraining(name, runId, ports);
  return holdRun(record, ports, async () => {
    const published = await findVersionOf(record, name, ports);
    if (published !== undefined) return decideAlone(record, describeUndecided(published), ports);
    const stopped = await loadStoppedTraining(ports, { runId: record.id, name });
    const options = await bindConfig(stopped.config, ports);
    const collected = await collectAgain(options, stopped.data, ports, hooks);
    const told = tellMore(hooks, describeChoice(record, others));
    const version = await publishTrained({ options, collected, ports, hooks: told, record, stopped });
    return decideAlone(record, version, ports);
  });
}

/** Trains, judges and publishes one name; when publishing fails its progress is kept. */
export async function publishTrained(request: RunRequest): Promise<UndecidedVersion> {
  const run = await openRun(request);
  // Before the work, which may be stopped and gone on with: candles that contradict what is stored are none of this model.
  await keepFileCandles(request.collected, request.ports);
  const networks = await trainRun(run);
  const judged = await judgeRun(run, networks);
  try {
    return await publishRun(run, judged);
  } catch (error) {
    await networks.checkpoint?.flush().catch(() => undefined);
    throw error;
  }
}

/** Holds a run while it is worked on: it is over when the work is done, and can be gone on with when that fails. */
async function holdRun<Result>(record: RunRecord, ports: Ports, work: () => Promise<Result>): Promise<Result> {
  await ports.checkpoints.begin(record);
  try {
    const result = await work();
    await ports.checkpoints.end(record.id);
    return result;
  } catch (error) {
    await leaveRun(record, ports).catch(() => undefined);
    throw error;
  }
}

async function decideAlone(record: RunRecord, version: UndecidedVersion, ports: Ports): Promise<TrainReport> {
  const [outcome] = await decideRun({ record, versions: [version], ports });
  if ('error' in outcome) throw outcome.error;
  return outcome.report;
}

function describeChoice({ id }: RunRecord, others: readonly string[]): string[] {
  const notes: string[] = [];
  if (isRunOlderThan(id, 0)) notes.push('goes on with a training that an older version of this program stopped');
  if (others.length > 0) {
    const are = others.length === 1 ? 'training is' : 'trainings are';
    notes.push(`${others.length} more stopped ${are} kept, --resume ID goes on with one of them: ${others.join(', ')}`);
  }
  return notes;
}

function tellMore(hooks: TrainHooks, notes: readonly string[]): TrainHooks {
  return { ...hooks, onStart: (start) => hooks.onStart?.({ ...start, notices: [...start.notices, ...notes] }) };
}
