/** Did the network learn its train rows by heart? */

import { mean } from '../core/statistics.js';
import { countWeights } from '../lstm/weights.js';
import { counted, figure, percent, ratio } from '../text/sentences.js';
import type { ExaminedData } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';
import { type OptionChanges, trainCommand } from './fix-command.js';
import { readLossCurves } from './loss-curves.js';
import { type CheckResult, fault, pass, skip } from './report.js';

/**
 * Validation loss minus train loss at the end, each over the loss of no change. Real hourly candles hold 0.2 to 0.5 %
 * to learn: a gap of 5 % is ten times that of noise learned by heart, 25 % is a quarter of all the noise there is.
 */
const GAP = { warning: 0.05, problem: 0.25 } as const;
/** What is learned by heart shows in the train loss; where less than this part of the gap does, steps were too large. */
const LEARNED_SHARE = 0.3;
/** More weights than half the rows can hold the rows instead of a rule. */
const MANY_WEIGHTS_PER_ROW = 0.5;
const FEW_ROWS = 5_000;
const LOW_DROPOUT = 0.2;
const LONG_PATIENCE = 10;
const SHORT_PATIENCE = 5;
const HIDDEN_CHOICES = [256, 128, 64, 32, 16, 8, 4];

export function checkOverfitting(model: ExaminedModel, data: ExaminedData): CheckResult {
  const curves = readLossCurves(model, data);
  if (curves === undefined) return skip('overfitting', 'the version has no report.json with its losses');
  const { lstm } = model;
  const lastOf = (losses: readonly number[]) => losses[losses.length - 1];
  const train = mean(curves.map((curve) => lastOf(curve.train)));
  const validation = mean(curves.map((curve) => lastOf(curve.validation)));
  const rise = mean(curves.map((curve) => lastOf(curve.validation) - curve.bestLoss));
  const bestEpoch = mean(curves.map((curve) => curve.bestEpoch));
  const epochsRun = mean(curves.map((curve) => curve.epochsRun));
  const weightsPerRow = countWeights(lstm.architecture) / data.rows.train.length;
  const gap = validation - train;
  const evidence = {
    lastTrainLoss: train,
    lastValidationLoss: validation,
    gap,
    rise,
    bestEpoch,
    epochsRun,
    weightsPerRow,
  };
  const finding = `the train loss ends at ${ratio(train)} of that of predicting no change, the validation loss at ${ratio(validation)}; the best epoch was ${figure(bestEpoch)} of ${figure(epochsRun)}, after which the validation loss rose by ${percent(rise)}`;
  if (gap <= GAP.warning || 1 - train < gap * LEARNED_SHARE) return pass('overfitting', finding, evidence);
  const { causes, changes } = chooseRemedies(model, data, weightsPerRow, bestEpoch, epochsRun);
  return fault('overfitting', {
    status: gap > GAP.problem ? 'problem' : 'warning',
    finding,
    evidence,
    cause: causes.join('; '),
    command: trainCommand(model.config, changes, model.place),
  });
}

/** What fits this model, all of it in one command. */
function chooseRemedies(
  { config, lstm }: ExaminedModel,
  { rows }: ExaminedData,
  weightsPerRow: number,
  bestEpoch: number,
  epochsRun: number,
): { causes: string[]; changes: OptionChanges } {
  const causes: string[] = [];
  const changes: { -readonly [Name in keyof OptionChanges]: OptionChanges[Name] } = {};
  if (weightsPerRow > MANY_WEIGHTS_PER_ROW) {
    causes.push(`too much capacity: ${figure(weightsPerRow)} weights for every train row`);
    const fits = (hiddenUnits: number) =>
      countWeights({ ...lstm.architecture, hiddenUnits }) <= MANY_WEIGHTS_PER_ROW * rows.train.length;
    const smaller = HIDDEN_CHOICES.filter((hidden) => hidden < config.hidden);
    const hidden = smaller.find(fits) ?? smaller.at(-1);
    if (hidden !== undefined) changes.hidden = hidden;
  }
  if (config.dropout < LOW_DROPOUT) {
    causes.push(`a dropout of ${config.dropout}`);
    changes.dropout = 0.3;
  }
  if (config.patience > LONG_PATIENCE && epochsRun - bestEpoch > SHORT_PATIENCE) {
    causes.push(`a patience of ${counted(config.patience, 'epoch')}, long after the best one`);
    changes.patience = SHORT_PATIENCE;
  }
  if (rows.train.length < FEW_ROWS) {
    causes.push(`only ${counted(rows.train.length, 'train row')}: a longer history helps most`);
    if (config.from !== undefined) changes.from = undefined;
  }
  if (Object.keys(changes).length === 0) {
    if (config.dropout < 0.5) changes.dropout = 0.5;
    else changes.lr = config.lr / 2;
    if (causes.length === 0) causes.push('features that say more about the train rows than about later ones');
  }
  return { causes, changes };
}
