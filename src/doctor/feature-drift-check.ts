/** Do the newest candles look like those the model was trained on? */

import { counted, figure, listed } from '../text/sentences.js';
import type { ExaminedData } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';
import { binEdges, countInBins, stabilityIndex } from './population-stability.js';
import { type CheckResult, fault, pass, skip } from './report.js';
import { retrainCommand } from './retrain-command.js';

interface FeatureDrift {
  readonly name: string;
  /** Population stability index of the newest rows against the train rows. */
  readonly index: number;
  /** The largest index of a block of the train rows of the same length. */
  readonly usual: number;
  /** Share of the newest rows beyond every train row. */
  readonly beyond: number;
}

/** The custom for "a shift": see `population-stability.ts`. */
const SHIFT_INDEX = 0.25;
/**
 * Volatility and its kin wander in every market, so that a fixed limit alone would always alarm: the newest rows must
 * also lie further off than any block of the train rows did, by this factor.
 */
const BEYOND_USUAL = 1.25;
/** Newest rows compared: a twentieth of the train rows, so that there are about twenty blocks to compare with. */
const STRETCHES = 20;
const RECENT_ROWS = { minimum: 100, maximum: 720 } as const;
/** A feature of which most newest rows lie where no train row was: the model has never seen such a market. */
const UNSEEN_SHARE = 0.5;
/** One calm month can do that to the volatilities; when most features are there, units or coin are others. */
const PROBLEM_SHARE = 0.5;

export function checkFeatureDrift(model: ExaminedModel, data: ExaminedData): CheckResult {
  const { features } = model.config;
  const { values } = data.dataset.matrix;
  const { train, afterTrain } = data.rows;
  const wanted = Math.min(RECENT_ROWS.maximum, Math.max(RECENT_ROWS.minimum, Math.floor(train.length / STRETCHES)));
  if (afterTrain.length < wanted || train.length < 2 * wanted) {
    return skip('feature-drift', `${wanted} rows after the train rows are needed, there are ${afterTrain.length}`);
  }
  const recent = afterTrain.subarray(afterTrain.length - wanted);
  const drifts = features.map((name, f) => measureDrift(name, values, features.length, f, train, recent));
  const drifted = drifts
    .filter(({ index, usual }) => index > SHIFT_INDEX && index > BEYOND_USUAL * usual)
    .sort((a, b) => b.index - a.index);
  const worst = drifts.reduce((a, b) => (b.index > a.index ? b : a));
  const evidence = {
    recentRows: recent.length,
    drifted: drifted.map(({ name }) => name),
    ...Object.fromEntries(drifts.map(({ name, index }) => [`psi.${name}`, index])),
  };
  if (drifted.length === 0) {
    return pass(
      'feature-drift',
      `the newest ${counted(recent.length, 'row')} lie as the train rows did: ${worst.name} has moved most, with a stability index of ${figure(worst.index)} (${figure(worst.usual)} happened in training)`,
      evidence,
    );
  }
  const unseen = drifted.filter(({ beyond }) => beyond > UNSEEN_SHARE);
  const described = drifted.map(
    ({ name, index, usual }) => `${name} ${figure(index)} (in training at most ${figure(usual)})`,
  );
  return fault('feature-drift', {
    status: unseen.length > PROBLEM_SHARE * drifts.length ? 'problem' : 'warning',
    finding: `${drifted.length} of ${counted(drifts.length, 'feature')} have drifted over the newest ${counted(recent.length, 'row')}; stability index of ${listed(described)}`,
    evidence,
    cause:
      unseen.length > 0
        ? `${listed(unseen.map(({ name }) => name))} lie where no train row was: another market than that of the training, or candles in other units`
        : 'the market has changed since the training',
    command: retrainCommand(model, data),
  });
}

function measureDrift(
  name: string,
  values: Float64Array,
  featureCount: number,
  f: number,
  train: Int32Array,
  recent: Int32Array,
): FeatureDrift {
  const valuesAt = (rows: Int32Array) => Float64Array.from(rows, (row) => values[row * featureCount + f]);
  const trained = valuesAt(train);
  const now = valuesAt(recent);
  const sorted = trained.slice().sort();
  const edges = binEdges(sorted);
  const before = countInBins(trained, edges);
  let usual = 0;
  for (let start = 0; start + recent.length <= train.length; start += recent.length) {
    const block = countInBins(trained.subarray(start, start + recent.length), edges);
    usual = Math.max(usual, stabilityIndex(before, block));
  }
  const lowest = sorted[0];
  const highest = sorted[sorted.length - 1];
  const beyond = now.filter((value) => value < lowest || value > highest).length / now.length;
  return { name, index: stabilityIndex(before, countInBins(now, edges)), usual, beyond };
}
