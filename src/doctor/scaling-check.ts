/** Do the features reach the network in the units it was trained in? */

import { findConstantFeatures, type Scaler } from '../dataset/scaler.js';
import { counted, figure, listed, percent } from '../text/sentences.js';
import type { ExaminedData } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';
import { trainCommand } from './fix-command.js';
import { type CheckResult, fault, pass } from './report.js';
import { retrainCommand } from './retrain-command.js';

/** Why the scaling is wrong, for checks of what follows from it. */
export type ScalingFault = 'unscaled' | 'foreign-scaler';

export interface ScalingResult {
  readonly check: CheckResult;
  readonly fault: ScalingFault | undefined;
  /** Features with one value only on the train rows. */
  readonly constant: readonly string[];
}

/**
 * An identity scaler is harmless while standard deviations lie within a factor of ten of 1. Beyond that gates saturate
 * or do not move: LeCun et al. 1998, "Efficient BackProp", section 4.3.
 */
const UNSCALED_FACTOR = 10;
/** A scaler fitted on these very rows gives mean 0 and deviation 1; half a deviation or a factor of two is no accident. */
const FOREIGN_SHIFT = 0.5;
const FOREIGN_FACTOR = 2;
/** Chebyshev: whatever its distribution, a well-scaled feature has at most 4 % beyond 5 deviations. */
const CLIPPED_SHARE = 0.02;

export function checkScaling(model: ExaminedModel, data: ExaminedData): ScalingResult {
  const { config, lstm, place } = model;
  const { scaler } = lstm;
  const { refitted, rows, dataset, isAsTrained } = data;
  const constant = findConstantFeatures(dataset.matrix, rows.train);
  const varying = config.features.map((_, f) => f).filter((f) => !constant.includes(config.features[f]));
  const nameOf = (f: number) => config.features[f];
  const retrain = retrainCommand(model, data);
  const spread = varying.map((f) => refitted.scale[f]);
  const widest = varying.reduce((a, b) => (refitted.scale[b] > refitted.scale[a] ? b : a), varying[0]);
  const narrowest = varying.reduce((a, b) => (refitted.scale[b] < refitted.scale[a] ? b : a), varying[0]);
  const clipped = varying.map((f) => shareAtClip(data, scaler, f));
  const foreign = varying.filter((f) => isForeign(scaler, refitted, f));
  const evidence = {
    smallestDeviation: varying.length > 0 ? refitted.scale[narrowest] : null,
    largestDeviation: varying.length > 0 ? refitted.scale[widest] : null,
    largestClippedShare: Math.max(0, ...clipped),
    foreignFeatures: foreign.map(nameOf),
    constantFeatures: constant,
  };
  const isIdentity = scaler.mean.every((mean) => mean === 0) && scaler.scale.every((scale) => scale === 1);
  const isSpread = spread.some((scale) => scale > UNSCALED_FACTOR || scale < 1 / UNSCALED_FACTOR);
  if (isIdentity && isSpread) {
    const check = fault('scaling', {
      status: 'problem',
      finding: `features reach the network unscaled: standard deviations from ${figure(refitted.scale[narrowest])} (${nameOf(narrowest)}) to ${figure(refitted.scale[widest])} (${nameOf(widest)})`,
      evidence,
      cause:
        'the scaler of the version does nothing (mean 0, scale 1): large features saturate the gates, small ones are not seen',
      command: retrain,
    });
    return { check, fault: 'unscaled', constant };
  }
  if (foreign.length > 0) {
    const worst = foreign.reduce((a, b) => (shiftOf(scaler, refitted, b) > shiftOf(scaler, refitted, a) ? b : a));
    const check = fault('scaling', {
      status: 'problem',
      finding: `the scaler does not fit the train rows for ${counted(foreign.length, 'feature')} of ${config.features.length} (${listed(foreign.map(nameOf))}); ${nameOf(worst)} is off by ${figure(shiftOf(scaler, refitted, worst))} standard deviations, its scale by a factor of ${figure(scaler.scale[worst] / refitted.scale[worst])}`,
      evidence,
      cause: isAsTrained
        ? 'the scaler is of another model, or was fitted on other rows'
        : 'the candles are not those of the training, or the scaler is of another model',
      command: retrain,
    });
    return { check, fault: 'foreign-scaler', constant };
  }
  const cut = varying.filter((_, i) => clipped[i] > CLIPPED_SHARE);
  if (constant.length > 0) {
    const kept = config.features.filter((name) => !constant.includes(name));
    const check = fault('scaling', {
      status: kept.length === 0 ? 'problem' : 'warning',
      finding: `${counted(constant.length, 'feature')} of ${config.features.length} had one value only on ${counted(rows.train.length, 'train row')}: ${listed(constant)}`,
      evidence,
      cause:
        'these features do not vary on candles of this length, or a column of the source is empty: they teach nothing',
      command: trainCommand(config, { features: kept.length > 0 ? kept : undefined }, place),
    });
    return { check, fault: undefined, constant };
  }
  if (cut.length > 0) {
    const check = fault('scaling', {
      status: 'warning',
      finding: `more than ${percent(CLIPPED_SHARE)} of the train rows are cut off at ±${scaler.clip} standard deviations in ${listed(cut.map(nameOf))} (at most ${percent(evidence.largestClippedShare)})`,
      evidence,
      cause: 'a feature with very heavy tails, or a scaler fitted on quieter rows: what lies beyond is lost',
      command: trainCommand(config, { features: config.features.filter((_, f) => !cut.includes(f)) }, place),
    });
    return { check, fault: undefined, constant };
  }
  const finding = `the scaler fits ${counted(rows.train.length, 'train row')}; at most ${percent(evidence.largestClippedShare)} of a feature is cut off at ±${scaler.clip} standard deviations`;
  return { check: pass('scaling', finding, evidence), fault: undefined, constant };
}

/** How far the means are apart, in deviations of the train rows. */
function shiftOf(scaler: Scaler, refitted: Scaler, f: number): number {
  return Math.abs(scaler.mean[f] - refitted.mean[f]) / refitted.scale[f];
}

function isForeign(scaler: Scaler, refitted: Scaler, f: number): boolean {
  const factor = scaler.scale[f] / refitted.scale[f];
  return shiftOf(scaler, refitted, f) > FOREIGN_SHIFT || factor > FOREIGN_FACTOR || factor < 1 / FOREIGN_FACTOR;
}

function shareAtClip({ x, rows }: ExaminedData, { clip, mean }: Scaler, f: number): number {
  let count = 0;
  for (const row of rows.train) if (Math.abs(x[row * mean.length + f]) >= clip) count += 1;
  return count / rows.train.length;
}
