/** Do the gates of the network still move, or did training drive them to an end they do not come back from? */

import { counted, percent } from '../text/sentences.js';
import { type ExaminedData, thinRows } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';
import { trainCommand } from './fix-command.js';
import { lowerRate } from './learning-rate.js';
import { type GateSurvey, surveyGates } from './lstm-gate-survey.js';
import { type CheckResult, fault, pass } from './report.js';
import type { ScalingResult } from './scaling-check.js';

export interface GatesResult {
  readonly check: CheckResult;
  /** One a member. */
  readonly surveys: readonly GateSurvey[];
}

/** Windows looked at: 64 windows of 24 candles are 1,536 steps of every unit. */
const WINDOWS = 64;
/**
 * Networks trained at sane rates on scaled features have no dead unit and 0 to 2 % of saturated gates, also after long
 * trainings; at a rate of 0.1 half of the gates are saturated, at 1 or with unscaled features nine tenths (simulated
 * market, 8 units, 17 features).
 */
const DEAD_SHARE = { warning: 0.1, problem: 0.5 } as const;
const SATURATED_SHARE = 0.25;

export function checkGates(model: ExaminedModel, data: ExaminedData, scaling: ScalingResult): GatesResult {
  const { config, lstm, place } = model;
  const rows = thinRows(data.rows.train, WINDOWS);
  const surveys = lstm.memberWeights.map((weights) =>
    surveyGates(lstm.architecture, weights, data.x, rows, lstm.windowRows),
  );
  const worst = surveys.reduce((a, b) => (b.deadUnits > a.deadUnits ? b : a));
  const saturatedShare = Math.max(...surveys.map(({ saturated: { i, f, g, o } }) => (i + f + g + o) / 4));
  const deadShare = worst.deadUnits / worst.units;
  const evidence = {
    windows: rows.length,
    units: worst.units,
    deadUnits: worst.deadUnits,
    saturatedShare,
    saturatedInputGates: worst.saturated.i,
    saturatedForgetGates: worst.saturated.f,
    saturatedCandidates: worst.saturated.g,
    saturatedOutputGates: worst.saturated.o,
  };
  const finding = `${worst.deadUnits} of ${counted(worst.units, 'unit')} are dead, ${percent(saturatedShare)} of all gates stand at 0 or 1 (${counted(rows.length, 'window')})`;
  if (deadShare <= DEAD_SHARE.warning && saturatedShare <= SATURATED_SHARE) {
    return { check: pass('gates', finding, evidence), surveys };
  }
  const steps = config.epochs * Math.ceil(data.rows.fitted.length / config.batch);
  const lr = lowerRate(config.lr, steps, config.hidden);
  const isScaling = scaling.fault !== undefined;
  const check = fault('gates', {
    status: deadShare > DEAD_SHARE.problem ? 'problem' : 'warning',
    finding,
    evidence,
    cause: isScaling
      ? `${scaling.check.cause} (see scaling)`
      : `a learning rate of ${config.lr} threw the weights so far that gates cannot come back`,
    command: isScaling ? scaling.check.command : trainCommand(config, { lr }, place),
  });
  return { check, surveys };
}
