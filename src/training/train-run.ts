/** The training proper: every stage of the walk-forward and the final refit, or a warm start beside its control. */

import { TradeAiError } from '../core/errors.js';
import { leakErrorOf } from '../evaluation/audit/report.js';
import type { LstmModel } from '../forecast/lstm-forecaster.js';
import { type EnsembleHooks, type EnsembleOptions, startEnsemble, trainEnsembles } from '../lstm/ensemble.js';
import type { MemberProgress } from '../lstm/trainer.js';
import type { WarmStartReport } from '../versions/train-report.js';
import { auditTraining } from './audit-training.js';
import { type PreparedTraining, prepareTraining } from './prepare.js';
import type { TrainingRun } from './run.js';
import { RunCheckpoint } from './run-checkpoint.js';
import { describeStage, ensembleOptionsOf, modelOf, stagesOf } from './stages.js';
import type { TrainStage } from './train-hooks.js';
import { trainWarm } from './warm-start.js';

/** What came out of it. */
export interface TrainedNetworks {
  /** One a stage; the last one serves. */
  readonly models: readonly LstmModel[];
  readonly trained: readonly (readonly MemberProgress[])[];
  readonly prepared: PreparedTraining;
  readonly seconds: number;
  readonly sequences: number;
  readonly warmStart?: WarmStartReport;
  /** Absent for an evaluation, and for a warm start, which is too short to be kept. */
  readonly checkpoint?: RunCheckpoint;
}

/** @throws TradeAiError `CANDLES_TOO_FEW`, `LEAK_FOUND`; `INTERRUPTED` after the progress has been kept */
export async function trainRun(run: TrainingRun): Promise<TrainedNetworks> {
  const { config, collected, ports, hooks, stopped } = run;
  if (config.warmStartVersion !== undefined) return trainWarmRun(run, config.warmStartVersion);
  const { series, inputs } = collected;
  const prepared = prepareTraining(series, config);
  const leak = leakErrorOf(auditTraining(series, config, prepared, { nowMs: ports.now(), inputs }, ports.now));
  if (leak !== undefined) throw leak;
  const stages = stagesOf(prepared);
  const ensembles = stages.map((fold) => ensembleOptionsOf(config, prepared.dataset, fold));
  const start = stopped?.ensembles ?? ensembles.map(startEnsemble);
  tellStart(
    run,
    stages.map((fold, index) => describeStage(fold, index, prepared.folds.length, start[index])),
    prepared.warnings,
  );
  const checkpoint =
    run.record && new RunCheckpoint({ record: run.record, context: { config, data: run.data }, start, ports });
  const startedMs = ports.now();
  const trained = await trainStages({ run, ensembles, start, checkpoint });
  const seconds = (ports.now() - startedMs) / 1000;
  hooks.onJudge?.();
  return {
    models: trained.map((members, index) => modelOf(config, stages[index], members)),
    trained,
    prepared,
    seconds,
    sequences: countSequences(trained, start, prepared),
    checkpoint,
  };
}

async function trainWarmRun(run: TrainingRun, fromVersion: number): Promise<TrainedNetworks> {
  const { config, collected, ports, engine, hooks } = run;
  const startedMs = ports.now();
  const { prepared, model, members, sequences, report } = await trainWarm({
    collected,
    config,
    fromVersion,
    engine,
    ports,
    hooks: { ...hooks, onPlan: (stages) => tellStart(run, stages, []) },
  });
  const seconds = (ports.now() - startedMs) / 1000;
  return { models: [model], trained: [members], prepared, seconds, sequences, warmStart: report };
}

function tellStart(
  { config, data, engine, hooks, warnings: ofCandles }: TrainingRun,
  stages: readonly TrainStage[],
  warnings: readonly string[],
): void {
  hooks.onStart?.({
    config,
    data,
    engineDescription: engine.description,
    stages,
    notices: [...ofCandles, ...warnings],
  });
}

interface StageTraining {
  readonly run: TrainingRun;
  readonly ensembles: readonly EnsembleOptions[];
  readonly start: readonly (readonly MemberProgress[])[];
  readonly checkpoint: RunCheckpoint | undefined;
}

/** Trains every stage; an interruption keeps the progress made as a checkpoint. */
async function trainStages({ run, ensembles, start, checkpoint }: StageTraining): Promise<MemberProgress[][]> {
  const { engine, hooks } = run;
  const ensembleHooks: EnsembleHooks = {
    signal: hooks.signal,
    onBatch: hooks.onBatch,
    onEpoch: (index, progress) => {
      checkpoint?.update(index, progress);
      hooks.onEpoch?.(index, progress);
    },
  };
  try {
    return await trainEnsembles(engine, ensembles, ensembleHooks, start);
  } catch (cause) {
    if (!(cause instanceof TradeAiError)) throw cause;
    // It would diverge again in the same place.
    if (cause.code === 'TRAINING_DIVERGED') await checkpoint?.discard();
    if (cause.code !== 'INTERRUPTED') throw cause;
    if (checkpoint === undefined) {
      throw new TradeAiError('INTERRUPTED', 'interrupted; nothing is kept of an evaluation', { cause });
    }
    if (checkpoint.epochsRun === 0) {
      throw new TradeAiError('INTERRUPTED', 'interrupted before the first epoch was done; nothing was kept', { cause });
    }
    await checkpoint.flush();
    throw new TradeAiError('INTERRUPTED', `interrupted after ${checkpoint.epochsRun} epochs; they are kept`, {
      commandHint: checkpoint.hint,
      cause,
    });
  }
}

/** Sequences that all stages trained on in this run. */
function countSequences(
  trained: readonly (readonly MemberProgress[])[],
  start: readonly (readonly MemberProgress[])[],
  prepared: PreparedTraining,
): number {
  let sequences = 0;
  for (const [index, { rows }] of stagesOf(prepared).entries()) {
    for (const [member, { epochsRun }] of trained[index].entries()) {
      sequences += (epochsRun - start[index][member].epochsRun) * rows.train.length;
    }
  }
  return sequences;
}
