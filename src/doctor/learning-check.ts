/** Does the loss fall, and does it fall as it should? */

import { mean, meanSquare } from '../core/statistics.js';
import { initialiseWeights } from '../lstm/initialise.js';
import { counted, figure, percent, ratio } from '../text/sentences.js';
import type { ExaminedData } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';
import { trainCommand } from './fix-command.js';
import { DEFAULT_RATE, lowerRate, reachOf, soundRate } from './learning-rate.js';
import { type LossCurve, meanLossOf, readLossCurves } from './loss-curves.js';
import { type CheckResult, type Evidence, type Fault, fault, pass, skip } from './report.js';

/** What may keep a network from learning whatever its rate. */
export interface Obstacles {
  readonly scaling: CheckResult;
  readonly gates: CheckResult;
}

/**
 * Root mean square of the change of the weights over that of their first values. Good trainings end between 0.05 and
 * 4 (rates 1e-4 to 5e-2, simulated market), a rate of 0.5 at 26, a rate of 1 at 54.
 */
const FLUNG_CHANGE = 10;
/** In one epoch, over the loss of predicting no change: good trainings move by 0.01 to 0.03. */
const JUMP = 0.1;
/** A train loss above this share of that of no change has found nothing that a jump could be the price of. */
const NOT_FALLEN = 0.98;
/** Steps that could not have moved a weight by a tenth of its first size, and did not: no training took place. */
const SMALLEST_REACH = 0.1;
const UNMOVED_CHANGE = 0.05;
const MANY_EPOCHS = 50;
/** Still falling at the end: this much of the loss of no change over the last epochs. */
const STILL_FALLING = 5e-4;
const LAST_EPOCHS = 5;
/** A loss this close to that of predicting the mean is that of predicting the mean. */
const SAME_LOSS = 1e-4;

export function checkLearning(model: ExaminedModel, data: ExaminedData, obstacles: Obstacles): CheckResult {
  const { config, place } = model;
  const curves = readLossCurves(model, data);
  if (curves === undefined) return skip('learning', 'the version has no report.json with its losses');
  const changes = curves.map((_, member) => changeOfWeights(model, member));
  const meanLoss = lossOfMean(model, data);
  const best = mean(curves.map(({ bestLoss }) => bestLoss));
  const evidence: Evidence = {
    firstLoss: mean(curves.map(({ validation }) => validation[0])),
    bestLoss: best,
    lossOfMean: meanLoss,
    lastTrainLoss: mean(curves.map(({ train }) => train[train.length - 1])),
    bestEpochs: curves.map(({ bestEpoch }) => String(bestEpoch)),
    epochsRun: curves.map(({ epochsRun }) => String(epochsRun)),
    changeOfWeights: Math.max(...changes),
    learningRate: config.lr,
    ridgeIc: model.report?.test?.baselines?.ridge?.ic ?? null,
  };
  const tooHigh = describeTooHigh(curves, changes, config);
  if (tooHigh !== undefined) {
    const steps = config.epochs * Math.ceil(data.rows.fitted.length / config.batch);
    const own = {
      cause: `a learning rate of ${config.lr} is too high: steps overshoot, and the loss jumps instead of falling`,
      command: trainCommand(config, { lr: lowerRate(config.lr, steps, config.hidden) }, place),
    };
    const remedy = remedyOf([obstacles.scaling]) ?? own;
    return fault('learning', { ...tooHigh, evidence, ...remedy });
  }
  const slow = describeSlow(model, data, curves, changes);
  if (slow !== undefined) return fault('learning', { ...slow, evidence });
  const epochs = curves.map(({ bestEpoch, epochsRun }) => `${bestEpoch}/${epochsRun}`).join(', ');
  const falls = `the best validation loss is ${ratio(best)} of that of predicting no change (that of predicting the mean ${ratio(meanLoss)}), in epoch ${epochs}`;
  if (best < meanLoss - SAME_LOSS) return pass('learning', falls, evidence);
  const flat = `${falls}: it learned no more than the mean`;
  const remedy = remedyOf([obstacles.scaling, obstacles.gates]);
  if (remedy !== undefined) return fault('learning', { status: 'problem', finding: flat, evidence, ...remedy });
  const ridgeIc = edgeOfRidge(model);
  if (ridgeIc === undefined) {
    return pass('learning', `${flat}, and nothing shows that these features hold more`, evidence);
  }
  const longer = { epochs: config.epochs * 2, patience: config.patience * 2 };
  return fault('learning', {
    status: 'warning',
    finding: `${flat}, while a straight line over the same features has an IC of ${figure(ridgeIc)}`,
    evidence,
    cause: 'there is something to learn that the network does not learn: its settings, not its data',
    command: trainCommand(config, config.lr === DEFAULT_RATE ? longer : { lr: DEFAULT_RATE }, place),
  });
}

/** The remedy of the first obstacle that is a problem. */
function remedyOf(obstacles: readonly CheckResult[]): { cause: string; command: string | null } | undefined {
  const obstacle = obstacles.find(({ status }) => status === 'problem');
  if (obstacle === undefined) return undefined;
  return { cause: `${obstacle.cause} (see ${obstacle.check})`, command: obstacle.command };
}

type Seen = Pick<Fault, 'status' | 'finding'>;

function describeTooHigh(
  curves: readonly LossCurve[],
  changes: readonly number[],
  { lr, epochs, patience }: ExaminedModel['config'],
): Seen | undefined {
  const diverged = curves.filter((curve) => curve.epochsRun < epochs && curve.epochsRun - curve.bestEpoch < patience);
  if (diverged.length > 0) {
    const finding = `the loss became infinite after ${counted(diverged[0].epochsRun, 'epoch')} in ${diverged.length} of ${counted(curves.length, 'member')} at a rate of ${lr}`;
    return { status: 'problem', finding };
  }
  for (const [member, { train, validation }] of curves.entries()) {
    const lastTrain = train[train.length - 1];
    const jump = Math.max(0, ...validation.slice(1).map((loss, epoch) => loss - validation[epoch]));
    const hasNotFallen = lastTrain > NOT_FALLEN;
    const isFlung = changes[member] > FLUNG_CHANGE;
    if (!isFlung && !(jump > JUMP && hasNotFallen)) continue;
    const finding = `the train loss ends at ${ratio(lastTrain)} of that of predicting no change, the validation loss jumps by up to ${percent(jump)} of it in one epoch, and the weights moved by ${figure(changes[member])} times their first size`;
    return { status: hasNotFallen ? 'problem' : 'warning', finding };
  }
  return undefined;
}

function describeSlow(
  { config, lstm, place }: ExaminedModel,
  { rows }: ExaminedData,
  curves: readonly LossCurve[],
  changes: readonly number[],
): (Seen & { cause: string; command: string }) | undefined {
  const { hiddenUnits } = lstm.architecture;
  const stepsAnEpoch = Math.ceil(rows.fitted.length / config.batch);
  const epochsRun = Math.max(...curves.map((curve) => curve.epochsRun));
  const steps = epochsRun * stepsAnEpoch;
  const largestChange = Math.max(...changes);
  const lr = soundRate(config.epochs * stepsAnEpoch, hiddenUnits);
  const isLow = config.lr < lr;
  const raise = trainCommand(config, { lr }, place);
  if (reachOf(config.lr, steps, hiddenUnits) < SMALLEST_REACH && largestChange < UNMOVED_CHANGE) {
    const isVeryLow = config.lr < DEFAULT_RATE;
    return {
      status: 'problem',
      finding: `in ${counted(steps, 'step')} at a rate of ${config.lr} the weights moved by ${percent(largestChange)} of their first size: the network is as it was drawn`,
      cause: isVeryLow
        ? `a learning rate of ${config.lr} is too low: the loss falls too slowly for any number of epochs`
        : `${counted(epochsRun, 'epoch')} of ${counted(stepsAnEpoch, 'step')} are too few`,
      command: isVeryLow ? raise : trainCommand(config, { epochs: Math.max(MANY_EPOCHS, config.epochs * 2) }, place),
    };
  }
  const isAtLimit = curves.every(({ bestEpoch, epochsRun: run }) => bestEpoch === run && run === config.epochs);
  const falls = curves.map(
    ({ validation }) =>
      validation[Math.max(0, validation.length - 1 - LAST_EPOCHS)] - validation[validation.length - 1],
  );
  const isFalling = config.epochs === 1 || Math.min(...falls) > STILL_FALLING;
  if (!isAtLimit || !isFalling) return undefined;
  return {
    status: 'warning',
    finding: `the validation loss was still falling when the last of ${counted(config.epochs, 'epoch')} was done, by ${percent(mean(falls))} of that of predicting no change over the last ${counted(Math.min(LAST_EPOCHS, config.epochs - 1), 'epoch')}`,
    cause: isLow
      ? `a learning rate of ${config.lr} needs more epochs than there were`
      : 'training was stopped by --epochs, not by what it had learned',
    command: isLow ? raise : trainCommand(config, { epochs: config.epochs * 2 }, place),
  };
}

function changeOfWeights({ lstm, report }: ExaminedModel, member: number): number {
  const weights = lstm.memberWeights[member];
  const first = initialiseWeights(lstm.architecture, report!.training!.members[member].seed);
  return Math.sqrt(meanSquare(weights, first) / meanSquare(first));
}

/** The loss of predicting the mean of the train targets on the validation rows, over that of predicting no change. */
function lossOfMean({ config }: ExaminedModel, { dataset, rows }: ExaminedData): number {
  const { scaled } = dataset.target;
  const center = mean(Float64Array.from(rows.fitted, (row) => scaled[row]));
  return meanLossOf(scaled, rows.validation, config.loss, center) / meanLossOf(scaled, rows.validation, config.loss, 0);
}

/** The IC of ridge, where its rows can show it and the network has less than half of it. */
function edgeOfRidge({ report }: ExaminedModel): number | undefined {
  const ic = report?.test?.baselines?.ridge?.ic;
  const smallestIc = report?.test?.detectableEdge?.smallestIc;
  if (typeof ic !== 'number' || smallestIc === undefined || ic < smallestIc) return undefined;
  return (report?.test?.ic ?? 0) < ic / 2 ? ic : undefined;
}
