/** Learning rates to try next. */

import { trainOptionsSchema } from '../options/train-options.js';

/** The rate that `train` takes by itself. */
export const DEFAULT_RATE: number = trainOptionsSchema.shape.lr.parse(undefined);

/** A training is given so far to go as good ones went: see `reachOf`. */
const WANTED_REACH = 10;
const HIGHEST_RATE = 5e-3;

/**
 * How far a training can move a weight, in units of its first size (first weights are uniform on ±1/√H): Adam moves it
 * by the rate in a step at the most (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, section 2.1).
 */
export function reachOf(rate: number, steps: number, hiddenUnits: number): number {
  return rate * steps * Math.sqrt(3 * hiddenUnits);
}

/** A rate for so many steps: the default, a higher one where steps are few. */
export function soundRate(steps: number, hiddenUnits: number): number {
  const rate = Math.min(HIGHEST_RATE, Math.max(DEFAULT_RATE, WANTED_REACH / reachOf(1, steps, hiddenUnits)));
  return Number(rate.toPrecision(1));
}

/** A rate for a training whose own was too high. */
export function lowerRate(rate: number, steps: number, hiddenUnits: number): number {
  const sound = soundRate(steps, hiddenUnits);
  return rate > sound ? sound : Number((rate / 10).toPrecision(2));
}
