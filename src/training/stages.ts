/** The stages of a training: one network ensemble for each fold, and one for the final refit. */

import type { Dataset } from '../dataset/dataset.js';
import { applyScaler } from '../dataset/scaler.js';
import type { LstmModel } from '../forecast/lstm-forecaster.js';
import { type EnsembleOptions, roundWeights } from '../lstm/ensemble.js';
import type { MemberProgress } from '../lstm/trainer.js';
import type { FeatureOptions, ModelOptions, TrainingOptions } from '../options/train-options.js';
import { architectureOf } from '../versions/model-files.js';
import type { PreparedFold, PreparedTraining } from './prepare.js';
import type { TrainStage } from './train-hooks.js';

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** The folds, then the final refit: the model that serves is the last one. */
export function stagesOf({ folds, finalRefit }: PreparedTraining): PreparedFold[] {
  return finalRefit ? [...folds, finalRefit] : [...folds];
}

/** A stage for people. */
export function describeStage(
  { rows }: PreparedFold,
  index: number,
  foldCount: number,
  start: readonly MemberProgress[],
): TrainStage {
  return {
    label: index < foldCount ? `fold ${index + 1}/${foldCount}` : 'final refit',
    trainRows: rows.train.length,
    validationRows: rows.validation.length,
    testRows: rows.test.length,
    epochsRun: start.map((member) => member.epochsRun),
  };
}

/** The ensemble of one stage: what the options and the prepared rows make of it. */
export function ensembleOptionsOf(
  config: FeatureOptions & ModelOptions & TrainingOptions,
  dataset: Dataset,
  { scaler, rows }: PreparedFold,
): EnsembleOptions {
  return {
    trainer: {
      architecture: architectureOf(config),
      epochs: config.epochs,
      batchSize: config.batch,
      learningRate: config.lr,
      schedule: config.schedule,
      patience: config.patience,
    },
    data: { scaleFeatures: () => applyScaler(scaler, dataset.matrix), targets: dataset.target.scaled },
    network: {
      windowRows: config.window,
      loss: config.loss,
      dropout: config.dropout,
      gradientClipNorm: config.clip,
      adam: { ...ADAM, weightDecay: config.weightDecay },
    },
    rows,
    seeds: Array.from({ length: config.members }, (_, member) => config.seed + member),
  };
}

/** The trained model of one stage, its weights rounded to float32 as they are published. */
export function modelOf(
  config: FeatureOptions & ModelOptions,
  { scaler }: PreparedFold,
  members: readonly MemberProgress[],
): LstmModel {
  return {
    architecture: architectureOf(config),
    windowRows: config.window,
    scaler,
    memberWeights: members.map((member) => roundWeights(member.bestWeights)),
  };
}
