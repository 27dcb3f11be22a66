/** Trainings that were stopped, and what they have published already. */

import type { Collected, CollectHooks } from '../candles/collect.js';
import { TradeAiError } from '../core/errors.js';
import type { ModelConfig } from '../options/model-config.js';
import { type TrainOptions, trainFlagsOf } from '../options/train-options.js';
import type { RunRecord, StoredRun } from '../ports/checkpoint-store.js';
import type { Ports } from '../ports/ports.js';
import type { ModelVersion } from '../ports/registry.js';
import { collectAgain } from './collect-again.js';
import { hashOptions } from './run.js';
import { encodeStopped, loadStoppedTraining, type StoppedTraining } from './run-checkpoint.js';

/**
 * The stopped `train` of a name to go on with: the one with that id, else the newest.
 *
 * @returns with the ids of the other ones, newest first
 * @throws TradeAiError `CHECKPOINT_NOT_FOUND` telling what there is
 */
export async function findStoppedTraining(
  name: string,
  runId: string | undefined,
  ports: Pick<Ports, 'checkpoints' | 'registry'>,
): Promise<{ readonly run: StoredRun; readonly others: readonly string[] }> {
  const all = await ports.checkpoints.listRuns();
  const ofName = all.filter((run) => isTrainingAlone(run) && run.names.includes(name)).reverse();
  const stopped: StoredRun[] = [];
  for (const run of ofName) {
    if (run.isRunning) continue;
    const isOfUse = run.checkpoints.includes(name) || (await findVersionOf(run, name, ports)) !== undefined;
    if (isOfUse) stopped.push(run);
  }
  const run = runId === undefined ? stopped[0] : stopped.find(({ id }) => id === runId);
  if (run !== undefined) return { run, others: stopped.filter(({ id }) => id !== run.id).map(({ id }) => id) };
  if (runId !== undefined && stopped.length > 0) {
    throw new TradeAiError(
      'CHECKPOINT_NOT_FOUND',
      `there is no stopped training ${runId} of ${name}; there are ${stopped.map(({ id }) => id).join(', ')}`,
      { commandHint: `go on with the newest: \`tradeai train --name ${name} --resume\`` },
    );
  }
  if (ofName.some(({ isRunning }) => isRunning)) {
    throw new TradeAiError('CHECKPOINT_NOT_FOUND', `the training of ${name} is under way in another process`, {
      hint: 'wait for it, or stop it first',
    });
  }
  const together = all.find(({ kind, names }) => kind === 'train' && names.includes(name))?.names.join(', ');
  if (together !== undefined) {
    throw new TradeAiError('CHECKPOINT_NOT_FOUND', `${name} was stopped in a training of ${together} together`, {
      commandHint: 'give that command once more, with --resume',
    });
  }
  throw new TradeAiError('CHECKPOINT_NOT_FOUND', `there is no stopped training of ${name} to resume`, {
    commandHint: `start one with \`tradeai train ${trainFlagsOf(name).join(' ')}\``,
  });
}

/** Whether a run is the training of one name by itself: `train` of several is a run of its own kind to go on with. */
export function isTrainingAlone({ kind, names }: RunRecord): boolean {
  return kind === 'train' && names.length === 1;
}

/** Options with what the candles decided when they were trained with, to be compared with the config of that training. */
export function completeOptions(options: TrainOptions, config: ModelConfig): TrainOptions {
  const { name, interval, source, warmStartVersion } = config;
  return { ...{ name, interval, source, warmStartVersion }, ...options };
}

export interface NameChoice {
  readonly name: string;
  /** With which it is trained now. */
  readonly options: TrainOptions;
  /** The run it is trained in; progress of another stopped one becomes its own. */
  readonly record: RunRecord;
  readonly ports: Ports;
  readonly hooks: CollectHooks;
}

export interface StoppedName {
  /** Absent where there is nothing to go on from. */
  readonly stopped?: { readonly training: StoppedTraining; readonly collected: Collected };
  /** What became of the progress that was kept. */
  readonly notices: readonly string[];
}

/**
 * The progress of a name in a stopped run, with the candles it is of; of a retraining in any. What cannot be gone on with,
 * because the options or the candles are others now, is forgotten and told.
 */
export async function findStoppedName({ name, options, record, ports, hooks }: NameChoice): Promise<StoppedName> {
  const { checkpoints } = ports;
  const { kind } = record;
  const runs = (await checkpoints.listRuns()).filter(
    (run) => run.kind === kind && !run.isRunning && run.checkpoints.includes(name),
  );
  const run = runs.find(({ id }) => id === record.id) ?? (kind === 'retrain' ? runs.at(-1) : undefined);
  if (run === undefined) return { notices: [] };
  const key = { runId: run.id, name };
  const forget = async () => {
    if (run.id !== record.id && run.names.length === 1) await checkpoints.end(run.id);
    else await checkpoints.remove(key);
  };
  try {
    const training = await loadStoppedTraining(ports, key);
    const isRetraining = kind === 'retrain';
    if (
      hashOptions(training.config) !== hashOptions(isRetraining ? options : completeOptions(options, training.config))
    ) {
      const whose = isRetraining ? 'its champion has' : 'it has';
      throw new TradeAiError('MODEL_MISMATCH', `${whose} other options now`);
    }
    const { interval } = training.config;
    const collected = await collectAgain({ ...training.config, ...options, interval }, training.data, ports, hooks);
    if (run.id !== record.id) {
      await checkpoints.save({ runId: record.id, name }, encodeStopped(training));
      await forget();
    }
    const until = new Date(training.data.lastOpenTimeMs).toISOString();
    const note = `goes on with a ${isRetraining ? 're' : ''}training that was stopped, on its candles up to ${until}; newer ones are for the next`;
    return { stopped: { training, collected }, notices: [note] };
  } catch (error) {
    if (!(error instanceof TradeAiError) || error.kind === 'interrupted' || error.kind === 'failure') throw error;
    await forget();
    return {
      notices: [`a ${kind === 'retrain' ? 're' : ''}training that was stopped was begun anew: ${error.message}`],
    };
  }
}

/** The version that a run has published of a name already. */
export async function findVersionOf(
  { id }: Pick<RunRecord, 'id'>,
  name: string,
  { registry }: Pick<Ports, 'registry'>,
): Promise<ModelVersion | undefined> {
  for (const version of (await registry.listVersions(name)).reverse()) {
    const manifest = await registry.readManifest(name, version).catch(ignoreDamage);
    if (manifest?.run?.id === id) return registry.load(name, version);
  }
  return undefined;
}

/** Forgets the stopped `train` runs of a name that have nothing to go on with: they have published, or kept nothing. */
export async function forgetFinished(name: string, ports: Pick<Ports, 'checkpoints' | 'registry'>): Promise<void> {
  for (const run of await ports.checkpoints.listRuns()) {
    if (run.isRunning || !isTrainingAlone(run) || !run.names.includes(name)) continue;
    const isFinished = run.checkpoints.length === 0 || (await findVersionOf(run, name, ports)) !== undefined;
    if (isFinished) await ports.checkpoints.end(run.id);
  }
}

/** Leaves a run that failed to whoever goes on with it; forgets it where it has neither kept nor published anything. */
export async function leaveRun(record: RunRecord, ports: Pick<Ports, 'checkpoints' | 'registry'>): Promise<void> {
  const { checkpoints } = ports;
  const run = (await checkpoints.listRuns()).find(({ id }) => id === record.id);
  let isOfUse = run !== undefined && run.checkpoints.length > 0;
  for (const name of record.names) isOfUse ||= (await findVersionOf(record, name, ports)) !== undefined;
  if (isOfUse) await checkpoints.leave(record);
  else await checkpoints.end(record.id);
}

function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof TradeAiError && error.kind === 'model')) throw error;
}
